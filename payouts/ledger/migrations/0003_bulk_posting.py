"""Posting by the hundred thousand: what was measured to cost time and to be of no use, or to do the same for less."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations

DROP_PATTERN_INDEX = """
DO $$
DECLARE
    name text;
BEGIN
    -- Django makes it beside every unique index on text, under a name of its own; nobody searches keys by beginnings.
    FOR name IN SELECT indexname FROM pg_indexes
                WHERE tablename = 'ledger_transfer' AND indexname LIKE 'ledger_transfer_idempotency_key_%_like' LOOP
        EXECUTE format('DROP INDEX %I', name);
    END LOOP;
END $$;
"""

CHEAPER_COUNTERS = """
-- Counters rise again and again; with room on its page a row's new version needs no entry in any index.
ALTER TABLE ledger_ledgeraccount SET (fillfactor = 70);

-- The condition is looked at without calling the function, which is called only to refuse.
DROP TRIGGER refuse_falling_counter ON ledger_ledgeraccount;
CREATE TRIGGER refuse_falling_counter BEFORE UPDATE ON ledger_ledgeraccount FOR EACH ROW
    WHEN (NEW.debits_micros < OLD.debits_micros OR NEW.credits_micros < OLD.credits_micros
          OR NEW.kind <> OLD.kind OR NEW.owner_id IS DISTINCT FROM OLD.owner_id)
    EXECUTE FUNCTION ledger_refuse_falling_counter();
CREATE TRIGGER refuse_to_delete BEFORE DELETE ON ledger_ledgeraccount
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_falling_counter();
"""

AS_BEFORE = """
DROP TRIGGER refuse_to_delete ON ledger_ledgeraccount;
DROP TRIGGER refuse_falling_counter ON ledger_ledgeraccount;
CREATE TRIGGER refuse_falling_counter BEFORE UPDATE OR DELETE ON ledger_ledgeraccount
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_falling_counter();
ALTER TABLE ledger_ledgeraccount RESET (fillfactor);
"""


class Migration(migrations.Migration):
    """Changes indexes and triggers, and nothing that they promise."""

    dependencies = [("ledger", "0002_append_only")]

    operations = [
        migrations.AddIndex(model_name="transfer", index=BrinIndex(fields=["occurred_at"], name="transfer_by_time")),
        migrations.RunSQL(DROP_PATTERN_INDEX, migrations.RunSQL.noop),
        migrations.RunSQL(CHEAPER_COUNTERS, AS_BEFORE),
    ]
