"""Posting to the book. Everything here is a part of a use case, so it needs its caller's transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from flattr.transactions import required
from payouts.ledger import chart, sql
from payouts.ledger.models import LedgerAccount, Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A transfer that is to be posted; its key says which movement it is, however often it is asked for."""

    debit_account_id: int
    credit_account_id: int
    amount_micros: int
    kind: chart.TransferKind
    idempotency_key: str
    occurred_at: datetime


class NotEnoughBalance(ValueError):
    """The ledger account holds less than the transfers would take."""

    def __init__(self, account: LedgerAccount, missing_micros: int) -> None:
        super().__init__(f"amount_micros: {account} lacks {missing_micros} micros")
        self.account = account


class KeyReused(ValueError):
    """The idempotency key stands for another movement."""

    def __init__(self, key: str) -> None:
        super().__init__(f"idempotency_key: {key!r} was posted with other accounts or another amount")


@required
def open_account(*, kind: chart.Kind, owner: User | None = None) -> LedgerAccount:
    """Return the account of that kind, opened if need be."""
    owner_ids = [None if owner is None else owner.pk]
    return LedgerAccount.objects.get(pk=open_accounts(kind=kind, owner_ids=owner_ids)[owner_ids[0]])


@required
def open_accounts(*, kind: chart.Kind, owner_ids: Collection[int | None]) -> dict[int | None, int]:
    """Return the account ids of that kind by owner id, opening those that are missing."""
    known = _accounts_of(kind, owner_ids)
    missing = sorted((owner for owner in owner_ids if owner not in known), key=lambda owner: owner or 0)
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_ledgeraccount (kind, owner_id, debits_micros, credits_micros, created_at)"
                " SELECT %s, owner_id, 0, 0, now() FROM unnest(%s::bigint[]) AS owner_id ON CONFLICT DO NOTHING",
                [kind.value, missing],
            )
        known = _accounts_of(kind, owner_ids)
    return known


@required
def open_accounts_from(*, kind: chart.Kind, source: str, parameters: Mapping[str, Any]) -> None:
    """Open the accounts of that kind that are missing for the owners whom a query selects, as `owner_id`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_ledgeraccount (kind, owner_id, debits_micros, credits_micros, created_at)"  # noqa: S608  Our own queries.
            f" SELECT %(kind)s, owner_id, 0, 0, now() FROM ({source}) AS wanted WHERE NOT EXISTS"
            " (SELECT FROM ledger_ledgeraccount WHERE kind = %(kind)s AND owner_id = wanted.owner_id)"
            " ORDER BY owner_id ON CONFLICT DO NOTHING",
            {**parameters, "kind": kind.value},
        )


def _accounts_of(kind: chart.Kind, owner_ids: Collection[int | None]) -> dict[int | None, int]:
    # Arrays are given to the database as one value; Django's `in` makes a parameter of each member.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT owner_id, id FROM ledger_ledgeraccount WHERE kind = %s"
            " AND (owner_id = ANY(%s::bigint[]) OR (owner_id IS NULL AND %s))",
            [kind.value, [owner for owner in owner_ids if owner is not None], None in owner_ids],
        )
        return dict(cursor.fetchall())


@required
def lock_accounts(*, account_ids: Iterable[int]) -> None:
    """Lock accounts until the transaction ends.

    Everybody locks in the same order, so no deadlock can form. Accounts without an owner come last:
    they are the ones that many transactions want, so they should be held for the shortest time.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK.format(source=sql.ACCOUNTS), {"accounts": sorted(set(account_ids))})


@required
def post(*, postings: Sequence[Posting]) -> int:
    """Write transfers and move the counters; return how many were new.

    A transfer that was posted before, with the same accounts and amount, is left as it is.

    :raises NotEnoughBalance: if an account that must not be overdrawn would be. Nothing is written.
    :raises KeyReused: if a key was used for another movement.
    """
    if not postings:
        return 0
    _refuse_key_twice(postings)
    return post_from(
        source=sql.POSTINGS,
        parameters={
            "debits": [each.debit_account_id for each in postings],
            "credits": [each.credit_account_id for each in postings],
            "amounts": [each.amount_micros for each in postings],
            "kinds": [each.kind.value for each in postings],
            "keys": [each.idempotency_key for each in postings],
            "moments": [each.occurred_at for each in postings],
        },
    )


@required
def post_from(*, source: str, parameters: Mapping[str, Any]) -> int:
    """Write the transfers that a query selects, as `post` does: they never leave the database, however many they are.

    `source` selects a transfer's columns under their names (`debit_account_id`, `credit_account_id`,
    `amount_micros`, `kind`, `idempotency_key`, `occurred_at`), each key once, from rows that stay as they are.

    :raises NotEnoughBalance: if an account that must not be overdrawn would be. Nothing is written.
    :raises KeyReused: if a key was used for another movement.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK.format(source=source), parameters)
        cursor.execute(
            sql.POST.format(source=source), {**parameters, "never_overdrawn": sorted(chart.NEVER_OVERDRAWN)}
        )
        ((added, reused_key, overdrawn_id, missing_micros),) = cursor.fetchall()
    if reused_key is not None:
        raise KeyReused(reused_key)
    if overdrawn_id is not None:
        raise NotEnoughBalance(LedgerAccount.objects.get(pk=overdrawn_id), missing_micros)
    return int(added)


@required
def reverse(*, transfer: Transfer, occurred_at: datetime) -> None:
    """Post the mirror of a transfer; reversing it twice changes nothing.

    :raises NotEnoughBalance: if the money has moved on.
    """
    post(
        postings=[
            Posting(
                debit_account_id=transfer.credit_account_id,
                credit_account_id=transfer.debit_account_id,
                amount_micros=transfer.amount_micros,
                kind=chart.TransferKind.REVERSAL,
                idempotency_key=f"reversal:{transfer.pk}",
                occurred_at=occurred_at,
            )
        ]
    )


def _refuse_key_twice(postings: Sequence[Posting]) -> None:
    seen: set[str] = set()
    for posting in postings:
        if posting.idempotency_key in seen:
            raise KeyReused(posting.idempotency_key)
        seen.add(posting.idempotency_key)
