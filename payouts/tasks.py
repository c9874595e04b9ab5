"""Background work about money. Each task reads the clock and makes one call; all are safe to run twice."""

import logging
import uuid
from typing import Any, Final

from celery import Task, shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import queries as accounts_queries
from accounts import tasks as accounts_tasks
from accounts.models import User
from flattr.period import Period
from flattr.transactions import durable_block
from payouts.models import Settlement
from payouts.operations import (
    accounts,
    alarms,
    announcements,
    closings,
    deposits,
    digests,
    events,
    payouts,
    reconciliation,
    refunds,
    renewals,
    settlement,
    weeks,
)
from payouts.queries import books, due, settlements
from payouts.queries.renewals import LONGEST_LEAD

_EVENTS_AT_ONCE: Final = 1000
"""How many events a sweep rings for. All of a long backlog, rung for again each minute, would fill the queue."""

logger = logging.getLogger(__name__)


@shared_task
def settle_due_months() -> None:
    """Start the settlement of the oldest month that is over and not settled; the next one follows its end."""
    for period in due.due_periods(now=timezone.now())[:1]:
        settle_month.delay(str(period))


@shared_task
def settle_month(label: str) -> None:
    """Open a period's settlement and hand its ranges to the workers; one without fans is finished by the sweep."""
    opened = settlement.open_settlement(period=Period.parse(label), now=timezone.now())
    _ring_for_ranges(opened)


@shared_task
def settle_range(settlement_id: int, number: int) -> None:
    """Settle one range of fans unless another worker is at it, and finish the settlement if it was the last one."""
    if settlement.settle_range(settlement_id=settlement_id, number=number, now=timezone.now(), wait=False):
        if settlements.all_ranges_done(settlement_id=settlement_id):
            digest_lines.delay(settlement_id)
        _finish(settlement_id, wait=True)


@shared_task
def digest_lines(settlement_id: int) -> None:
    """Make the digest of a settlement's lines while another worker finishes it."""
    digests.digest_lines(settlement_id=settlement_id)


@shared_task
def finish_settlement(settlement_id: int) -> None:
    """Finish a settlement whose last range was done by a worker that was killed then."""
    _finish(settlement_id, wait=False)


@shared_task
def announce_settlement(settlement_id: int) -> None:
    """Tell everybody whose money moved, then go on: to the next month due, or to charging for the new one."""
    announcements.announce_settlement(settlement_id=settlement_id, now=timezone.now())
    accounts_tasks.send_notifications.delay()
    settle_due_months.delay()
    renew_deposits.delay()


@shared_task
def sweep_settlements() -> None:
    """Find settlements that were cut short, by a killed worker or a lost queue, and go on with them."""
    for unfinished in settlements.unfinished():
        if unfinished.finished_at is not None:
            announce_settlement.delay(unfinished.pk)
        elif not _ring_for_ranges(unfinished):
            finish_settlement.delay(unfinished.pk)


def _ring_for_ranges(opened: Settlement) -> bool:
    """Ask workers for each range that is still to be settled; return whether there is one."""
    numbers = settlements.open_ranges(settlement=opened)
    for number in numbers:
        settle_range.delay(opened.pk, number)
    return bool(numbers)


def _finish(settlement_id: int, *, wait: bool) -> None:
    if settlement.finish_settlement(settlement_id=settlement_id, now=timezone.now(), wait=wait):
        announce_settlement.delay(settlement_id)


@shared_task
def renew_deposits() -> None:
    """Charge the fans whose balance doesn't cover this month or the next that is near, each in a task of its own.

    While a month before it isn't settled nobody is charged, since its cake may be paid by what is there.
    """
    now = timezone.now()
    if due.due_periods(now=now):
        return
    # Who promises for both months is rung for once.
    fans, soon = (
        accounts_queries.active_subscriptions(period=Period.at(moment)).values_list("fan_id", flat=True)
        for moment in (now, now + LONGEST_LEAD)
    )
    # The fans come by a cursor, which outside a transaction would outlive it: PgBouncer couldn't lend the connection.
    with durable_block():
        for fan_id in fans.union(soon).iterator():
            renew_deposit.delay(fan_id)


