"""A creator's newest buttons are found in their order, by an index in place of the one by creator alone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Replaces an index."""

    dependencies = [("buttons", "0007_click_counts")]

    operations = [
        migrations.AddIndex(
            model_name="button",
            index=models.Index(fields=["creator", "-created_at", "-id"], name="button_newest_of_creator"),
        ),
        migrations.AlterField(
            model_name="button",
            name="creator",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="buttons",
                to=settings.AUTH_USER_MODEL,
                verbose_name="creator",
            ),
        ),
    ]
