"""People choose their time zone and which emails they do without; what they said about clicks is kept."""

import django.contrib.postgres.fields
from django.db import migrations, models

MUTE = "UPDATE accounts_user SET muted = '{first_clicks,weekly_clicks}' WHERE NOT wants_click_notices"
UNMUTE = "UPDATE accounts_user SET wants_click_notices = FALSE WHERE 'first_clicks' = ANY (muted)"


class Migration(migrations.Migration):
    """Adds the settings."""

    dependencies = [("accounts", "0009_sites")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(default="UTC", max_length=50, verbose_name="time zone"),
        ),
        migrations.AddField(
            model_name="user",
            name="muted",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                blank=True,
                default=list,
                size=None,
                verbose_name="emails not wanted",
            ),
        ),
        migrations.RunSQL(MUTE, UNMUTE),
        migrations.RemoveField(model_name="user", name="wants_click_notices"),
    ]