@shared_task
def renew_deposit(fan_id: int) -> None:
    """Charge one fan for this month or the next that is near, unless the balance covers it."""
    deposit = renewals.renew_deposit(fan=User.objects.get(pk=fan_id), now=timezone.now())
    if deposit is not None:
        collect_deposit.apply_async((str(deposit.pk),), countdown=5)


@shared_task
def collect_deposit(deposit_id: str) -> None:
    """Ask the provider about one deposit and record the answer."""
    deposits.collect_deposit(deposit_id=uuid.UUID(deposit_id), now=timezone.now())


@shared_task
def sweep_deposits() -> None:
    """Ask about every deposit and refund that has not ended."""
    for deposit_id in due.open_deposits():
        collect_deposit.delay(str(deposit_id))
    for refund_id in due.open_refunds():
        advance_refund.delay(str(refund_id))


@shared_task
def advance_refund(refund_id: str) -> None:
    """Send one refund or record what became of it."""
    refunds.advance_refund(refund_id=uuid.UUID(refund_id), now=timezone.now())


@shared_task
def sweep_payouts() -> None:
    """Go on with every payout that is approved or being sent."""
    for payout_id in due.open_payouts():
        advance_payout.delay(str(payout_id))


@shared_task
def advance_payout(payout_id: str) -> None:
    """Send one payout or record what became of it."""
    payouts.advance_payout(payout_id=uuid.UUID(payout_id), now=timezone.now())


@shared_task
def sweep_closings() -> None:
    """Go on with every account that is to be closed."""
    for user_id in accounts_queries.due_closings(now=timezone.now()).values_list("pk", flat=True):
        advance_closing.delay(user_id)


@shared_task
def advance_closing(user_id: int) -> None:
    """Close one account, as far as that goes now."""
    closings.advance_closing(user_id=user_id, network=settings.OUTSIDE_NETWORK, now=timezone.now())


@shared_task
def tell_creators_of_week() -> None:
    """Tell creators what came last week."""
    weeks.tell_creators_of_week(now=timezone.now())


@shared_task
def handle_event(event_id: str) -> None:
    """Look again at what an event of the provider's names."""
    events.handle(event_id=event_id, now=timezone.now())


@shared_task
def sweep_events() -> None:
    """Ring for the provider's events that are due, oldest first: what was not rung for, or is to be tried again."""
    for event_id in due.due_events(now=timezone.now()).values_list("pk", flat=True)[:_EVENTS_AT_ONCE]:
        handle_event.delay(event_id)


@shared_task
def look_at_accounts() -> None:
    """Ask about every account that isn't ready and may become so."""
    for account in due.accounts_to_look_at():
        look_at_account.delay(account)


@shared_task
def look_at_account(account: str) -> None:
    """Ask the provider about one account."""
    accounts.look_at_account(account=account, now=timezone.now())


@shared_task
def reconcile() -> None:
    """Compare our books with the provider's, and raise an alarm with what differs."""
    now = timezone.now()
    items = reconciliation.reconcile(now=now)
    if items:
        lines = [f"{item.kind} {item.subject} since {item.since:%Y-%m-%d}: {item.detail}" for item in items]
        alarms.raise_alarm(subject=f"reconciliation:{now:%Y-%m-%d}", lines=lines, now=now)


@shared_task
def forget_events() -> None:
    """Delete the provider's events that are long done with."""
    events.forget(now=timezone.now())


@shared_task
def check_books() -> None:
    """Prove the books and raise an alarm with what doesn't hold."""
    now = timezone.now()
    findings = books.check_everything()
    if findings:
        alarms.raise_alarm(subject=f"books:{now:%Y-%m-%d}", lines=[str(finding) for finding in findings], now=now)


@shared_task
def raise_alarms() -> None:
    """Tell staff of everything that is due and not done."""
    now = timezone.now()
    for subject, line in due.overdue(now=now):
        alarms.raise_alarm(subject=f"{subject}:{now:%Y-%m-%d}", lines=[line], now=now)


def ring(task: "Task[Any, Any]", *args: str, countdown: int = 0) -> None:
    """Send a task now that its work is committed; where Redis is away the sweeps find the work."""
    try:
        task.apply_async(args, countdown=countdown)
    except (OSError, OperationalError) as error:
        logger.warning("%s was not rung for: %s", task.name, error)
