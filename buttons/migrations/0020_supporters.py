"""Fans may be named as supporters, to creators or to everybody."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flattr.fields


class Migration(migrations.Migration):
    """Adds the supporters who may be named, and what fans chose for single creators."""

    dependencies = [
        ("buttons", "0019_standing_clicks"),
        ("accounts", "0016_visibility"),
    ]

    operations = [
        migrations.CreateModel(
            name="Supporter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_period", flattr.fields.PeriodField(verbose_name="first month")),
                ("last_period", flattr.fields.PeriodField(verbose_name="last month")),
                ("months", models.PositiveIntegerField(verbose_name="months")),
                (
                    "creator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supporters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supported",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "supporter",
                "verbose_name_plural": "supporters",
                "indexes": [models.Index(fields=["creator", "first_period", "id"], name="supporter_of_creator")],
                "constraints": [models.UniqueConstraint(fields=("fan", "creator"), name="supporter_once_a_creator")],
            },
        ),
        migrations.CreateModel(
            name="VisibilityChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "visibility",
                    models.CharField(
                        choices=[
                            ("public", "everybody"),
                            ("creators", "only the creators themselves"),
                            ("anonymous", "nobody"),
                        ],
                        max_length=9,
                        verbose_name="who may see it",
                    ),
                ),
                ("chosen_at", models.DateTimeField(verbose_name="chosen")),
                (
                    "creator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visibility_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "visibility for a creator",
                "verbose_name_plural": "visibility for creators",
                "constraints": [
                    models.UniqueConstraint(fields=("fan", "creator"), name="visibility_choice_once_a_creator"),
                    models.CheckConstraint(
                        condition=models.Q(("fan", models.F("creator")), _negated=True),
                        name="visibility_choice_of_two_people",
                    ),
                ],
            },
        ),
    ]
