"""Clicks lie in one partition a period, so that a closed month can be taken out of the table as a whole."""

from django.db import migrations, models

_MAKE_PARTITION = """
CREATE FUNCTION buttons_make_click_partition(month date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    partition text := 'buttons_click_' || to_char(month, 'YYYY_MM');
BEGIN
    -- Two who want the same partition meet here; the second then finds it.
    PERFORM pg_advisory_xact_lock(buttons_period_lock(month));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    IF EXISTS (SELECT FROM buttons_closedperiod WHERE period = month) THEN
        -- It had one, which was taken out of the table.
        RAISE EXCEPTION 'the period % is closed', to_char(month, 'YYYY-MM')
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- Made by itself and attached then, as that lets clicks go on meanwhile.
    EXECUTE format('CREATE TABLE %I (LIKE buttons_click INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format('ALTER TABLE buttons_click ATTACH PARTITION %I FOR VALUES IN (%L)', partition, month);
    RETURN true;
END $$;
"""

_RENAME = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE buttons_click RENAME TO buttons_click_before;
"""

_TAKE_OVER = """
DROP TABLE buttons_click_before;
ALTER TABLE buttons_click
    ADD CONSTRAINT buttons_click_fan_fk FOREIGN KEY (fan_id)
        REFERENCES accounts_user DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT buttons_click_button_fk FOREIGN KEY (button_id)
        REFERENCES buttons_button DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT buttons_click_creator_fk FOREIGN KEY (creator_id)
        REFERENCES accounts_user DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX click_by_fan ON buttons_click (period, fan_id, button_id) INCLUDE (creator_id) WHERE undone_at IS NULL;
CREATE TRIGGER refuse_closed_period BEFORE INSERT OR UPDATE OR DELETE ON buttons_click
    FOR EACH ROW EXECUTE FUNCTION buttons_refuse_closed_period();
"""

FORWARD = [
    _MAKE_PARTITION,
    _RENAME,
    """
CREATE TABLE buttons_click (LIKE buttons_click_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY LIST (period);
SELECT buttons_make_click_partition(month::date) FROM (
    SELECT DISTINCT period FROM buttons_click_before
    UNION SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month'
          FROM generate_series(0, 2) AS ahead) AS needed (month);
INSERT INTO buttons_click SELECT * FROM buttons_click_before;
""",
    _TAKE_OVER,
    """
ALTER TABLE buttons_click ADD PRIMARY KEY (id, period);
CREATE INDEX click_by_button ON buttons_click (button_id) WHERE undone_at IS NULL;
""",
]

BACKWARD = [
    _RENAME,
    """
CREATE TABLE buttons_click (LIKE buttons_click_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
INSERT INTO buttons_click SELECT * FROM buttons_click_before;
""",
    _TAKE_OVER,
    """
ALTER TABLE buttons_click ADD PRIMARY KEY (id);
CREATE INDEX click_by_button ON buttons_click (button_id, period) WHERE undone_at IS NULL;
CREATE INDEX click_by_creator ON buttons_click (creator_id, period) WHERE undone_at IS NULL;
DROP FUNCTION buttons_make_click_partition(date);
""",
]


class Migration(migrations.Migration):
    """Replaces the table by a partitioned one."""

    dependencies = [("buttons", "0002_closed_periods")]

    operations = [
        migrations.RunSQL(
            FORWARD,
            BACKWARD,
            state_operations=[
                migrations.RemoveIndex(model_name="click", name="click_by_creator"),
                migrations.RemoveIndex(model_name="click", name="click_by_button"),
                migrations.AddIndex(
                    model_name="click",
                    index=models.Index(
                        fields=["button"], condition=models.Q(undone_at__isnull=True), name="click_by_button"
                    ),
                ),
            ],
        )
    ]
