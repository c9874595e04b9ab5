"""What each button earned in a settlement is summed once; creators' earnings are the sums of those."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FILL = """
INSERT INTO payouts_buttonearning (settlement_id, creator_id, button_id, clicks, fans, gross_micros, fee_micros)
SELECT settlement_id, creator_id, button_id, sum(clicks), count(*), sum(amount_micros), sum(fee_micros)
FROM payouts_settlementline
WHERE settlement_id IN (SELECT id FROM payouts_settlement WHERE finished_at IS NOT NULL)
GROUP BY settlement_id, creator_id, button_id ORDER BY settlement_id, creator_id, button_id;
"""


def _reference(to: str, related_name: str, *, indexed: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=indexed,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to=to,
    )


class Migration(migrations.Migration):
    """Adds the table with the sums of finished settlements, and drops the references of creators' earnings."""

    dependencies = [
        ("buttons", "0001_initial"),
        ("payouts", "0004_deposits_by_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ButtonEarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("settlement", _reference("payouts.settlement", "button_earnings")),
                ("creator", _reference(settings.AUTH_USER_MODEL, "button_earnings")),
                ("button", _reference("buttons.button", "earnings")),
                ("clicks", models.PositiveIntegerField(verbose_name="clicks")),
                ("fans", models.PositiveIntegerField(verbose_name="fans")),
                ("gross_micros", models.BigIntegerField(verbose_name="gross")),
                ("fee_micros", models.BigIntegerField(verbose_name="fee")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("settlement", "creator", "button"), name="button_earning_once")
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("settlementearning", "settlement", _reference("payouts.settlement", "earnings")),
        migrations.AlterField(
            "settlementearning", "creator", _reference(settings.AUTH_USER_MODEL, "earnings", indexed=True)
        ),
    ]
