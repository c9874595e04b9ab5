"""People choose who may see whom they support."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the choice, which is nobody for everybody there is."""

    dependencies = [
        ("accounts", "0015_creators_emails"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="visibility",
            field=models.CharField(
                choices=[
                    ("public", "everybody"),
                    ("creators", "only the creators themselves"),
                    ("anonymous", "nobody"),
                ],
                db_default="anonymous",
                default="anonymous",
                max_length=9,
                verbose_name="who may see whom they support",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("visibility", "anonymous"), _negated=True), fields=["id"], name="user_seen"
            ),
        ),
    ]
