"""People can connect accounts elsewhere, and are told of monthly posts there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds connections, what Mastodon servers know us as, and the kinds of emails."""

    dependencies = [
        ("accounts", "0012_share_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="MastodonServer",
            fields=[
                ("host", models.CharField(max_length=253, primary_key=True, serialize=False, verbose_name="host")),
                ("client_id", models.CharField(max_length=500)),
                ("sealed_secret", models.TextField()),
                ("created_at", models.DateTimeField(verbose_name="created")),
            ],
            options={
                "verbose_name": "Mastodon server",
                "verbose_name_plural": "Mastodon servers",
            },
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("month_settled", "month settled (fan)"),
                    ("earnings_settled", "month settled (creator)"),
                    ("deposit_needs_you", "deposit needs confirmation"),
                    ("deposit_declined", "deposit declined"),
                    ("deposit_past_due", "deposit past due"),
                    ("payout_approved", "payout approved"),
                    ("payout_rejected", "payout rejected"),
                    ("payout_sent", "payout sent"),
                    ("payout_failed", "payout failed"),
                    ("deposit_disputed", "deposit disputed"),
                    ("earnings_held", "earnings held for a dispute"),
                    ("earnings_released", "earnings released"),
                    ("earnings_owed", "earnings owed for a lost dispute"),
                    ("account_ready", "payout account ready"),
                    ("account_not_ready", "payout account not ready any more"),
                    ("refund_sent", "refund sent"),
                    ("refund_failed", "refund failed"),
                    ("first_clicks", "first clicks on a site"),
                    ("weekly_clicks", "week of clicks by one press"),
                    ("site_lost", "site not proven any more"),
                    ("site_contested", "site claimed by somebody else"),
                    ("contest_decided", "contest of a site decided"),
                    ("closing_asked", "account will be closed"),
                    ("closing_stopped", "account stays open"),
                    ("closed", "account closed"),
                    ("digest_drafted", "monthly post about to be posted"),
                    ("digest_failed", "monthly post not posted"),
                    ("connection_lost", "connection to a network lost"),
                    ("alarm", "alarm for staff"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "network",
                    models.CharField(
                        choices=[("mastodon", "Mastodon"), ("bluesky", "Bluesky")],
                        max_length=10,
                        verbose_name="network",
                    ),
                ),
                ("server", models.CharField(max_length=253, verbose_name="server")),
                ("name", models.CharField(max_length=300, verbose_name="name there")),
                ("sealed_secret", models.TextField(blank=True)),
                ("posts_digest", models.BooleanField(default=False, verbose_name="posts once a month")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "connected"),
                            ("ended", "ended by the person"),
                            ("lost", "ended by the network"),
                        ],
                        default="active",
                        max_length=6,
                        verbose_name="state",
                    ),
                ),
                ("connected_at", models.DateTimeField(verbose_name="connected")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="connections",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "connection",
                "verbose_name_plural": "connections",
                "indexes": [
                    models.Index(
                        condition=models.Q(("posts_digest", True)), fields=["id"], name="connection_that_posts"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")),
                        fields=("owner", "network"),
                        name="connection_once_a_network",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", True),
                                ("state", "active"),
                                models.Q(("sealed_secret", ""), _negated=True),
                            ),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("posts_digest", False),
                                ("sealed_secret", ""),
                                ("state__in", ["ended", "lost"]),
                            ),
                            _connector="OR",
                        ),
                        name="connection_keeps_no_secret_when_ended",
                    ),
                ],
            },
        ),
    ]
