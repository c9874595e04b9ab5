"""A button's count is told by one function, whose plan PostgreSQL keeps: planning took longer than counting."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION buttons_click_count(wanted text) RETURNS numeric
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    counted bigint;
BEGIN
    SELECT button.id INTO counted FROM buttons_button AS button WHERE button.public_id = wanted;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT coalesce(sum(clicks), 0) FROM buttons_monthlyclicks WHERE button_id = counted)
           + (SELECT count(*) FROM buttons_click
              WHERE button_id = counted AND undone_at IS NULL
                    AND period > (SELECT coalesce(max(period), '-infinity') FROM buttons_closedperiod));
END $$;
"""

BACKWARD = "DROP FUNCTION buttons_click_count(text)"


class Migration(migrations.Migration):
    """Adds the function."""

    dependencies = [("buttons", "0006_record_clicks")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
