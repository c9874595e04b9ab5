"""The accounts of transfers are compared for all rows of a statement at once, no longer row by row at the commit."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION ledger_refuse_unknown_account() RETURNS trigger LANGUAGE plpgsql
    -- The plan is kept: for one row as for thousands each account is looked for by its index.
    SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    unknown bigint;
BEGIN
    SELECT named.id INTO unknown
    FROM (SELECT debit_account_id FROM added UNION SELECT credit_account_id FROM added) AS named (id)
    WHERE NOT EXISTS (SELECT FROM ledger_ledgeraccount AS account WHERE account.id = named.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a transfer needs its ledger accounts, and there is no %', unknown
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER refuse_unknown_account AFTER INSERT ON ledger_transfer REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_unknown_account();

-- An account that was there stays: deleting is refused already, and now its id is kept as well.
CREATE OR REPLACE FUNCTION ledger_refuse_falling_counter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.debits_micros < OLD.debits_micros OR NEW.credits_micros < OLD.credits_micros
       OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.owner_id IS DISTINCT FROM OLD.owner_id THEN
        RAISE EXCEPTION 'a ledger account keeps its id, kind and owner, and its counters only rise'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER refuse_falling_counter ON ledger_ledgeraccount;
CREATE TRIGGER refuse_falling_counter BEFORE UPDATE ON ledger_ledgeraccount FOR EACH ROW
    WHEN (NEW.debits_micros < OLD.debits_micros OR NEW.credits_micros < OLD.credits_micros
          OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.owner_id IS DISTINCT FROM OLD.owner_id)
    EXECUTE FUNCTION ledger_refuse_falling_counter();
"""

BACKWARD = """
DROP TRIGGER refuse_falling_counter ON ledger_ledgeraccount;
CREATE TRIGGER refuse_falling_counter BEFORE UPDATE ON ledger_ledgeraccount FOR EACH ROW
    WHEN (NEW.debits_micros < OLD.debits_micros OR NEW.credits_micros < OLD.credits_micros
          OR NEW.kind <> OLD.kind OR NEW.owner_id IS DISTINCT FROM OLD.owner_id)
    EXECUTE FUNCTION ledger_refuse_falling_counter();
CREATE OR REPLACE FUNCTION ledger_refuse_falling_counter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.debits_micros < OLD.debits_micros OR NEW.credits_micros < OLD.credits_micros
       OR NEW.kind <> OLD.kind OR NEW.owner_id IS DISTINCT FROM OLD.owner_id THEN
        RAISE EXCEPTION 'a ledger account keeps its kind and owner, and its counters only rise'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER refuse_unknown_account ON ledger_transfer;
DROP FUNCTION ledger_refuse_unknown_account();
"""


def _account(related_name: str, label: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="ledger.ledgeraccount",
        verbose_name=label,
    )


class Migration(migrations.Migration):
    """Replaces two foreign keys by a trigger that promises the same."""

    dependencies = [("ledger", "0004_reversals")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AlterField("transfer", "debit_account", _account("debits", "debit")),
        migrations.AlterField("transfer", "credit_account", _account("credits", "credit")),
    ]
