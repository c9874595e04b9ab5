"""Proof that the book agrees with itself, recomputed from the transfers alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection

from flattr.transactions import savepoint
from payouts.ledger import chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that doesn't hold: which rule, and where."""

    rule: str
    detail: str

    def __str__(self) -> str:
        """Write the finding as one line."""
        return f"{self.rule}: {self.detail}"


_ROUTES: Final = ", ".join(f"('{kind}', '{debit}', '{credit}')" for kind, (debit, credit) in chart.ROUTES.items())

_NAMED: Final = """
    CASE WHEN reversal.idempotency_key ~ '^reversal:[1-9][0-9]{0,17}$'
         THEN substr(reversal.idempotency_key, 10)::bigint END
    """
"""The id of the transfer that a reversal's key names, written in one way alone, so that each is reversed once."""

_TAKEN_BACK: Final = f"""
    WITH RECURSIVE chain (transfer_id, latest_id, reversals) AS (
        SELECT named.id, reversal.id, 1 FROM ledger_transfer AS reversal
        JOIN ledger_transfer AS named ON named.id = {_NAMED} AND named.kind <> 'reversal'
        WHERE reversal.kind = 'reversal'
        UNION ALL
        SELECT chain.transfer_id, reversal.id, chain.reversals + 1 FROM chain
        JOIN ledger_transfer AS reversal ON reversal.kind = 'reversal' AND {_NAMED} = chain.latest_id)
    SELECT coalesce(array_agg(transfer_id), '{{}}') FROM (
        SELECT transfer_id FROM chain GROUP BY transfer_id HAVING max(reversals) % 2 = 1) AS odd
    """  # noqa: S608  Both parts are written here.

TAKEN_BACK: Final = "ARRAY[:taken_back]"
"""Stands in rules for the ids of the transfers that count as never posted: reversed, and the reversal not reversed.

They are few, and looked for once for all rules: a rule with that query in it is given to one process alone."""

RULES: Final[Mapping[str, str]] = {
    "counters equal the sums of transfers": """
        SELECT format('account %s (%s) counts %s and %s, its transfers sum to %s and %s', account.id, account.kind,
                      account.debits_micros, account.credits_micros,
                      coalesce(moved.debits, 0), coalesce(moved.credits, 0))
        FROM ledger_ledgeraccount AS account
        LEFT JOIN (SELECT id, sum(debit) AS debits, sum(credit) AS credits
                   -- Of one type on both sides, as only then each process sums its part of them.
                   FROM (SELECT debit_account_id AS id, amount_micros AS debit, 0::bigint AS credit
                         FROM ledger_transfer
                         UNION ALL
                         SELECT credit_account_id, 0::bigint, amount_micros FROM ledger_transfer) AS side
                   GROUP BY id) AS moved USING (id)
        WHERE (account.debits_micros, account.credits_micros)
              <> (coalesce(moved.debits, 0), coalesce(moved.credits, 0))
        """,
    "all debits equal all credits": """
        SELECT format('debits are %s, credits are %s', sum(debits_micros), sum(credits_micros))
        FROM ledger_ledgeraccount HAVING sum(debits_micros) <> sum(credits_micros)
        """,
    "every transfer goes the way of its kind": f"""
        SELECT format('transfer %s is a %s from %s to %s', transfer.id, transfer.kind, debit.kind, credit.kind)
        FROM ledger_transfer AS transfer
        JOIN ledger_ledgeraccount AS debit ON debit.id = transfer.debit_account_id
        JOIN ledger_ledgeraccount AS credit ON credit.id = transfer.credit_account_id
        WHERE transfer.kind <> 'reversal' AND (transfer.kind, debit.kind, credit.kind) NOT IN (VALUES {_ROUTES})
              AND transfer.id <> ALL ({TAKEN_BACK})
        """,  # noqa: S608  All parts are ours.
    "every reversal mirrors the transfer that its key names": f"""
        SELECT format('transfer %s moves %s micros from account %s to %s as %s, which names no transfer of that much'
                      ' the other way', reversal.id, reversal.amount_micros, reversal.debit_account_id,
                      reversal.credit_account_id, reversal.idempotency_key)
        FROM ledger_transfer AS reversal LEFT JOIN ledger_transfer AS named ON named.id = {_NAMED}
        WHERE reversal.kind = 'reversal'
              AND (reversal.debit_account_id, reversal.credit_account_id, reversal.amount_micros)
                  IS DISTINCT FROM (named.credit_account_id, named.debit_account_id, named.amount_micros)
        """,  # noqa: S608
    "no balance is below zero where its kind forbids it": """
        SELECT format('account %s (%s) is overdrawn', id, kind) FROM ledger_ledgeraccount
        WHERE kind IN ('fan_balance', 'settlement_clearing', 'creator_balance', 'payouts_in_transit', 'disputed')
              AND debits_micros > credits_micros
        """,
}
"""Each rule with the query for what breaks it: one line of text a row, no row where it holds."""


_FOR_ALL_CORES: Final = """
    SET LOCAL parallel_setup_cost = 0;
    SET LOCAL parallel_tuple_cost = 0;
    SET LOCAL work_mem = '64MB'
    """
"""The planner takes most rows to break a rule, and their way from one process to another to cost more than what two
processes save. None do. Until the transaction ends, as `LOCAL` says."""


def check(rules: Mapping[str, str] = RULES, *, limit: int = 20) -> list[Finding]:
    """Return what breaks these rules, at most `limit` findings a rule; nothing means that all holds."""
    findings: list[Finding] = []
    with savepoint(), connection.cursor() as cursor:
        cursor.execute(_FOR_ALL_CORES)
        cursor.execute(_TAKEN_BACK)
        (taken_back,) = cursor.fetchone()
        for rule, query in rules.items():
            cursor.execute(query.replace(TAKEN_BACK, f"'{{{','.join(map(str, taken_back))}}}'::bigint[]"))
            findings += [Finding(rule=rule, detail=detail) for (detail,) in cursor.fetchmany(limit)]
    return findings
