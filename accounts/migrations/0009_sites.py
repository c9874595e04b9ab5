"""Emails tell of sites that are lost, contested or decided about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the kinds."""

    dependencies = [
        ("accounts", "0008_click_notices"),
    ]

    operations = [
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
                    ("site_lost", "site not proven any more"),
                    ("site_contested", "site claimed by somebody else"),
                    ("contest_decided", "contest of a site decided"),
                    ("alarm", "alarm for staff"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
