"""Fans can let us post once a month."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flattr.fields


class Migration(migrations.Migration):
    """Adds the posts."""

    dependencies = [
        ("accounts", "0013_connections"),
        ("buttons", "0015_introductions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Digest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "network",
                    models.CharField(
                        choices=[("mastodon", "Mastodon"), ("bluesky", "Bluesky")],
                        max_length=10,
                        verbose_name="network",
                    ),
                ),
                ("period", flattr.fields.PeriodField(verbose_name="period")),
                ("text", models.TextField(verbose_name="text")),
                ("links", models.JSONField(default=list, verbose_name="links")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("posted", "posted"),
                            ("stopped", "stopped by its fan"),
                            ("failed", "given up"),
                        ],
                        default="waiting",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("uncertain_since", models.DateTimeField(blank=True, null=True, verbose_name="uncertain since")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="what went wrong")),
                ("url", models.CharField(blank=True, max_length=700, verbose_name="address of the post")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="digests", to="accounts.connection"
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="digests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "monthly post",
                "verbose_name_plural": "monthly posts",
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="digest_waiting")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("fan", "network", "period"), name="digest_once_a_month"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at__isnull", False), ("ended_at__isnull", True), ("state", "waiting")),
                            models.Q(
                                ("due_at__isnull", True),
                                ("ended_at__isnull", False),
                                ("state__in", ["posted", "stopped", "failed"]),
                            ),
                            _connector="OR",
                        ),
                        name="digest_due_until_ended",
                    ),
                ],
            },
        ),
    ]
