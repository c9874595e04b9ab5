"""Pages that are read and that move, checks of pages, and one place that knows for whom a host is verified."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

VERIFIED_SITE = """
CREATE FUNCTION buttons_verified_site(wanted text) RETURNS TABLE (site_id bigint, owner_id bigint)
LANGUAGE sql STABLE AS $$
    SELECT nearest.id, nearest.creator_id
    FROM (SELECT site.id, site.creator_id, site.host, site.covers_subdomains
          -- The host itself, and each one above it. Public suffixes are nobody's, so none of them is verified.
          FROM generate_series(1, 1 + length(wanted) - length(replace(wanted, '.', ''))) AS first
          JOIN buttons_site AS site ON site.host = array_to_string((string_to_array(wanted, '.'))[first:], '.')
               AND site.verified_at IS NOT NULL
          ORDER BY first LIMIT 1) AS nearest
    WHERE nearest.host = wanted OR nearest.covers_subdomains
$$;
"""

FRAMES = """
CREATE OR REPLACE FUNCTION buttons_frames(
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
               EXISTS (SELECT FROM buttons_verified_site(asked.origin_host) AS site
                       WHERE site.owner_id = profile.user_id),
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
        -- A page of a verified site has a button of its own, or gets one by its first click; the button's other
        -- addresses lead to it. All else is for the creator's own page. What comes first is enough.
        CROSS JOIN LATERAL (SELECT coalesce(
            (SELECT own.id FROM buttons_button AS own
             WHERE own.creator_id = profile.user_id AND own.url = asked.url),
            (SELECT alias.button_id FROM buttons_buttonalias AS alias
             WHERE alias.creator_id = profile.user_id AND alias.url = asked.url),
            (SELECT page.id FROM buttons_button AS page
             WHERE page.creator_id = profile.user_id AND page.url = asked.page AND NOT EXISTS (
                 SELECT FROM buttons_verified_site(asked.url_host) AS site
                 WHERE site.owner_id = profile.user_id))
            ) AS id OFFSET 0) AS found
        LEFT JOIN buttons_button AS button ON button.id = found.id AND button.creator_id = profile.user_id
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

BACKWARD = import_module("buttons.migrations.0011_trust").FORWARD + "DROP FUNCTION buttons_verified_site;"


class Migration(migrations.Migration):
    """Adds the tables, and the functions that read them."""

    dependencies = [
        ("buttons", "0012_site_verification"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ButtonAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=2000, verbose_name="address")),
                ("created_at", models.DateTimeField(verbose_name="created")),
            ],
            options={
                "verbose_name": "other address of a button",
                "verbose_name_plural": "other addresses of buttons",
            },
        ),
        migrations.CreateModel(
            name="PageCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=2000, verbose_name="page")),
                ("host", models.CharField(max_length=253, verbose_name="host")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("trouble", models.CharField(blank=True, max_length=15, verbose_name="trouble")),
                ("findings", models.JSONField(blank=True, default=dict, verbose_name="findings")),
            ],
            options={
                "verbose_name": "check of a page",
                "verbose_name_plural": "checks of pages",
            },
        ),
        migrations.AddField(
            model_name="button",
            name="read_failures",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="failed tries to read it"),
        ),
        migrations.AddField(
            model_name="button",
            name="read_next_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="page is read"),
        ),
        migrations.AlterField(
            model_name="sitecheck",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("proven", "proven"),
                    ("contested", "proven, and contested"),
                    ("not_found", "not found"),
                    ("missing", "no such page or record"),
                    ("no_address", "no address"),
                    ("not_public", "no public address"),
                    ("no_dns", "no answer from DNS"),
                    ("refused", "connection refused"),
                    ("too_slow", "no answer in time"),
                    ("no_tls", "no encryption"),
                    ("no_answer", "no answer"),
                    ("bad_certificate", "bad certificate"),
                    ("leads_away", "leads elsewhere"),
                    ("bad_status", "refused by the server"),
                    ("not_text", "no text"),
                    ("withdrawn", "claim withdrawn meanwhile"),
                ],
                max_length=15,
                verbose_name="outcome",
            ),
        ),
        migrations.AddIndex(
            model_name="button",
            index=models.Index(
                condition=models.Q(("read_next_at__isnull", False)), fields=["read_next_at"], name="button_to_read"
            ),
        ),
        migrations.AddField(
            model_name="buttonalias",
            name="button",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="aliases",
                to="buttons.button",
                verbose_name="button",
            ),
        ),
        migrations.AddField(
            model_name="buttonalias",
            name="creator",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="creator",
            ),
        ),
        migrations.AddField(
            model_name="pagecheck",
            name="creator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="page_checks",
                to=settings.AUTH_USER_MODEL,
                verbose_name="creator",
            ),
        ),
        migrations.AddConstraint(
            model_name="buttonalias",
            constraint=models.UniqueConstraint(fields=("creator", "url"), name="button_alias_once_a_url"),
        ),
        migrations.AddIndex(
            model_name="pagecheck",
            index=models.Index(fields=["host", "asked_at"], name="page_check_by_host"),
        ),
        migrations.AddIndex(
            model_name="pagecheck",
            index=models.Index(fields=["asked_at"], name="page_check_by_time"),
        ),
        migrations.RunSQL(VERIFIED_SITE, migrations.RunSQL.noop),
        migrations.RunSQL(FRAMES, BACKWARD),
    ]
