"""The list of deposits is read in its own order, ids included: many may have begun in one moment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Replaces the index."""

    dependencies = [("payouts", "0010_replaced_accounts")]

    operations = [
        migrations.RemoveIndex(model_name="deposit", name="deposit_by_time"),
        migrations.AddIndex(
            model_name="deposit",
            index=models.Index(fields=["-started_at", "-id"], name="deposit_newest_first"),
        ),
    ]
