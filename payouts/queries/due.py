"""What is still to be done with money, and what should have been done by now."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet

from accounts import queries as accounts_queries
from accounts.models import Notification
from buttons import queries as buttons_queries
from buttons.queries import discovery, trust
from buttons.queries import standing as standing_queries
from flattr.period import Period
from payouts.models import Deposit, Payout, PayoutAccount, Refund, Settlement, StripeEvent

SETTLEMENT_DUE_AFTER: Final = timedelta(hours=12)
ANNOUNCEMENT_DUE_AFTER: Final = timedelta(hours=6)
HELD_DUE_AFTER: Final = timedelta(days=1)
PAYOUT_DUE_AFTER: Final = timedelta(days=2)
REVIEW_DUE_AFTER: Final = timedelta(days=2)
DEPOSIT_DUE_AFTER: Final = timedelta(days=2)
DEBIT_DUE_AFTER: Final = timedelta(days=16)
NOTIFICATION_DUE_AFTER: Final = timedelta(hours=6)
EVENT_DUE_AFTER: Final = timedelta(hours=1)
CLOSING_DUE_AFTER: Final = timedelta(days=14)
HEAT_DUE_AFTER: Final = timedelta(hours=6)
STANDING_CLICKS_DUE_AFTER: Final = timedelta(hours=6)


def unsettled_periods(*, until: Period) -> dict[Period, bool]:
    """Return the periods up to and with `until` that lack a finished settlement, oldest first; True if it is opened.

    They begin with the first click, so no month is ever forgotten, whatever was settled since.
    """
    settled = dict(Settlement.objects.filter(period__lte=until).values_list("period", "finished_at"))
    opened = [period for period, finished_at in settled.items() if finished_at is None]
    begins = [*opened, *filter(None, [buttons_queries.first_period()])]
    found: dict[Period, bool] = {}
    period = min(begins, default=until.next)
    while period <= until:
        if settled.get(period) is None:
            found[period] = period in settled
        period = period.next
    return found


def due_periods(*, now: datetime) -> list[Period]:
    """Return the periods that are over and lack a finished settlement, oldest first."""
    return list(unsettled_periods(until=Period.at(now).previous))


def open_deposits(*, started_before: datetime | None = None) -> list[uuid.UUID]:
    """Return the deposits whose outcome isn't known, all or those of before a moment, oldest first."""
    deposits = Deposit.objects.filter(state__in=Deposit.OPEN_STATES)
    if started_before is not None:
        deposits = deposits.filter(started_at__lt=started_before)
    return list(deposits.order_by("started_at").values_list("id", flat=True))


def open_refunds() -> list[uuid.UUID]:
    """Return the refunds whose outcome isn't known, oldest first."""
    return list(
        Refund.objects.filter(state=Refund.State.REQUESTED).order_by("requested_at").values_list("id", flat=True)
    )


def open_payouts() -> list[uuid.UUID]:
    """Return the payouts that a worker has to go on with: those to be sent, then those to be given back."""
    unsent = Payout.objects.filter(state__in=[Payout.State.APPROVED, Payout.State.SENDING])
    hopeless = Payout.objects.filter(
        state=Payout.State.REQUESTED, creator__payout_account__state__in=PayoutAccount.CLOSED_STATES
    )
    return [
        payout_id
        for payouts in (unsent, hopeless)
        for payout_id in payouts.order_by("requested_at").values_list("id", flat=True)
    ]


def due_events(*, now: datetime) -> "QuerySet[StripeEvent]":
    """Return the provider's events that are to be handled and aren't waiting for another try, oldest first."""
    is_due = Q(due_at=None) | Q(due_at__lte=now)
    return StripeEvent.objects.filter(is_due, state__in=StripeEvent.OPEN_STATES).order_by("received_at")


def accounts_to_look_at() -> list[str]:
    """Return the provider's names of the accounts that aren't ready and may become so."""
    waiting = [PayoutAccount.State.PENDING, PayoutAccount.State.NEEDS_CREATOR]
    return list(
        PayoutAccount.objects.filter(state__in=waiting).order_by("looked_at").values_list("account", flat=True)
    )


