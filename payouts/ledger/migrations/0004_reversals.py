"""An index of reversals alone, which the proof of the books looks for in nearly every rule."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the index."""

    dependencies = [("ledger", "0003_bulk_posting")]

    operations = [
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(condition=models.Q(("kind", "reversal")), fields=["id"], name="transfer_reversals"),
        ),
    ]
