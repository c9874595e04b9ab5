"""Accounts that replace closed ones, and to which account each payout went."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds both; until now nobody had more than one account, so what was sent went there."""

    dependencies = [("payouts", "0009_debts")]

    operations = [
        migrations.AddField(
            model_name="payoutaccount",
            name="former",
            field=models.JSONField(blank=True, default=list, verbose_name="closed ones"),
        ),
        migrations.AddField(
            model_name="payout",
            name="account",
            field=models.CharField(
                blank=True, default="", max_length=100, verbose_name="account that it was sent to"
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(
            """
            UPDATE payouts_payout AS payout SET account = known.account
            FROM payouts_payoutaccount AS known
            WHERE known.creator_id = payout.creator_id AND payout.state IN ('sending', 'sent', 'returned');
            SET CONSTRAINTS ALL IMMEDIATE;
            """,
            migrations.RunSQL.noop,
        ),
    ]
