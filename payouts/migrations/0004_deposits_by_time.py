"""The newest deposits are found without sorting all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds an index."""

    dependencies = [("payouts", "0003_payouts_decided")]

    operations = [
        migrations.AddIndex(model_name="deposit", index=models.Index(fields=["-started_at"], name="deposit_by_time"))
    ]
