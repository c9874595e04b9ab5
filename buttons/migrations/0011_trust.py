"""Standings of sites, what is counted for them, and what fans report; frames know how their site stands."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARD = """
DROP FUNCTION buttons_frames;
CREATE FUNCTION buttons_frames(
    slugs text[], urls text[], url_hosts text[], pages text[], origins text[], origin_hosts text[],
    key_hashes text[], moment timestamptz, month date, confirmed_after timestamptz
) RETURNS TABLE (
    place bigint, creator_id bigint, creator_name text, button_id bigint, is_hidden boolean, clicks bigint,
    is_verified boolean, fan_id bigint, has_budget boolean, own_clicks bigint, is_confirmed boolean,
    is_trusted boolean, has_good_name boolean
)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    counted_until date := (SELECT coalesce(max(period), '-infinity') FROM buttons_closedperiod);
BEGIN
    RETURN QUERY
        SELECT asked.place, profile.user_id, profile.name::text, button.id, button.hidden_at IS NOT NULL,
               (SELECT coalesce(sum(month.clicks), 0)::bigint FROM buttons_monthlyclicks AS month
                WHERE month.button_id = button.id)
               + (SELECT count(*) FROM buttons_click AS click
                  WHERE click.button_id = button.id AND click.undone_at IS NULL AND click.period > counted_until),
               EXISTS (SELECT FROM buttons_site AS site
                       WHERE site.creator_id = profile.user_id AND site.host = asked.origin_host
                             AND site.verified_at IS NOT NULL),
               key.fan_id,
               key.id IS NOT NULL AND coalesce(
                   (SELECT subscription.state = 'active' FROM accounts_subscription AS subscription
                    WHERE subscription.fan_id = key.fan_id AND subscription.effective_from <= month
                    ORDER BY subscription.id DESC LIMIT 1), false),
               (SELECT count(*) FROM buttons_click AS click
                WHERE click.period = month AND click.fan_id = key.fan_id AND click.button_id = button.id
                      AND click.undone_at IS NULL),
               EXISTS (SELECT FROM buttons_confirmation AS confirmation
                       WHERE confirmation.fan_id = key.fan_id AND confirmation.origin = asked.origin
                             AND confirmation.creator_id = profile.user_id
                             AND confirmation.confirmed_at > confirmed_after
                             AND confirmation.revoked_at IS NULL),
               standing.frozen_at IS NULL AND coalesce(standing.demoted_until <= moment, true),
               coalesce(standing.has_good_name, false)
        FROM unnest(slugs, urls, url_hosts, pages, origins, origin_hosts, key_hashes) WITH ORDINALITY
             AS asked (slug, url, url_host, page, origin, origin_host, key_hash, place)
        JOIN accounts_creatorprofile AS profile ON profile.slug = asked.slug
        -- A page of a verified site has a button of its own, or gets one by its first click. All else is for the
        -- creator's own page.
        LEFT JOIN buttons_button AS own ON own.creator_id = profile.user_id AND own.url = asked.url
        LEFT JOIN buttons_button AS page ON own.id IS NULL AND page.creator_id = profile.user_id
             AND page.url = asked.page AND NOT EXISTS (
                 SELECT FROM buttons_site AS site
                 WHERE site.creator_id = profile.user_id AND site.host = asked.url_host
                       AND site.verified_at IS NOT NULL)
        LEFT JOIN buttons_button AS button ON button.id = coalesce(own.id, page.id)
        LEFT JOIN buttons_sitekey AS key ON key.id = (
            SELECT found.id FROM buttons_sitekey AS found
            WHERE asked.key_hash <> '' AND found.secret_hash = asked.key_hash
            UNION ALL
            SELECT found.id FROM buttons_sitekey AS found
            WHERE asked.key_hash <> '' AND found.previous_hash = asked.key_hash
            LIMIT 1)
            AND key.origin = asked.origin AND key.revoked_at IS NULL AND key.expires_at > moment
        LEFT JOIN buttons_originstanding AS standing ON standing.origin = asked.origin;
END $$;
"""

BACKWARD = "DROP FUNCTION buttons_frames;" + import_module("buttons.migrations.0010_frames").FORWARD


class Migration(migrations.Migration):
    """Adds the tables, and the function that reads them."""

    dependencies = [
        ("buttons", "0010_frames"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="confirmation",
            name="revoked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="revoked"),
        ),
        migrations.CreateModel(
            name="OriginDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=300, verbose_name="site")),
                ("day", models.DateField(verbose_name="day")),
                ("opened", models.PositiveIntegerField(default=0, verbose_name="fans who saw our window")),
            ],
            options={
                "verbose_name": "day of a site",
                "verbose_name_plural": "days of sites",
                "constraints": [models.UniqueConstraint(fields=("origin", "day"), name="origin_day_once")],
            },
        ),
        migrations.CreateModel(
            name="OriginStanding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=300, unique=True, verbose_name="site")),
                ("opened", models.PositiveIntegerField(default=0, verbose_name="saw our window")),
                ("confirmed", models.PositiveIntegerField(default=0, verbose_name="confirmed")),
                ("clicked", models.PositiveIntegerField(default=0, verbose_name="clicked")),
                ("undone", models.PositiveIntegerField(default=0, verbose_name="took it back")),
                ("reports", models.PositiveIntegerField(default=0, verbose_name="reports")),
                (
                    "hover_ms",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="milliseconds over the button, median"
                    ),
                ),
                (
                    "spread",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="spread of presses, in thousandths of the button"
                    ),
                ),
                ("has_good_name", models.BooleanField(default=False, verbose_name="good name")),
                ("counted_at", models.DateTimeField(blank=True, null=True, verbose_name="counted")),
                ("counts_from", models.DateField(blank=True, null=True, verbose_name="counts from")),
                ("demoted_until", models.DateTimeField(blank=True, null=True, verbose_name="to be confirmed until")),
                ("frozen_at", models.DateTimeField(blank=True, null=True, verbose_name="frozen")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
            ],
            options={
                "verbose_name": "standing of a site",
                "verbose_name_plural": "standings of sites",
                "permissions": [("decide_origin", "Can decide whether one press is enough on a site")],
            },
        ),
        migrations.CreateModel(
            name="OriginDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("demoted", "each click is confirmed for 30 days"),
                            ("frozen", "each click is confirmed until staff lift it"),
                            ("lifted", "one press is enough again"),
                        ],
                        max_length=7,
                        verbose_name="decision",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("decided_at", models.DateTimeField(verbose_name="decided")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "standing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="buttons.originstanding",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision about a site",
                "verbose_name_plural": "decisions about sites",
            },
        ),
        migrations.CreateModel(
            name="ClickReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=300, verbose_name="site")),
                ("click_id", models.UUIDField(verbose_name="click")),
                ("reported_at", models.DateTimeField(verbose_name="reported")),
                (
                    "fan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fan",
                    ),
                ),
            ],
            options={
                "verbose_name": "report of a click",
                "verbose_name_plural": "reports of clicks",
                "constraints": [models.UniqueConstraint(fields=("origin", "fan"), name="click_report_once_a_fan")],
            },
        ),
        migrations.AddIndex(
            model_name="originstanding",
            index=models.Index(
                condition=models.Q(("frozen_at__isnull", False)), fields=["frozen_at"], name="origin_frozen"
            ),
        ),
        migrations.AddConstraint(
            model_name="origindecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="origin_decision_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="origindecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "lifted"), _negated=True), ("decided_by__isnull", False), _connector="OR"
                ),
                name="origin_lifted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="origindecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["demoted", "frozen", "lifted"])), name="origin_verdict_known"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
