"""Creators get a text of thanks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the column, empty for all there are."""

    dependencies = [
        ("accounts", "0013_connections"),
    ]

    operations = [
        migrations.AddField(
            model_name="creatorprofile",
            name="thanks",
            field=models.TextField(blank=True, db_default="", default="", max_length=500, verbose_name="thanks"),
        ),
    ]
