"""Emails about clicks on other people's sites, which nobody has to get."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Knows the two kinds, and who wants them."""

    dependencies = [
        ("accounts", "0007_debts"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="wants_click_notices",
            field=models.BooleanField(default=True, verbose_name="wants to be told of clicks on other sites"),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("month_settled", "month settled (fan)"),
                    ("earnings_settled", "month settled (creator)"),
                    ("deposit_needs_you", "deposit needs confirmation"),
                    ("deposit_declined", "deposit declined"),
                    ("deposit_past_due", "deposit past due"),
                    ("payout_approved", "payout approved"),
                    ("payout_rejected", "payout rejected"),
                    ("payout_sent", "payout sent"),
                    ("payout_failed", "payout failed"),
                    ("deposit_disputed", "deposit disputed"),
                    ("earnings_held", "earnings held for a dispute"),
                    ("earnings_released", "earnings released"),
                    ("earnings_owed", "earnings owed for a lost dispute"),
                    ("account_ready", "payout account ready"),
                    ("account_not_ready", "payout account not ready any more"),
                    ("refund_sent", "refund sent"),
                    ("refund_failed", "refund failed"),
                    ("first_clicks", "first clicks on a site"),
                    ("weekly_clicks", "week of clicks by one press"),
                    ("alarm", "alarm for staff"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
