"""Clicks can be repeated for their fan at the start of every month."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flattr.fields


class Migration(migrations.Migration):
    """Adds the standing clicks."""

    dependencies = [
        ("accounts", "0013_connections"),
        ("buttons", "0018_discovery"),
    ]

    operations = [
        migrations.CreateModel(
            name="StandingClick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "term_months",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="term in months"),
                ),
                ("from_period", flattr.fields.PeriodField(verbose_name="first month")),
                (
                    "until_period",
                    flattr.fields.PeriodField(blank=True, null=True, verbose_name="month after the last"),
                ),
                ("done_period", flattr.fields.PeriodField(verbose_name="last month seen to")),
                ("set_at", models.DateTimeField(verbose_name="set")),
                ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="stopped")),
                (
                    "button",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="standing_clicks",
                        to="buttons.button",
                    ),
                ),
                (
                    "fan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="standing_clicks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "standing click",
                "verbose_name_plural": "standing clicks",
                "indexes": [
                    models.Index(
                        condition=models.Q(("stopped_at__isnull", True)),
                        fields=["done_period", "id"],
                        name="standing_click_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stopped_at__isnull", True)),
                        fields=("fan", "button"),
                        name="standing_click_once_a_button",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("term_months__isnull", True), ("until_period__isnull", True)),
                            models.Q(("term_months__in", (3, 6, 12)), ("until_period__gt", models.F("from_period"))),
                            _connector="OR",
                        ),
                        name="standing_click_until_its_term_ends",
                    ),
                ],
            },
        ),
    ]
