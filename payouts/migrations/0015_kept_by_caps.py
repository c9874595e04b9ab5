"""What caps left of a fan's cake, so that a statement tells it when it isn't known any more what there was to cut."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the column; of months that were settled before it says that nothing was kept."""

    dependencies = [("payouts", "0014_gifts")]

    operations = [
        migrations.AddField(
            model_name="settlementspend",
            name="kept_micros",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="kept"),
        ),
        migrations.RemoveConstraint(model_name="settlementspend", name="settlement_spend_within_budget"),
        migrations.AddConstraint(
            model_name="settlementspend",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("clicks__gt", 0),
                    ("kept_micros__gte", 0),
                    ("spend_micros__gt", 0),
                    ("spend_micros__lte", models.F("budget_micros") - models.F("kept_micros")),
                ),
                name="settlement_spend_within_budget",
            ),
        ),
    ]
