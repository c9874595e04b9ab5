"""In no month do co-authors of a button have all that it earns, whichever way their rows are written."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payouts_co_authors_leave_something() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- As operations do, so that of two who write at once the second one sees what the first one wrote.
    PERFORM FROM buttons_button WHERE id = NEW.button_id FOR NO KEY UPDATE;
    -- A sum grows in those months alone in which somebody begins.
    IF EXISTS (
        SELECT FROM payouts_coauthor AS begins
        JOIN payouts_coauthor AS shares
            ON shares.button_id = begins.button_id AND shares.since <= begins.since
            AND (shares.until IS NULL OR shares.until > begins.since)
        WHERE begins.button_id = NEW.button_id
        GROUP BY begins.id HAVING sum(shares.percent) > 99
    ) THEN
        RAISE check_violation USING
            MESSAGE = format('percent: co-authors of button %s would share more than 99 percent', NEW.button_id),
            CONSTRAINT = 'co_authors_leave_something';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER leave_something_first AFTER INSERT ON payouts_coauthor
    FOR EACH ROW WHEN (NEW.since IS NOT NULL) EXECUTE FUNCTION payouts_co_authors_leave_something();

-- What ends takes nothing more. A closing account ends shares in many buttons at once, and waits for none of them.
CREATE TRIGGER leave_something AFTER UPDATE ON payouts_coauthor
    FOR EACH ROW WHEN (
        NEW.since IS NOT NULL AND (
            OLD.since IS NULL OR NEW.since < OLD.since OR NEW.percent > OLD.percent OR NEW.button_id <> OLD.button_id
            OR (OLD.until IS NOT NULL AND (NEW.until IS NULL OR NEW.until > OLD.until))))
    EXECUTE FUNCTION payouts_co_authors_leave_something();
"""

BACKWARD = """
DROP TRIGGER leave_something ON payouts_coauthor;
DROP TRIGGER leave_something_first ON payouts_coauthor;
DROP FUNCTION payouts_co_authors_leave_something();
"""


class Migration(migrations.Migration):
    """Adds the triggers."""

    dependencies = [("buttons", "0021_visibility_of_clicks"), ("payouts", "0015_kept_by_caps")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
