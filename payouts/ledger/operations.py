"""Posting to the book. Everything here is a part of a use case, so it needs its caller's transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from flattr.transactions import required
from payouts.ledger import chart
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
    if owner_ids == [None]:
        found = LedgerAccount.objects.filter(kind=kind, owner__isnull=True)
    else:
        found = LedgerAccount.objects.filter(kind=kind, owner_id__in=owner_ids)
    known: dict[int | None, int] = dict(found.values_list("owner_id", "id"))
    missing = sorted((owner for owner in owner_ids if owner not in known), key=lambda owner: owner or 0)
    if missing:
        LedgerAccount.objects.bulk_create(
            [LedgerAccount(kind=kind, owner_id=owner) for owner in missing],
            ignore_conflicts=True,
            batch_size=5000,
        )
        known = dict(found.all().values_list("owner_id", "id"))
    return known


@required
def lock_accounts(*, account_ids: Iterable[int]) -> dict[int, LedgerAccount]:
    """Lock accounts until the transaction ends and return them by id.

    Everybody locks in the same order, so no deadlock can form. Accounts without an owner come last:
    they are the ones that many transactions want, so they should be held for the shortest time.
    """
    locked = (
        LedgerAccount.objects.filter(id__in=sorted(set(account_ids)))
        .extra(select={"is_shared": "owner_id IS NULL"}, order_by=["is_shared", "id"])
        .select_for_update(no_key=True, of=("self",))
    )
    return {account.pk: account for account in locked}


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
    accounts = lock_accounts(
        account_ids={id_ for each in postings for id_ in (each.debit_account_id, each.credit_account_id)}
    )
    known = _known_transfers(postings)
    new = [each for each in postings if each.idempotency_key not in known]
    _refuse_other_movement(postings, known)
    changes = _changes_of(new)
    for account_id, (debits, credits_) in changes.items():
        account = accounts[account_id]
        missing = debits - credits_ - account.balance_micros
        if account.kind in chart.NEVER_OVERDRAWN and missing > 0:
            raise NotEnoughBalance(account, missing)
    _insert(new)
    _move_counters(changes)
    return len(new)


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


def _known_transfers(postings: Sequence[Posting]) -> dict[str, tuple[int, int, int]]:
    """Return what was posted under these keys before: both accounts and the amount, by key."""
    rows = Transfer.objects.filter(idempotency_key__in=[each.idempotency_key for each in postings]).values_list(
        "idempotency_key", "debit_account_id", "credit_account_id", "amount_micros"
    )
    return {key: (debit, credit, amount) for key, debit, credit, amount in rows}


def _refuse_other_movement(postings: Sequence[Posting], known: dict[str, tuple[int, int, int]]) -> None:
    for each in postings:
        movement = (each.debit_account_id, each.credit_account_id, each.amount_micros)
        if known.get(each.idempotency_key, movement) != movement:
            raise KeyReused(each.idempotency_key)


def _changes_of(postings: Sequence[Posting]) -> dict[int, tuple[int, int]]:
    """Return the rise of each account's debits and credits in micros, by account id."""
    debits: dict[int, int] = defaultdict(int)
    credits_: dict[int, int] = defaultdict(int)
    for each in postings:
        debits[each.debit_account_id] += each.amount_micros
        credits_[each.credit_account_id] += each.amount_micros
    return {id_: (debits[id_], credits_[id_]) for id_ in {*debits, *credits_}}


def _insert(postings: Sequence[Posting]) -> None:
    """Write all rows in one statement, whose unique keys are what makes posting twice impossible."""
    columns: list[Any] = [
        [each.debit_account_id for each in postings],
        [each.credit_account_id for each in postings],
        [each.amount_micros for each in postings],
        [each.kind.value for each in postings],
        [each.idempotency_key for each in postings],
        [each.occurred_at for each in postings],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_transfer"
            " (debit_account_id, credit_account_id, amount_micros, kind, idempotency_key, occurred_at)"
            " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],"
            " %s::timestamptz[])",
            columns,
        )


def _move_counters(changes: dict[int, tuple[int, int]]) -> None:
    """Raise the counters of all accounts in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_ledgeraccount AS account"
            " SET debits_micros = account.debits_micros + change.debits,"
            " credits_micros = account.credits_micros + change.credits"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS change (id, debits, credits)"
            " WHERE account.id = change.id",
            [
                list(changes),
                [debits for debits, _ in changes.values()],
                [credits_ for _, credits_ in changes.values()],
            ],
        )
