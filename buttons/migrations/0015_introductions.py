"""It is noted whose link brought a fan to a creator."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """Adds the table."""

    dependencies = [
        ("accounts", "0012_share_tokens"),
        ("buttons", "0014_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="Introduction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("click_id", models.UUIDField(verbose_name="click")),
                ("introduced_at", models.DateTimeField(verbose_name="introduced")),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introduced_fans",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introductions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sharer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introduced_by_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "introduction",
                "verbose_name_plural": "introductions",
                "constraints": [
                    models.UniqueConstraint(fields=["fan", "creator"], name="introduction_once_a_fan_and_creator"),
                    models.CheckConstraint(
                        condition=~Q(fan=F("creator")) & ~Q(fan=F("sharer")) & ~Q(sharer=F("creator")),
                        name="introduction_of_three_people",
                    ),
                ],
            },
        ),
    ]
