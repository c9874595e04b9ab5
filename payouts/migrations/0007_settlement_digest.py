"""A place for the digest of a settlement's lines until its finish publishes it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the table."""

    dependencies = [("payouts", "0006_repeated_fans")]

    operations = [
        migrations.CreateModel(
            name="SettlementDigest",
            fields=[
                (
                    "settlement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="lines_digest",
                        serialize=False,
                        to="payouts.settlement",
                    ),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="settlement_digest_is_one"
                    )
                ]
            },
        ),
    ]
