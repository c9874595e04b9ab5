"""An email knows when it was tried last, so that runs which follow each other at once pass it over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the moment."""

    dependencies = [("accounts", "0004_visitors")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="tried_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last tried"),
        )
    ]
