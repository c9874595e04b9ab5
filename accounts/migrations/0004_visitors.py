"""Who is logged in is told for several sessions at once: clicks that come together are recorded together.

The function that tells it for one session stays for web processes that still run.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_visitors(wanted text[], month date)
RETURNS TABLE (session_key varchar, session_data text, subscription_state varchar, id bigint, password varchar,
               is_active boolean)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT session.session_key, session.session_data,
               (SELECT subscription.state FROM accounts_subscription AS subscription
                WHERE subscription.fan_id = person.id AND subscription.effective_from <= month
                ORDER BY subscription.id DESC LIMIT 1),
               person.id, person.password, person.is_active
        FROM accounts_session AS session JOIN accounts_user AS person ON person.id = session.user_id
        WHERE session.session_key = ANY (wanted) AND session.expire_date > now();
END $$;
"""

BACKWARD = "DROP FUNCTION accounts_visitors(text[], date)"


class Migration(migrations.Migration):
    """Adds the function."""

    dependencies = [("accounts", "0003_visitor")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
