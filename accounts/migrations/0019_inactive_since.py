"""It is known since when somebody is inactive, whichever way that is written."""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION accounts_note_inactive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_active AND TG_OP = 'UPDATE' AND NOT OLD.is_active THEN
        -- Whose account is being closed stays inactive: there is no way back.
        NEW.is_active := NOT EXISTS (
            SELECT FROM accounts_closing WHERE user_id = NEW.id AND begun_at IS NOT NULL);
    END IF;
    NEW.inactive_since := CASE WHEN NEW.is_active THEN NULL
                               WHEN TG_OP = 'UPDATE' AND NOT OLD.is_active THEN OLD.inactive_since
                               ELSE now() END;
    RETURN NEW;
END $$;

CREATE TRIGGER note_inactive BEFORE INSERT OR UPDATE OF is_active, inactive_since ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_note_inactive();
"""

BACKWARD = """
DROP TRIGGER note_inactive ON accounts_user;
DROP FUNCTION accounts_note_inactive();
"""


class Migration(migrations.Migration):
    """Adds the moment, which a trigger writes; who is inactive already is so from now on."""

    dependencies = [("accounts", "0018_ends_of_standing_clicks")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="inactive_since",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="inactive since"),
        ),
        migrations.RunSQL(
            "UPDATE accounts_user SET inactive_since = now() WHERE NOT is_active", migrations.RunSQL.noop
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
