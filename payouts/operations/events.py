"""What the provider told us of. An event is a hint: what it names is looked at again, and nothing in it is booked."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.db.models import Q

from accounts.models import User
from flattr.transactions import durable
from payouts.gateway import Event, EventRefused, ProviderUnavailable, get_gateway
from payouts.models import Deposit, Payout, PayoutAccount, Refund, StripeEvent
from payouts.operations import accounts, deposits, disputes, fraud, methods, moments, payouts, refunds
from payouts.queries import due

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""How long an event waits after each attempt; after later ones as long as after the last of these."""

KEPT_FOR: Final = timedelta(days=60)
"""Twice as long as Stripe remembers an event, so that a forgotten one is never fetched as a new one."""

_STORED_AT_ONCE: Final = 500

logger = logging.getLogger(__name__)


class NotOurs(LookupError):
    """An event names nothing that we have, or not yet."""

    def __init__(self, event: StripeEvent) -> None:
        super().__init__(f"{event.subject or 'what it tells of'} is nothing that we know")


class ReasonMissing(ValueError):
    """Whoever sets an event aside must say why."""


def receive(*, event: Event, now: datetime) -> None:
    """Keep an event to be handled; one that has come before is kept once.

    :raises EventRefused: if it is of test mode and we aren't, or the other way round.
    """
    if event.is_live != get_gateway().moves_real_money:
        msg = "livemode: test mode and live mode don't mix"
        raise EventRefused(msg)
    _store([event], now=now)


def fetch_missed(*, since: datetime, now: datetime) -> int:
    """Keep what the provider remembers since then and we don't have, as if it had come; return how many that are.

    :raises ProviderUnavailable: if it can't be asked to the end; what it has told until then is kept.
    """
    remembered, missed = iter(get_gateway().events(since=since)), 0
    while some := list(islice(remembered, _STORED_AT_ONCE)):
        known = set(StripeEvent.objects.filter(pk__in=[event.id for event in some]).values_list("pk", flat=True))
        fresh = [event for event in some if event.id not in known]
        _store(fresh, now=now)
        missed += len(fresh)
    if missed:
        logger.warning("%s events hadn't come by themselves since %s", missed, since)
    return missed


@durable
def _store(events: Iterable[Event], *, now: datetime) -> None:
    StripeEvent.objects.bulk_create(
        [
            StripeEvent(
                id=event.id,
                kind=event.kind,
                account=event.account,
                api_version=event.api_version,
                subject=event.subject,
                movement_id=event.movement_id,
                customer=event.customer,
                occurred_at=event.occurred_at,
                received_at=now,
                payload=event.payload,
            )
            for event in events
        ],
        ignore_conflicts=True,
    )


def handle(*, event_id: str, now: datetime) -> None:
    """Look again at what an event names, if it is due and nobody else is at it.

    Whatever goes wrong, the event waits and is tried again with growing pauses; nobody holds a transaction while
    the provider is asked.
    """
    event = _claim(event_id=event_id, now=now)
    if event is None:
        return
    handler = _handler_of(event.kind)
    if handler is None:
        _end(event, state=StripeEvent.State.IGNORED, now=now)
        return
    try:
        handler(event, now)
    except (NotOurs, disputes.NotOurDeposit, moments.BeingSettled, ProviderUnavailable) as error:
        logger.info("%s waits: %s", event, error)
        _wait(event, error=error)
    except Exception as error:
        # Whatever is wrong with this one, it isn't lost, and an alarm tells of it.
        logger.exception("%s was not handled", event)
        _wait(event, error=error)
    else:
        _end(event, state=StripeEvent.State.HANDLED, now=now)


@durable
def try_again(*, event_ids: Sequence[str]) -> int:
    """Let events be handled anew, whatever became of them, as if they had just come; return how many they are."""
    return StripeEvent.objects.filter(pk__in=event_ids).update(
        state=StripeEvent.State.NEW, attempts=0, due_at=None, error="", handled_at=None
    )


@durable
def set_aside(*, event_ids: Sequence[str], reviewer: User, reason: str, now: datetime) -> int:
    """Let those of the events be that are still to be handled, and keep who says so and why; return how many.

    :raises ReasonMissing: if the reason is empty.
    """
    if not reason.strip():
        msg = "reason: say why nobody needs to look"
        raise ReasonMissing(msg)
    return StripeEvent.objects.filter(pk__in=event_ids, state__in=StripeEvent.OPEN_STATES).update(
        state=StripeEvent.State.IGNORED, due_at=None, error=f"{reviewer.email}: {reason.strip()}", handled_at=now
    )


@durable
def forget(*, now: datetime) -> int:
    """Delete the events that came more than 60 days ago and are done with; return how many they were."""
    old = StripeEvent.objects.filter(received_at__lt=now - KEPT_FOR).exclude(state__in=StripeEvent.OPEN_STATES)
    number, _by_model = old.delete()
    return number


