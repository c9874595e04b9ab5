"""Ranges note how many of their lines are a fan's second or later one for a creator."""

from django.db import migrations, models

# A settlement under way has ranges that are done already, and its finish asks for what they would have noted.
FILL = """
UPDATE payouts_settlementrange AS part
SET repeats = CASE WHEN settlement.finished_at IS NOT NULL THEN '{}' ELSE (
    SELECT coalesce(jsonb_object_agg(creator_id, lines), '{}') FROM (
        SELECT creator_id, count(*) - count(DISTINCT fan_id) AS lines FROM payouts_settlementline
        WHERE settlement_id = part.settlement_id AND fan_id BETWEEN part.first_fan_id AND part.last_fan_id
        GROUP BY creator_id HAVING count(*) > count(DISTINCT fan_id)) AS noted) END
FROM payouts_settlement AS settlement
WHERE settlement.id = part.settlement_id AND part.done_at IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    """Adds the column, and fills it where it is still needed."""

    dependencies = [("payouts", "0005_button_earnings")]

    operations = [
        migrations.AddField("settlementrange", "repeats", models.JSONField(blank=True, null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "settlementrange",
            models.CheckConstraint(
                condition=models.Q(("done_at__isnull", True), ("repeats__isnull", True))
                | models.Q(("done_at__isnull", False), ("repeats__isnull", False)),
                name="settlement_range_done_with_its_repeats",
            ),
        ),
    ]
