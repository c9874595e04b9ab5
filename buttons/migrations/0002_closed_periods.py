"""Clicks of a closed period are what they are: a trigger refuses to add, undo, move or delete them."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION buttons_period_lock(period date) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    -- A namespace of our own among advisory locks: the letters "pe", then the days since 2000.
    $$ SELECT (28773::bigint << 32) + (period - DATE '2000-01-01') $$;

CREATE FUNCTION buttons_refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed date;
BEGIN
    FOREACH changed IN ARRAY CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.period]
        WHEN 'DELETE' THEN ARRAY[OLD.period]
        ELSE ARRAY[OLD.period, NEW.period] END
    LOOP
        -- Held until commit. Whoever closes the period takes the same lock alone, so either that
        -- waits for this click, or this click sees below that the period is closed.
        PERFORM pg_advisory_xact_lock_shared(buttons_period_lock(changed));
        IF EXISTS (SELECT FROM buttons_closedperiod WHERE period = changed) THEN
            RAISE EXCEPTION 'the period % is closed', to_char(changed, 'YYYY-MM')
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER refuse_closed_period BEFORE INSERT OR UPDATE OR DELETE ON buttons_click
    FOR EACH ROW EXECUTE FUNCTION buttons_refuse_closed_period();

CREATE FUNCTION buttons_refuse_to_reopen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a closed period stays closed' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER refuse_to_reopen BEFORE UPDATE OR DELETE ON buttons_closedperiod
    FOR EACH ROW EXECUTE FUNCTION buttons_refuse_to_reopen();
"""

BACKWARD = """
DROP TRIGGER refuse_to_reopen ON buttons_closedperiod;
DROP TRIGGER refuse_closed_period ON buttons_click;
DROP FUNCTION buttons_refuse_to_reopen();
DROP FUNCTION buttons_refuse_closed_period();
DROP FUNCTION buttons_period_lock(date);
"""


class Migration(migrations.Migration):
    """Adds the triggers."""

    dependencies = [("buttons", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
