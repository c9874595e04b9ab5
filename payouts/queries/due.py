"""What is still to be done with money, and what should have been done by now."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from accounts.models import Notification
from buttons import queries as buttons_queries
from flattr.period import Period
from payouts.models import Deposit, Payout, Refund, Settlement

SETTLEMENT_DUE_AFTER: Final = timedelta(hours=12)
PAYOUT_DUE_AFTER: Final = timedelta(days=2)
DEPOSIT_DUE_AFTER: Final = timedelta(days=2)
NOTIFICATION_DUE_AFTER: Final = timedelta(hours=6)


def is_due(*, period: Period) -> bool:
    """Tell whether the period, which is over, still lacks a finished settlement."""
    return not Settlement.objects.filter(period=period, finished_at__isnull=False).exists()


def due_periods(*, now: datetime) -> list[Period]:
    """Return the periods that are over and lack a finished settlement, oldest first.

    They follow the newest month that was settled, or where none was begin with the first click; so
    a month is not forgotten when nothing ran for longer than one.
    """
    latest = Period.at(now).previous
    newest = Settlement.objects.filter(finished_at__isnull=False).order_by("-period").first()
    period = newest.period.next if newest else min(latest, buttons_queries.first_period() or latest)
    found: list[Period] = []
    while period <= latest:
        found.append(period)
        period = period.next
    return found


def open_deposits() -> list[uuid.UUID]:
    """Return the deposits whose outcome isn't known, oldest first."""
    return list(
        Deposit.objects.filter(state__in=Deposit.OPEN_STATES).order_by("started_at").values_list("id", flat=True)
    )


def open_refunds() -> list[uuid.UUID]:
    """Return the refunds whose outcome isn't known, oldest first."""
    return list(
        Refund.objects.filter(state=Refund.State.REQUESTED).order_by("requested_at").values_list("id", flat=True)
    )


def open_payouts() -> list[uuid.UUID]:
    """Return the payouts that a worker has to go on with, oldest first."""
    return list(
        Payout.objects.filter(state__in=[Payout.State.APPROVED, Payout.State.SENDING])
        .order_by("requested_at")
        .values_list("id", flat=True)
    )


def overdue(*, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield a short subject and a sentence for everything that should have been done by now."""
    yield from _overdue_settlements(now)
    yield from _overdue_movements(now)
    unsent = Notification.objects.filter(sent_at__isnull=True, created_at__lt=now - NOTIFICATION_DUE_AFTER).count()
    if unsent:
        yield "notifications", f"{unsent} emails are unsent for more than six hours."


def _overdue_settlements(now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the months that should be settled, and every one that was opened and never finished."""
    unfinished = set(Settlement.objects.filter(finished_at__isnull=True).values_list("period", flat=True))
    unfinished |= {
        period for period in due_periods(now=now) if buttons_queries.standing_clicks(period=period).exists()
    }
    for period in sorted(unfinished):
        if now >= period.end + SETTLEMENT_DUE_AFTER:
            yield f"settlement:{period}", f"The settlement of {period} is not finished."


def _overdue_movements(now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the payouts, refunds and deposits that have waited too long for an outcome."""
    payouts = Payout.objects.filter(
        state__in=[Payout.State.APPROVED, Payout.State.SENDING], reviewed_at__lt=now - PAYOUT_DUE_AFTER
    )
    for payout in payouts:
        yield f"payout:{payout.pk}", f"The payout {payout.pk} is {payout.state} for more than two days."
    refunds = Refund.objects.filter(state=Refund.State.REQUESTED, requested_at__lt=now - PAYOUT_DUE_AFTER)
    for refund in refunds:
        yield f"refund:{refund.pk}", f"The refund {refund.pk} is {refund.state} for more than two days."
    deposits = Deposit.objects.filter(state=Deposit.State.PENDING, started_at__lt=now - DEPOSIT_DUE_AFTER)
    for deposit in deposits:
        yield f"deposit:{deposit.pk}", f"The deposit {deposit.pk} is without an outcome for more than two days."
