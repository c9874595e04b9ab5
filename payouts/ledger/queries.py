"""Reading the book."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from flattr import pages
from payouts.ledger import chart
from payouts.ledger.models import LedgerAccount, Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transfer seen from one account: its change and the balance after it, in micros."""

    kind: chart.TransferKind
    occurred_at: datetime
    change_micros: int
    balance_micros: int
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What transfers of one kind brought to an account in micros, or took from it, which is below 0."""

    kind: chart.TransferKind
    change_micros: int


def account_of(*, kind: chart.Kind, owner: User | None = None) -> LedgerAccount | None:
    """Return the account, or None where nothing was ever posted to it."""
    return LedgerAccount.objects.filter(kind=kind, owner=owner).first()


def balance_micros(*, kind: chart.Kind, owner: User | None = None) -> int:
    """Return what the account holds now, 0 where it was never opened."""
    account = account_of(kind=kind, owner=owner)
    return 0 if account is None else account.balance_micros


def transfer(*, idempotency_key: str) -> Transfer:
    """Return the transfer with that key.

    :raises Transfer.DoesNotExist: if it was never posted.
    """
    return Transfer.objects.get(idempotency_key=idempotency_key)


def balance_as_of(*, account: LedgerAccount, moment: datetime) -> int:
    """Return what the account held just before a moment, by what occurred before it."""
    return _balance(account, Q(occurred_at__lt=moment))


def _balance(account: LedgerAccount, earlier: Q) -> int:
    own = Q(debit_account=account) | Q(credit_account=account)
    sums = Transfer.objects.filter(own, earlier).aggregate(
        debits=Sum("amount_micros", filter=Q(debit_account=account)),
        credits=Sum("amount_micros", filter=Q(credit_account=account)),
    )
    difference = (sums["credits"] or 0) - (sums["debits"] or 0)
    return -difference if account.kind in chart.GROWS_BY_DEBIT else difference


def entries(
    *, account: LedgerAccount, start: datetime, end: datetime, place: pages.Place | None = None
) -> tuple[int, pages.Page[Entry]]:
    """Return the entries from `start` until before `end`, oldest first, or a page of them, and the balance before."""
    own = Q(debit_account=account) | Q(credit_account=account)
    transfers = pages.cut(
        Transfer.objects.filter(own, occurred_at__gte=start, occurred_at__lt=end).order_by("occurred_at", "id"),
        place=place,
    )
    earlier = Q(occurred_at__lt=start)
    if not transfers.is_first:
        first = transfers.rows[0]
        earlier = Q(occurred_at__lt=first.occurred_at) | Q(occurred_at=first.occurred_at, id__lt=first.pk)
    balance = opening = _balance(account, earlier)
    sign = -1 if account.kind in chart.GROWS_BY_DEBIT else 1
    found: list[Entry] = []
    for transfer in transfers:
        change = sign * transfer.amount_micros * (1 if transfer.credit_account_id == account.pk else -1)
        balance += change
        found.append(
            Entry(
                kind=chart.TransferKind(transfer.kind),
                occurred_at=transfer.occurred_at,
                change_micros=change,
                balance_micros=balance,
                idempotency_key=transfer.idempotency_key,
            )
        )
    return opening, transfers.showing(found)


def changes(*, account: LedgerAccount, start: datetime, end: datetime) -> list[Change]:
    """Return by how much each kind of transfer changed the balance from `start` until before `end`.

    The kinds come in the chart's order. What came and what left by one kind stand apart.
    """
    sums = (
        Transfer.objects.filter(
            Q(debit_account=account) | Q(credit_account=account), occurred_at__gte=start, occurred_at__lt=end
        )
        .values("kind")
        .annotate(
            debits=Coalesce(Sum("amount_micros", filter=Q(debit_account=account)), 0),
            credits=Coalesce(Sum("amount_micros", filter=Q(credit_account=account)), 0),
        )
    )
    sign = -1 if account.kind in chart.GROWS_BY_DEBIT else 1
    found = {row["kind"]: (sign * int(row["credits"]), -sign * int(row["debits"])) for row in sums}
    return [
        Change(kind=kind, change_micros=micros)
        for kind in chart.TransferKind
        for micros in sorted(found.get(kind, ()), reverse=True)
        if micros
    ]
