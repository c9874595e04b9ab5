"""Keys of sites, confirmations and clicks by one press; a creator's own page is a button without a site."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the tables."""

    dependencies = [
        ("buttons", "0008_newest_buttons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="button",
            name="site",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="buttons",
                to="buttons.site",
                verbose_name="site",
            ),
        ),
        migrations.CreateModel(
            name="SiteKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=300, verbose_name="site")),
                ("secret_hash", models.CharField(max_length=64, unique=True)),
                ("previous_hash", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("used_at", models.DateTimeField(verbose_name="last used")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "fan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="site_keys",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fan",
                    ),
                ),
            ],
            options={
                "verbose_name": "site's key",
                "verbose_name_plural": "sites' keys",
            },
        ),
        migrations.CreateModel(
            name="Confirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("click_id", models.UUIDField(verbose_name="click")),
                ("origin", models.CharField(max_length=300, verbose_name="origin")),
                ("challenge", models.CharField(max_length=64, unique=True, verbose_name="challenge")),
                ("confirmed_at", models.DateTimeField(verbose_name="confirmed")),
                ("redeemed_at", models.DateTimeField(blank=True, null=True, verbose_name="redeemed")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="undone")),
                (
                    "creator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "confirmation",
                "verbose_name_plural": "confirmations",
                "indexes": [
                    models.Index(fields=["fan", "origin", "creator", "-confirmed_at"], name="confirmation_of_fan"),
                    models.Index(fields=["origin", "confirmed_at"], name="confirmation_by_origin"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("fan", "click_id"), name="confirmation_once_a_click")
                ],
            },
        ),
        migrations.CreateModel(
            name="OneClick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("click_id", models.UUIDField(verbose_name="click")),
                ("origin", models.CharField(max_length=300, verbose_name="origin")),
                ("clicked_at", models.DateTimeField(verbose_name="clicked")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="undone")),
                (
                    "hover_ms",
                    models.PositiveIntegerField(verbose_name="milliseconds over the button before it was pressed"),
                ),
                ("x", models.PositiveSmallIntegerField(verbose_name="where, from the left, in thousandths")),
                ("y", models.PositiveSmallIntegerField(verbose_name="where, from the top, in thousandths")),
                (
                    "button",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="buttons.button",
                    ),
                ),
                (
                    "creator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="one_clicks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "click by one press",
                "verbose_name_plural": "clicks by one press",
                "indexes": [
                    models.Index(fields=["fan", "clicked_at"], name="one_click_of_fan"),
                    models.Index(fields=["origin", "clicked_at"], name="one_click_by_origin"),
                ],
                "constraints": [models.UniqueConstraint(fields=("fan", "click_id"), name="one_click_once_a_click")],
            },
        ),
    ]
