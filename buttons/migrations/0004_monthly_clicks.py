"""What each button got in each closed period, counted once."""

import django.db.models.deletion
from django.db import migrations, models

import flattr.fields

COUNT_CLOSED = """
INSERT INTO buttons_monthlyclicks (button_id, period, clicks)
SELECT button_id, period, count(*) FROM buttons_click
WHERE undone_at IS NULL AND period IN (SELECT period FROM buttons_closedperiod)
GROUP BY button_id, period;
"""


class Migration(migrations.Migration):
    """Adds the table and counts the periods that are closed already."""

    dependencies = [("buttons", "0003_clicks_by_period")]

    operations = [
        migrations.CreateModel(
            name="MonthlyClicks",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", flattr.fields.PeriodField(verbose_name="period")),
                ("clicks", models.PositiveBigIntegerField(verbose_name="clicks")),
                (
                    "button",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="monthly_clicks",
                        to="buttons.button",
                    ),
                ),
            ],
            options={
                "verbose_name": "clicks of a month",
                "verbose_name_plural": "clicks of a month",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("button", "period"), include=("clicks",), name="monthly_clicks_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(COUNT_CLOSED, migrations.RunSQL.noop),
    ]
