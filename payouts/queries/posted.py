"""Queries that compare what was posted with the documents that say what has to be."""

from typing import Final

from payouts.ledger import integrity

_POSTED: Final = f"""
    SELECT transfer.idempotency_key AS key, transfer.kind, transfer.amount_micros AS micros,
           coalesce(debit.owner_id, credit.owner_id) AS owner_id
    FROM ledger_transfer AS transfer
    JOIN ledger_ledgeraccount AS debit ON debit.id = transfer.debit_account_id
    JOIN ledger_ledgeraccount AS credit ON credit.id = transfer.credit_account_id
    WHERE transfer.id <> ALL ({integrity.TAKEN_BACK})
    """  # noqa: S608  Both parts are ours.
"""What was posted and not taken back: a wrong transfer that was reversed needs no document."""


def posted_as_documented(documents: str, *kinds: str) -> str:
    """Return a query for the transfers of these kinds that have no document, differ from it, or are missing.

    `documents` selects the key, kind and owner of each transfer that there must be, and its micros.
    """
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return f"""
        SELECT format('%s: documented are %s micros as %s for user %s, posted %s micros as %s for user %s', key,
                      coalesce(document.micros, 0), coalesce(document.kind, 'nothing'),
                      coalesce(document.owner_id::text, 'nobody'),
                      coalesce(posted.micros, 0), coalesce(posted.kind, 'nothing'),
                      coalesce(posted.owner_id::text, 'nobody'))
        FROM ({documents}) AS document
        FULL JOIN ({_POSTED} AND transfer.kind IN ({listed})) AS posted USING (key)
        WHERE (document.kind, document.owner_id, document.micros)
              IS DISTINCT FROM (posted.kind::text, posted.owner_id, posted.micros)
        """  # noqa: S608  All parts are written below, none comes from outside.