def overdue(*, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield a short subject and a sentence for everything that should have been done by now."""
    yield from _overdue_settlements(now)
    yield from _overdue_movements(now)
    yield from _overdue_payouts(now)
    yield from _overdue_events(now)
    yield from _overdue_clicks(now)
    for closing in accounts_queries.due_closings(now=now - CLOSING_DUE_AFTER):
        yield f"closing:{closing.pk}", f"The account {closing.pk} should be closed for more than two weeks."
    for standing in trust.frozen_by_rule():
        yield f"site:{standing.pk}", f"{standing.origin} is frozen, and nobody has decided about it."
    counted_until = discovery.counted_until()
    if counted_until is not None and counted_until < now - HEAT_DUE_AFTER:
        yield "trending", "What is trending was not counted for more than six hours."
    unsent = Notification.objects.filter(sent_at__isnull=True, created_at__lt=now - NOTIFICATION_DUE_AFTER).count()
    if unsent:
        yield "notifications", f"{unsent} emails are unsent for more than six hours."


def _overdue_clicks(now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the clicks that should be repeated this month by now."""
    period = Period.at(now)
    if now >= period.start + STANDING_CLICKS_DUE_AFTER:
        unmade = standing_queries.due(period=period).count()
        if unmade:
            yield f"standing_clicks:{period}", f"{unmade} standing clicks of {period} are not made."


def _overdue_settlements(now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the months that should be settled by now, and those settled that people should know of."""
    for period in due_periods(now=now):
        if now >= period.end + SETTLEMENT_DUE_AFTER:
            yield f"settlement:{period}", f"The settlement of {period} is not finished."
    untold = Settlement.objects.filter(finished_at__lt=now - ANNOUNCEMENT_DUE_AFTER, announced_at__isnull=True)
    for period in untold.order_by("period").values_list("period", flat=True):
        yield (
            f"announcement:{period}",
            f"The settlement of {period} is finished, and nobody was told for more than six hours.",
        )


def _overdue_payouts(now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the payouts that the provider can't send, or tells something else of."""
    held = Payout.objects.filter(state=Payout.State.APPROVED, held_since__lt=now - HELD_DUE_AFTER)
    for payout in held:
        yield f"held:{payout.pk}", f"The payout {payout.pk} waits for money at the provider for more than a day."
    for payout in Payout.objects.filter(state=Payout.State.SENDING).exclude(reason=""):
        yield f"mismatch:{payout.pk}", f"The provider tells of something else than we asked for: {payout.reason}"


def _overdue_movements(now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the payouts, refunds and deposits that have waited too long for a review or an outcome."""
    unreviewed = Payout.objects.filter(state=Payout.State.REQUESTED, requested_at__lt=now - REVIEW_DUE_AFTER).count()
    if unreviewed:
        yield "reviews", f"{unreviewed} payouts wait for a review for more than two days."
    payouts = Payout.objects.filter(
        state__in=[Payout.State.APPROVED, Payout.State.SENDING], reviewed_at__lt=now - PAYOUT_DUE_AFTER
    )
    for payout in payouts:
        yield f"payout:{payout.pk}", f"The payout {payout.pk} is {payout.state} for more than two days."
    refunds = Refund.objects.filter(state=Refund.State.REQUESTED, requested_at__lt=now - PAYOUT_DUE_AFTER)
    for refund in refunds:
        yield f"refund:{refund.pk}", f"The refund {refund.pk} is {refund.state} for more than two days."
    mismatches = [
        *Deposit.objects.filter(state=Deposit.State.REVIEW).values_list("pk", "reason"),
        *Refund.objects.filter(state=Refund.State.REQUESTED).exclude(reason="").values_list("pk", "reason"),
    ]
    for movement_id, reason in mismatches:
        yield f"mismatch:{movement_id}", f"The provider tells of something else than we asked for: {reason}"
    long_ago = now - DEPOSIT_DUE_AFTER
    # A renewal that the fan has to confirm has its whole month for that.
    may_be_waited_for = Q(state=Deposit.State.NEEDS_FAN, for_period__gte=Period.at(long_ago))
    # A bank may take weeks over a debit.
    is_on_its_way = Q(state=Deposit.State.PROCESSING, started_at__gte=now - DEBIT_DUE_AFTER)
    deposits = Deposit.objects.filter(state__in=Deposit.OPEN_STATES, started_at__lt=long_ago)
    for deposit in deposits.exclude(may_be_waited_for).exclude(is_on_its_way):
        yield f"deposit:{deposit.pk}", f"The deposit {deposit.pk} is without an outcome for more than two days."


def _overdue_events(now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the kinds of the provider's events that nobody has handled for an hour."""
    late = StripeEvent.objects.filter(state__in=StripeEvent.OPEN_STATES, received_at__lt=now - EVENT_DUE_AFTER)
    for kind, number in late.order_by("kind").values_list("kind").annotate(Count("pk")):
        yield f"events:{kind}", f"{number} events of Stripe's of the kind {kind} are unhandled for more than an hour."
