"""Clicks that come together are recorded together, and their key has the fan in it.

With the fan in every key of clicks, the table can be spread over several databases by fan. The way back ends
where two fans have used one id. The function that records one click stays for web processes that still run.
"""

from django.db import migrations

KEY_WITH_FAN = """
ALTER TABLE buttons_click DROP CONSTRAINT buttons_click_pkey;
ALTER TABLE buttons_click ADD PRIMARY KEY (id, fan_id, period);
"""

KEY_WITHOUT_FAN = """
ALTER TABLE buttons_click DROP CONSTRAINT buttons_click_pkey;
ALTER TABLE buttons_click ADD PRIMARY KEY (id, period);
"""

FORWARD = """
CREATE FUNCTION buttons_record_clicks(
    click_ids uuid[], fans bigint[], public_ids text[], moments timestamptz[], sites text[], month date
) RETURNS TABLE (place bigint, is_new boolean, button_id bigint, creator_id bigint, hidden_at timestamptz)
LANGUAGE plpgsql
-- A plan that was made while there were few buttons shall not read them all for each click once there are many.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    month_before date := (month - interval '1 month')::date;
BEGIN
    RETURN QUERY
        WITH asked AS MATERIALIZED (
            SELECT asked.place, asked.click_id, asked.fan_id, asked.moment, asked.site, button.id AS button_id,
                   button.creator_id, button.hidden_at
            FROM unnest(click_ids, fans, public_ids, moments, sites)
                 WITH ORDINALITY AS asked (click_id, fan_id, public_id, moment, site, place)
            JOIN buttons_button AS button ON button.public_id = asked.public_id
        ), recorded AS (
            INSERT INTO buttons_click AS click (id, fan_id, button_id, creator_id, period, clicked_at, origin)
            SELECT click_id, fan_id, button_id, creator_id, month, moment, site FROM asked
            WHERE creator_id <> fan_id AND hidden_at IS NULL
                  -- The table keeps an id once a period, so a repeat that comes after midnight is looked for in
                  -- the one before.
                  AND NOT EXISTS (SELECT FROM buttons_click AS earlier
                                  WHERE earlier.id = click_id AND earlier.fan_id = asked.fan_id
                                        AND earlier.period = month_before)
            -- Who records the same ones side by side meets them in the same order.
            ORDER BY click_id, fan_id
            ON CONFLICT DO NOTHING
            RETURNING click.id AS click_id, click.fan_id, click.button_id
        )
        SELECT asked.place, recorded.click_id IS NOT NULL, asked.button_id, asked.creator_id, asked.hidden_at
        FROM asked LEFT JOIN recorded USING (click_id, fan_id, button_id);
END $$;
"""

BACKWARD = "DROP FUNCTION buttons_record_clicks(uuid[], bigint[], text[], timestamptz[], text[], date)"


class Migration(migrations.Migration):
    """Adds the function, and replaces the key."""

    dependencies = [("buttons", "0005_record_click")]

    operations = [
        migrations.RunSQL(KEY_WITH_FAN, KEY_WITHOUT_FAN),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
