"""Two more kinds of transfers: a gift beside the cake, and the fee on it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Knows them."""

    dependencies = [
        ("ledger", "0009_co_authors"),
    ]

    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="kind",
            field=models.CharField(
                choices=[
                    ("deposit", "deposit"),
                    ("processor_fee", "processor fee"),
                    ("share", "month's cake"),
                    ("earning", "earnings"),
                    ("platform_fee", "platform fee"),
                    ("co_author_share", "co-author’s share"),
                    ("gift", "gift"),
                    ("gift_fee", "platform fee on a gift"),
                    ("payout_reserved", "payout requested"),
                    ("payout_sent", "payout sent"),
                    ("payout_returned", "payout returned"),
                    ("payout_bounced", "payout came back"),
                    ("refund_reserved", "refund requested"),
                    ("refund_sent", "refund sent"),
                    ("refund_returned", "refund returned"),
                    ("refund_bounced", "refund came back"),
                    ("dispute_from_fan", "disputed"),
                    ("dispute_from_creator", "held for a dispute"),
                    ("dispute_borne", "borne in a dispute"),
                    ("loss_recovered", "kept for a lost dispute"),
                    ("dispute_taken", "taken by a bank"),
                    ("dispute_given_back", "given back by a bank"),
                    ("dispute_fee", "dispute fee"),
                    ("processor_charge", "processor's charge"),
                    ("platform_withdrawn", "withdrawn by the platform"),
                    ("platform_paid_in", "paid in by the platform"),
                    ("reversal", "reversal"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
