"""The statements that post transfers. Each has a place for `source`, the query that selects them."""

from typing import Final

POSTINGS: Final = """
    SELECT * FROM unnest(%(debits)s::bigint[], %(credits)s::bigint[], %(amounts)s::bigint[], %(kinds)s::text[],
                         %(keys)s::text[], %(moments)s::timestamptz[])
    AS posting (debit_account_id, credit_account_id, amount_micros, kind, idempotency_key, occurred_at)
"""

ACCOUNTS: Final = "SELECT id AS debit_account_id, id AS credit_account_id FROM unnest(%(accounts)s::bigint[]) AS id"
"""Stands for transfers where accounts are only to be locked."""

_GIVEN: Final = "WITH given AS MATERIALIZED ({source})"

LOCK: Final = f"""{_GIVEN}
    SELECT FROM ledger_ledgeraccount
    WHERE id IN (SELECT debit_account_id FROM given UNION SELECT credit_account_id FROM given)
    ORDER BY owner_id IS NULL, id FOR NO KEY UPDATE"""

POST: Final = f"""{_GIVEN}, known AS MATERIALIZED (
        SELECT given.*, posted.id IS NULL AS is_new,
               (given.debit_account_id, given.credit_account_id, given.amount_micros)
               <> (posted.debit_account_id, posted.credit_account_id, posted.amount_micros) AS is_another
        FROM given LEFT JOIN ledger_transfer AS posted USING (idempotency_key)),
    change AS MATERIALIZED (
        SELECT account_id, sum(debit)::bigint AS debits, sum(credit)::bigint AS credits FROM (
            SELECT debit_account_id AS account_id, amount_micros AS debit, 0 AS credit FROM known WHERE is_new
            UNION ALL SELECT credit_account_id, 0, amount_micros FROM known WHERE is_new) AS side
        GROUP BY account_id),
    refused AS MATERIALIZED (
        SELECT idempotency_key, NULL::bigint AS account_id, NULL::bigint AS missing_micros
        FROM known WHERE is_another
        UNION ALL
        SELECT NULL, account.id, account.debits_micros + debits - account.credits_micros - credits
        FROM change JOIN ledger_ledgeraccount AS account ON account.id = account_id
        WHERE account.kind = ANY(%(never_overdrawn)s)
              AND account.debits_micros + debits > account.credits_micros + credits
        ORDER BY 1 NULLS LAST, 2 LIMIT 1),
    moved AS (
        UPDATE ledger_ledgeraccount AS account
        SET debits_micros = debits_micros + debits, credits_micros = credits_micros + credits
        FROM change WHERE account.id = account_id AND NOT EXISTS (SELECT FROM refused)),
    added AS (
        INSERT INTO ledger_transfer
            (debit_account_id, credit_account_id, amount_micros, kind, idempotency_key, occurred_at)
        SELECT debit_account_id, credit_account_id, amount_micros, kind, idempotency_key, occurred_at FROM known
        WHERE is_new AND NOT EXISTS (SELECT FROM refused) RETURNING 1)
    SELECT (SELECT count(*) FROM added), idempotency_key, account_id, missing_micros
    FROM (SELECT) AS once LEFT JOIN refused ON true"""
"""Moves the counters and inserts what is new of the transfers, or does nothing and tells what refuses them."""
