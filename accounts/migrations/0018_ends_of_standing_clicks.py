"""Fans are told before what they click every month ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Knows one more kind of emails."""

    dependencies = [
        ("accounts", "0017_gift_emails"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("month_settled", "month settled (fan)"),
                    ("earnings_settled", "month settled (creator)"),
                    ("creator_week", "week of a creator"),
                    ("co_author_invited", "asked to be a co-author"),
                    ("co_author_answered", "co-author has answered"),
                    ("co_author_ended", "co-authorship ended"),
                    ("deposit_needs_you", "deposit needs confirmation"),
                    ("deposit_declined", "deposit declined"),
                    ("deposit_past_due", "deposit past due"),
                    ("gift_received", "gift received"),
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
                    ("standing_ends", "standing clicks about to end"),
                    ("site_lost", "site not proven any more"),
                    ("site_contested", "site claimed by somebody else"),
                    ("contest_decided", "contest of a site decided"),
                    ("closing_asked", "account will be closed"),
                    ("closing_stopped", "account stays open"),
                    ("closed", "account closed"),
                    ("digest_drafted", "monthly post about to be posted"),
                    ("digest_failed", "monthly post not posted"),
                    ("connection_lost", "connection to a network lost"),
                    ("alarm", "alarm for staff"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
