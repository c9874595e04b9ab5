"""Every night: what the provider's book says is compared with ours, and what differs is shown to staff."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db.models import Max

from accounts.models import User
from flattr import money
from flattr.transactions import durable
from payouts.gateway import Movement, OrderRefused, ProviderUnavailable, get_gateway
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import ProcessorMovement, ReconciliationItem
from payouts.operations import deposits, events, moments, payouts, refunds
from payouts.queries import due, reconciliation
from payouts.queries.reconciliation import OWN, Difference

EVENTS_BACK: Final = timedelta(hours=48)
MOVEMENTS_BACK: Final = timedelta(days=3)
"""How far before the newest line that is known the provider's book is read again."""

logger = logging.getLogger(__name__)


class NoteMissing(ValueError):
    """Who resolves a difference must say what it was."""


def reconcile(*, now: datetime) -> list[ReconciliationItem]:
    """Catch up with what we missed, compare the books, and return the differences that are open.

    Safe to run twice.

    :raises ProviderUnavailable: if the provider can't be asked to the end.
    """
    events.fetch_missed(since=now - EVENTS_BACK, now=now)
    _ask_again(now)
    newest = ProcessorMovement.objects.aggregate(newest=Max("occurred_at"))["newest"]
    since = newest - MOVEMENTS_BACK if newest else datetime.fromtimestamp(0, now.tzinfo)
    gateway = get_gateway()
    keep_movements(movements=gateway.movements(since=since), now=now)
    balance = gateway.balance_cents()
    if balance is None:
        # The provider keeps no book.
        return []
    differs = reconciliation.balance_difference(balance_cents=balance)
    found = [*reconciliation.differences(now=now), *filter(None, [differs])]
    return keep_differences(found=found, now=now)


def _ask_again(now: datetime) -> None:
    """Ask about every movement that is open; one that can't be asked about stops no other."""
    asks: list[Callable[[], object]] = [
        *(partial(deposits.collect_deposit, deposit_id=each, now=now) for each in due.open_deposits()),
        *(partial(refunds.advance_refund, refund_id=each, now=now) for each in due.open_refunds()),
        *(partial(payouts.advance_payout, payout_id=each, now=now) for each in due.open_payouts()),
    ]
    for ask in asks:
        try:
            ask()
        except (OrderRefused, ProviderUnavailable) as error:
            logger.warning("A movement can't be asked about now: %s", error)


@durable
def keep_movements(*, movements: Iterable[Movement], now: datetime) -> None:
    """Keep the lines of the provider's book, and book those that are about the platform's own affairs."""
    rows = [
        ProcessorMovement(
            id=each.id,
            kind=each.kind,
            subject=each.subject,
            amount_cents=each.amount_cents,
            fee_cents=each.fee_cents,
            occurred_at=each.occurred_at,
        )
        for each in movements
    ]
    ProcessorMovement.objects.bulk_create(rows, ignore_conflicts=True)
    moment = moments.open_moment(wanted=now, now=now)
    ledger.post(
        postings=[_own_posting(row, moment) for row in rows if row.kind in OWN and row.amount_cents != row.fee_cents]
    )


@durable
def keep_differences(*, found: Iterable[Difference], now: datetime) -> list[ReconciliationItem]:
    """Note the differences that are new, end those that are gone, and return all that are open, oldest first."""
    still = {(each.kind.value, each.subject): each for each in found}
    for item in ReconciliationItem.objects.select_for_update().filter(ended_at__isnull=True):
        difference = still.pop((item.kind, item.subject), None)
        if difference is None:
            item.ended_at = now
            item.save(update_fields=["ended_at"])
        elif item.difference_cents != difference.cents:
            item.detail, item.difference_cents = difference.detail, difference.cents
            item.save(update_fields=["detail", "difference_cents"])
    resolved = set(
        ReconciliationItem.objects.filter(ended_by__isnull=False).values_list("kind", "subject", "difference_cents")
    )
    ReconciliationItem.objects.bulk_create(
        ReconciliationItem(
            kind=each.kind, subject=each.subject, detail=each.detail, difference_cents=each.cents, since=now
        )
        for each in still.values()
        if (each.kind.value, each.subject, each.cents) not in resolved
    )
    return list(ReconciliationItem.objects.filter(ended_at__isnull=True).order_by("since", "id"))


@durable
def resolve_item(*, item_id: int, staff: User, note: str, now: datetime) -> None:
    """Set a difference aside with a note of what it was; it comes up again only if it changes.

    :raises NoteMissing: if the note is empty.
    """
    if not note.strip():
        msg = "note: say what it was, for whoever reads the books"
        raise NoteMissing(msg)
    item = ReconciliationItem.objects.select_for_update().get(pk=item_id)
    if item.ended_at is None:
        item.ended_at, item.ended_by, item.note = now, staff, note.strip()
        item.save(update_fields=["ended_at", "ended_by", "note"])


def _own_posting(row: ProcessorMovement, moment: datetime) -> ledger.Posting:
    """Return what a line about the platform's own affairs is in our book."""
    kind = OWN[row.kind]
    debit, credit = chart.ROUTES[kind]
    return ledger.Posting(
        debit_account_id=ledger.open_account(kind=debit).pk,
        credit_account_id=ledger.open_account(kind=credit).pk,
        amount_micros=money.cents_to_micros(abs(row.amount_cents - row.fee_cents)),
        kind=kind,
        idempotency_key=f"movement:{row.pk}",
        occurred_at=moment,
    )
