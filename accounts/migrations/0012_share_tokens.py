"""People get a token that stands in the links that they share."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the column; the database gives each person there is a token of their own."""

    dependencies = [
        ("accounts", "0011_closings"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="share_token",
            field=models.UUIDField(
                db_default=RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
                verbose_name="token of shared links",
            ),
        ),
    ]
