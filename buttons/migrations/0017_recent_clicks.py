"""The newest clicks, and those taken back, are found by their times: web processes ask for them to know what changed.

Clicks come in the order of their times, so an index of blocks is enough and costs next to nothing. Few are taken
back.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds two indexes."""

    dependencies = [("buttons", "0016_digests")]

    operations = [
        migrations.AddIndex(
            model_name="click",
            index=BrinIndex(fields=["clicked_at"], name="click_by_time", autosummarize=True, pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name="click",
            index=models.Index(
                fields=["undone_at"],
                name="click_by_undoing",
                condition=models.Q(undone_at__isnull=False),
            ),
        ),
    ]
