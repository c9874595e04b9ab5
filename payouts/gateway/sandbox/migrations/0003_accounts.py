"""The sandbox remembers accounts of creators, and what fans have saved."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the table and the field."""

    dependencies = [
        ("sandbox", "0002_cancelled_payments"),
    ]

    operations = [
        migrations.CreateModel(
            name="SandboxAccount",
            fields=[
                ("creator_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("readiness", models.CharField(default="needs_creator", max_length=20)),
            ],
        ),
        migrations.AddField(
            model_name="sandboxpayment",
            name="is_saved",
            field=models.BooleanField(default=True),
        ),
    ]
