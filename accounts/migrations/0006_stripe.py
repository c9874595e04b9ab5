"""More kinds of emails."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Knows what people are told about payments, accounts and disputes."""

    dependencies = [
        ("accounts", "0005_notification_tried_at"),
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
                    ("account_ready", "payout account ready"),
                    ("account_not_ready", "payout account not ready any more"),
                    ("refund_sent", "refund sent"),
                    ("refund_failed", "refund failed"),
                    ("alarm", "alarm for staff"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
