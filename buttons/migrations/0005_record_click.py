"""A click is recorded by one function, whose plan PostgreSQL keeps: planning took as long as inserting."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION buttons_record_click(
    click_id uuid, clicking_fan bigint, clicked text, month date, moment timestamptz, site text
) RETURNS TABLE (is_new boolean, id bigint, public_id varchar, creator_id bigint, title varchar,
                 hidden_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    is_new := false;
    SELECT button.id, button.public_id, button.creator_id, button.title, button.hidden_at
        INTO buttons_record_click.id, buttons_record_click.public_id, buttons_record_click.creator_id,
             buttons_record_click.title, buttons_record_click.hidden_at
        FROM buttons_button AS button WHERE button.public_id = clicked;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- The table keeps an id once a period, so a repeat that comes after midnight is looked for in the one before.
    IF buttons_record_click.creator_id <> clicking_fan AND buttons_record_click.hidden_at IS NULL
       AND NOT EXISTS (SELECT FROM buttons_click AS click
                       WHERE click.id = click_id AND click.period = (month - interval '1 month')::date) THEN
        INSERT INTO buttons_click (id, fan_id, button_id, creator_id, period, clicked_at, origin)
            VALUES (click_id, clicking_fan, buttons_record_click.id, buttons_record_click.creator_id, month, moment,
                    site)
            ON CONFLICT DO NOTHING;
        is_new := FOUND;
    END IF;
    RETURN NEXT;
END $$;
"""

BACKWARD = "DROP FUNCTION buttons_record_click(uuid, bigint, text, date, timestamptz, text)"


class Migration(migrations.Migration):
    """Adds the function."""

    dependencies = [("buttons", "0004_monthly_clicks")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