@durable
def _claim(*, event_id: str, now: datetime) -> StripeEvent | None:
    """Return the event if it is due, and let nobody else have it until its pause is over.

    So one whose worker dies is tried again.
    """
    event = due.due_events(now=now).select_for_update(skip_locked=True).filter(pk=event_id).first()
    if event is None:
        return None
    event.due_at = now + PAUSES[min(event.attempts, len(PAUSES) - 1)]
    event.attempts += 1
    event.save(update_fields=["due_at", "attempts"])
    return event


@durable
def _wait(event: StripeEvent, *, error: Exception) -> None:
    StripeEvent.objects.filter(pk=event.pk, state__in=StripeEvent.OPEN_STATES).update(
        state=StripeEvent.State.WAITING, error=f"{type(error).__name__}: {error}"
    )


@durable
def _end(event: StripeEvent, *, state: StripeEvent.State, now: datetime) -> None:
    StripeEvent.objects.filter(pk=event.pk, state__in=StripeEvent.OPEN_STATES).update(
        state=state, due_at=None, error="", handled_at=now
    )


def _row_ids(event: StripeEvent) -> list[str]:
    """Return the id of our row that an event names, where it names one."""
    return [event.movement_id] if event.movement_id else []


def _look_at_deposit(event: StripeEvent, now: datetime) -> None:
    """Look at the deposit that a payment is for."""
    deposit = Deposit.objects.filter(pk__in=_row_ids(event)).first()
    if deposit is None:
        raise NotOurs(event)
    deposits.collect_deposit(deposit_id=deposit.pk, now=now)


def _look_at_page(event: StripeEvent, now: datetime) -> None:
    """Look at the deposit that is paid on a page, or at what a fan has saved on one."""
    look = _look_at_deposit if event.movement_id else _look_at_method
    look(event, now)


def _look_at_refunds(event: StripeEvent, now: datetime) -> None:
    """Look at a refund, or where an event tells the deposit alone, at all of its refunds."""
    own = _row_ids(event)
    found = list(Refund.objects.filter(Q(pk__in=own) | Q(deposit__in=own)).values_list("pk", flat=True))
    if not found:
        raise NotOurs(event)
    for refund_id in found:
        refunds.advance_refund(refund_id=refund_id, now=now)


def _look_at_dispute(event: StripeEvent, now: datetime) -> None:
    """Look at what a bank takes back."""
    disputes.look_at_dispute(reference=event.subject, now=now)


def _heed_warning(event: StripeEvent, now: datetime) -> None:
    """Heed a bank's early warning, and send what is paid back because of it."""
    refund = fraud.heed_warning(reference=event.subject, now=now)
    if refund is not None:
        refunds.advance_refund(refund_id=refund.pk, now=now)


def _look_at_payout(event: StripeEvent, now: datetime) -> None:
    """Look at the payout that a transfer is for."""
    payout = Payout.objects.filter(pk__in=_row_ids(event)).first()
    if payout is None:
        raise NotOurs(event)
    payouts.advance_payout(payout_id=payout.pk, now=now)


def _look_at_account(event: StripeEvent, now: datetime) -> None:
    """Look at the account of a creator, which is what the event is about or where it happened."""
    names = [event.subject, event.account]
    known = PayoutAccount.objects.filter(account__in=names).first()
    if known is not None:
        accounts.look_at_account(account=known.account, now=now)
    elif not PayoutAccount.objects.filter(former__has_any_keys=names).exists():
        # Of one that was replaced there is nothing more to know.
        raise NotOurs(event)


def _look_at_method(event: StripeEvent, now: datetime) -> None:
    """Look at what a fan has saved to pay by."""
    if not event.customer or not methods.look_at_customer(customer=event.customer, now=now):
        raise NotOurs(event)


HANDLERS: Final[Mapping[str, Callable[[StripeEvent, datetime], None]]] = {
    "checkout.session.": _look_at_page,
    "payment_intent.": _look_at_deposit,
    "charge.": _look_at_deposit,
    "charge.refund": _look_at_refunds,
    "charge.dispute.": _look_at_dispute,
    "refund.": _look_at_refunds,
    "radar.early_fraud_warning.": _heed_warning,
    "payment_method.": _look_at_method,
    "setup_intent.": _look_at_method,
    "transfer.": _look_at_payout,
    "payout.": _look_at_account,
    "account.updated": _look_at_account,
    "account.application.deauthorized": _look_at_account,
    "v2.core.account.": _look_at_account,
    "v2.core.account[": _look_at_account,
}
"""Who looks at what an event of a kind names, by how the kind begins; the longest beginning counts."""


def _handler_of(kind: str) -> Callable[[StripeEvent, datetime], None] | None:
    beginnings = [beginning for beginning in HANDLERS if kind.startswith(beginning)]
    return HANDLERS[max(beginnings, key=len)] if beginnings else None
