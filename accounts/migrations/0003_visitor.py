"""Who is logged in, and whether they have a budget, is told by one function, whose plan PostgreSQL keeps."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_visitor(wanted text, month date)
RETURNS TABLE (session_data text, subscription_state varchar, id bigint, password varchar, is_active boolean)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT session.session_data,
               (SELECT subscription.state FROM accounts_subscription AS subscription
                WHERE subscription.fan_id = person.id AND subscription.effective_from <= month
                ORDER BY subscription.id DESC LIMIT 1),
               person.id, person.password, person.is_active
        FROM accounts_session AS session JOIN accounts_user AS person ON person.id = session.user_id
        WHERE session.session_key = wanted AND session.expire_date > now();
END $$;
"""

BACKWARD = "DROP FUNCTION accounts_visitor(text, date)"


class Migration(migrations.Migration):
    """Adds the function."""

    dependencies = [("accounts", "0002_sessions")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
