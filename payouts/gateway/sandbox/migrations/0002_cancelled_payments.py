"""Payments that their asker closed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds a state."""

    dependencies = [("sandbox", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="sandboxpayment",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("challenged", "Challenged"),
                    ("succeeding", "Succeeding"),
                    ("failing", "Failing"),
                    ("cancelled", "Cancelled"),
                ],
                default="open",
                max_length=10,
            ),
        )
    ]
