"""Fans may say of a single click who may see it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flattr.fields


class Migration(migrations.Migration):
    """Adds what fans chose for single clicks, and rows of supporters for months that are seen by those."""

    dependencies = [
        ("buttons", "0020_supporters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClickVisibility",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", flattr.fields.PeriodField(verbose_name="period")),
                ("click_id", models.UUIDField(verbose_name="click")),
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
            ],
            options={
                "verbose_name": "visibility of a click",
                "verbose_name_plural": "visibility of clicks",
            },
        ),
        migrations.RemoveConstraint(
            model_name="supporter",
            name="supporter_once_a_creator",
        ),
        migrations.AddField(
            model_name="supporter",
            name="by_clicks",
            field=models.CharField(
                blank=True,
                choices=[
                    ("public", "everybody"),
                    ("creators", "only the creators themselves"),
                    ("anonymous", "nobody"),
                ],
                db_default="",
                default="",
                max_length=9,
                verbose_name="who may see single clicks",
            ),
        ),
        migrations.AddConstraint(
            model_name="supporter",
            constraint=models.UniqueConstraint(
                fields=("fan", "creator", "by_clicks"), name="supporter_once_a_choice"
            ),
        ),
        migrations.AddConstraint(
            model_name="supporter",
            constraint=models.CheckConstraint(
                condition=models.Q(("by_clicks", "anonymous"), _negated=True),
                name="supporter_by_clicks_that_are_seen",
            ),
        ),
        migrations.AddField(
            model_name="clickvisibility",
            name="button",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="buttons.button",
                verbose_name="button",
            ),
        ),
        migrations.AddField(
            model_name="clickvisibility",
            name="fan",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="click_visibilities",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="clickvisibility",
            index=models.Index(
                condition=models.Q(("visibility", "anonymous"), _negated=True),
                fields=["period", "fan"],
                name="click_visibility_seen",
            ),
        ),
        migrations.AddConstraint(
            model_name="clickvisibility",
            constraint=models.UniqueConstraint(
                fields=("fan", "period", "click_id"), name="click_visibility_once_a_click"
            ),
        ),
    ]
