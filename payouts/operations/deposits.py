"""Money in from fans, and unused balance back to them."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils.http import urlencode

from accounts import operations as accounts_operations
from accounts.models import BUDGET_CENTS_MAX, Notification, User
from flattr import money
from flattr.period import Period
from flattr.transactions import durable, required, savepoint
from payouts.gateway import UNDECIDED, Outcome, ProviderUnavailable, Result, get_gateway
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Deposit, Refund
from payouts.operations import moments
from payouts.queries import balances, due

DEPOSIT_CENTS_MIN: Final = 200
DEPOSIT_CENTS_MAX: Final = 3 * BUDGET_CENTS_MAX
PAY_PAGE_LASTS: Final = timedelta(days=1)

logger = logging.getLogger(__name__)


class DepositOutOfRange(ValueError):
    """The amount is below the minimum or above the maximum."""

    def __init__(self, amount_cents: int) -> None:
        super().__init__(
            f"amount_cents: {amount_cents} is not between {DEPOSIT_CENTS_MIN} and {DEPOSIT_CENTS_MAX} cents"
        )


class NothingToRefund(ValueError):
    """The fan has no unused balance, or less than was asked for."""

    def __init__(self, amount_cents: int, unused_cents: int) -> None:
        super().__init__(f"amount_cents: {amount_cents} is not between 1 and the unused {unused_cents} cents")


class DepositIdTaken(ValueError):
    """The id belongs to another deposit: somebody else's, or one of another amount."""


class RefundIdTaken(ValueError):
    """The id belongs to another refund: somebody else's, or one of another amount."""


@durable
def open_deposit(*, deposit_id: uuid.UUID, fan: User, amount_cents: int, now: datetime) -> Deposit:
    """Note that a fan is about to pay; no money moves until the provider says so. The same id notes it once.

    :raises DepositOutOfRange: below 2 EUR or above three months of the largest budget.
    :raises DepositIdTaken: if the id stands for another deposit.
    """
    if not DEPOSIT_CENTS_MIN <= amount_cents <= DEPOSIT_CENTS_MAX:
        raise DepositOutOfRange(amount_cents)
    deposit, _ = Deposit.objects.get_or_create(
        id=deposit_id, defaults={"fan": fan, "amount_cents": amount_cents, "started_at": now}
    )
    if (deposit.fan_id, deposit.amount_cents) != (fan.pk, amount_cents):
        msg = f"deposit_id: {deposit_id} stands for another deposit"
        raise DepositIdTaken(msg)
    return deposit


def start_deposit(*, deposit_id: uuid.UUID, fan: User, amount_cents: int, next_page: str = "", now: datetime) -> str:
    """Note a deposit and return the address of the provider's page where the fan pays it.

    From there the fan comes back to the deposit's page, and goes on to `next_page` if that is given.
    The same id leads to the same payment, or where that has ended, to what became of it.

    :raises DepositOutOfRange: below 2 EUR or above three months of the largest budget.
    :raises DepositIdTaken: if the id stands for another deposit.
    """
    deposit = open_deposit(deposit_id=deposit_id, fan=fan, amount_cents=amount_cents, now=now)
    query = f"?{urlencode({'next': next_page})}" if next_page else ""
    return_url = _deposit_page(deposit) + query
    if deposit.state not in Deposit.OPEN_STATES:
        return return_url
    return get_gateway().open_pay_page(
        deposit_id=deposit.id, fan_id=fan.pk, amount_cents=amount_cents, return_url=return_url
    )


def collect_deposit(*, deposit_id: uuid.UUID, now: datetime) -> Outcome:
    """Ask the provider what became of a deposit, record it, and return the answer. Safe to run twice.

    One that nobody decides in time is closed at the provider, and a renewal that we were cut short
    of asking for is asked for again.
    """
    deposit = Deposit.objects.get(pk=deposit_id)
    gateway = get_gateway()
    outcome = gateway.deposit_outcome(deposit_id=deposit_id)
    if outcome.result in UNDECIDED and _has_lapsed(deposit, now):
        # Only what the provider has closed counts as expired: an open pay page could still be paid.
        gateway.cancel_deposit(deposit_id=deposit_id)
        outcome = gateway.deposit_outcome(deposit_id=deposit_id)
    elif outcome.result is Result.UNKNOWN and deposit.for_period is not None:
        _charge(deposit)
    record_deposit(deposit_id=deposit_id, outcome=outcome, now=now)
    return outcome


def collect_deposits(*, started_before: datetime, now: datetime) -> None:
    """Ask about all open deposits that were started before a moment; one that can't be asked about stops no other."""
    for deposit_id in due.open_deposits(started_before=started_before):
        try:
            collect_deposit(deposit_id=deposit_id, now=now)
        except ProviderUnavailable as error:
            logger.warning("The deposit %s can't be asked about now: %s", deposit_id, error)


@durable
def record_deposit(*, deposit_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    """Record what the provider told; a deposit that has ended keeps its end, except that money that came counts."""
    deposit = Deposit.objects.select_for_update(of=("self",)).select_related("fan").get(pk=deposit_id)
    if deposit.state == Deposit.State.SUCCEEDED:
        return
    match outcome.result:
        case Result.SUCCEEDED:
            deposit.processor_fee_cents = outcome.fee_cents
            # What was paid is booked at the moment when it came, where that is told.
            came_at = min(outcome.occurred_at or now, now)
            book_deposits(deposits=[deposit], occurred_at=moments.open_moment(wanted=came_at, now=now))
            _succeed(deposit, now)
        case _ if deposit.state not in Deposit.OPEN_STATES:
            return
        case Result.DECLINED:
            deposit.reason = outcome.reason
            _end(deposit, Deposit.State.DECLINED, now)
            if deposit.for_period is not None:
                _tell(deposit, Notification.Kind.DEPOSIT_DECLINED, now)
        case Result.CANCELLED:
            _end(deposit, Deposit.State.EXPIRED, now)
        case Result.PENDING:
            # The fan may have confirmed; where the bank asks again, the next answer says so.
            deposit.state = Deposit.State.PENDING
            deposit.save(update_fields=["state"])
        case Result.NEEDS_FAN:
            deposit.state = Deposit.State.NEEDS_FAN
            deposit.save(update_fields=["state"])
            if deposit.for_period is not None:
                _tell(deposit, Notification.Kind.DEPOSIT_NEEDS_YOU, now)


def renew_deposit(*, fan: User, now: datetime) -> Deposit | None:
    """Charge the fan for this period unless the balance covers it or it was charged for before.

    Returns the new deposit, or None where there was nothing to do.
    """
    deposit = _open_renewal(fan=fan, now=now)
    if deposit is not None:
        _charge(deposit)
    return deposit


def _charge(deposit: Deposit) -> None:
    """Ask the provider for a renewal."""
    get_gateway().charge_saved_method(
        deposit_id=deposit.id,
        fan_id=deposit.fan_id,
        amount_cents=deposit.amount_cents,
        return_url=_deposit_page(deposit),
    )


def _deposit_page(deposit: Deposit) -> str:
    """Return the address to which the provider's pages lead back."""
    return settings.APP_URL + reverse("payouts:deposit", args=[deposit.id])


@durable
def _open_renewal(*, fan: User, now: datetime) -> Deposit | None:
    """Note the renewal; the unique fan and period say that nobody is charged twice for one month."""
    period = Period.at(now)
    accounts_operations.lock_fan(fan=fan)
    amount_cents = balances.charge_cents(fan=fan, period=period)
    if amount_cents == 0 or balances.has_open_deposit(fan=fan):
        return None
    if Deposit.objects.filter(fan=fan, for_period=period, state=Deposit.State.DECLINED).exists():
        # A charge that was declined this month is the fan's to mend; charging again unasked is a nuisance.
        return None
    try:
        with savepoint():
            return Deposit.objects.create(fan=fan, amount_cents=amount_cents, for_period=period, started_at=now)
    except IntegrityError:
        return None


@durable
def request_refund(*, refund_id: uuid.UUID, fan: User, amount_cents: int, now: datetime) -> Refund:
    """Reserve a part of the unused balance in cents to be paid back; the same id reserves it once.

    What the clicks of a month not yet settled will take is not unused.

    :raises NothingToRefund: if that much is not unused.
    :raises RefundIdTaken: if the id stands for another refund.
    """
    # No month is closed meanwhile, or its settlement could fix what is taken here.
    moment = moments.open_moment(wanted=now, now=now)
    accounts_operations.lock_fan(fan=fan)
    account = ledger.open_account(kind=chart.Kind.FAN_BALANCE, owner=fan)
    transit = ledger.open_account(kind=chart.Kind.PAYOUTS_IN_TRANSIT)
    ledger.lock_accounts(account_ids=[account.pk, transit.pk])
    unused = balances.unused_cents(fan=fan, now=moment)
    is_known = Refund.objects.filter(pk=refund_id).exists()
    if not is_known and not 1 <= amount_cents <= unused:
        raise NothingToRefund(amount_cents, unused)
    refund, is_new = Refund.objects.get_or_create(
        id=refund_id, defaults={"fan": fan, "amount_cents": amount_cents, "requested_at": moment}
    )
    if (refund.fan_id, refund.amount_cents) != (fan.pk, amount_cents):
        msg = f"refund_id: {refund_id} stands for another refund"
        raise RefundIdTaken(msg)
    if not is_new:
        return refund
    ledger.post(
        postings=[
            ledger.Posting(
                debit_account_id=account.pk,
                credit_account_id=transit.pk,
                amount_micros=money.cents_to_micros(amount_cents),
                kind=chart.TransferKind.REFUND_RESERVED,
                idempotency_key=f"refund:{refund.id}:reserved",
                occurred_at=moment,
            )
        ]
    )
    return refund


def advance_refund(*, refund_id: uuid.UUID, now: datetime) -> Outcome:
    """Send a refund, or ask what became of it, and record the answer. Safe to run twice."""
    refund = Refund.objects.get(pk=refund_id)
    gateway = get_gateway()
    if refund.state == Refund.State.REQUESTED:
        gateway.send_refund(refund_id=refund.id, fan_id=refund.fan_id, amount_cents=refund.amount_cents)
    outcome = gateway.sending_outcome(movement_id=refund.id)
    record_refund(refund_id=refund.id, outcome=outcome, now=now)
    return outcome


@durable
def record_refund(*, refund_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    """Record that a refund arrived, or bring the money back to the fan's balance."""
    refund = Refund.objects.select_for_update(of=("self",)).select_related("fan").get(pk=refund_id)
    if refund.state != Refund.State.REQUESTED or outcome.result not in {Result.SUCCEEDED, Result.DECLINED}:
        return
    moment = moments.open_moment(wanted=now, now=now)
    arrived = outcome.result is Result.SUCCEEDED
    transit = ledger.open_account(kind=chart.Kind.PAYOUTS_IN_TRANSIT)
    target = (
        ledger.open_account(kind=chart.Kind.PROCESSOR_CASH)
        if arrived
        else ledger.open_account(kind=chart.Kind.FAN_BALANCE, owner=refund.fan)
    )
    ledger.post(
        postings=[
            ledger.Posting(
                debit_account_id=transit.pk,
                credit_account_id=target.pk,
                amount_micros=money.cents_to_micros(refund.amount_cents),
                kind=chart.TransferKind.REFUND_SENT if arrived else chart.TransferKind.REFUND_RETURNED,
                idempotency_key=f"refund:{refund.id}:ended",
                occurred_at=moment,
            )
        ]
    )
    refund.state = Refund.State.SENT if arrived else Refund.State.FAILED
    refund.reason = outcome.reason
    refund.ended_at = moment
    refund.save(update_fields=["state", "reason", "ended_at"])
    accounts_operations.notify(
        recipient=refund.fan,
        kind=Notification.Kind.REFUND_SENT if arrived else Notification.Kind.REFUND_FAILED,
        subject_key=str(refund.id),
        context={"amount_cents": refund.amount_cents, "reason": outcome.reason},
        now=now,
    )


@required
def book_deposits(*, deposits: Sequence[Deposit], occurred_at: datetime) -> None:
    """Post the gross amounts to the fans, and the provider's fees as the platform's expense."""
    cash = ledger.open_account(kind=chart.Kind.PROCESSOR_CASH)
    fees = ledger.open_account(kind=chart.Kind.PROCESSOR_FEE)
    balances_of = ledger.open_accounts(
        kind=chart.Kind.FAN_BALANCE, owner_ids=[deposit.fan_id for deposit in deposits]
    )
    movements = [
        movement
        for deposit in deposits
        for movement in (
            (f"{deposit.id}:gross", cash.pk, balances_of[deposit.fan_id], deposit.amount_cents),
            (f"{deposit.id}:fee", fees.pk, cash.pk, deposit.processor_fee_cents or 0),
        )
    ]
    ledger.post(
        postings=[
            ledger.Posting(
                debit_account_id=debit,
                credit_account_id=credit,
                amount_micros=money.cents_to_micros(cents),
                kind=chart.TransferKind.PROCESSOR_FEE if debit == fees.pk else chart.TransferKind.DEPOSIT,
                idempotency_key=f"deposit:{key}",
                occurred_at=occurred_at,
            )
            for key, debit, credit, cents in movements
            if cents > 0
        ]
    )


def _has_lapsed(deposit: Deposit, now: datetime) -> bool:
    """Tell whether the fan left a pay page or a bank's question and never came back.

    A renewal waits for its whole month; after that, the next month's takes its place.
    """
    if deposit.for_period is not None:
        return now >= deposit.for_period.end
    return now - deposit.started_at > PAY_PAGE_LASTS


def _succeed(deposit: Deposit, now: datetime) -> None:
    """End a deposit whose money came; it renews no month that another one renews, and counts all the same."""
    try:
        with savepoint():
            _end(deposit, Deposit.State.SUCCEEDED, now)
    except IntegrityError:
        deposit.for_period = None
        deposit.save(update_fields=["for_period"])
        _end(deposit, Deposit.State.SUCCEEDED, now)


def _end(deposit: Deposit, state: Deposit.State, now: datetime) -> None:
    deposit.state, deposit.ended_at = state, now
    deposit.save(update_fields=["state", "reason", "processor_fee_cents", "ended_at"])


def _tell(deposit: Deposit, kind: Notification.Kind, now: datetime) -> None:
    accounts_operations.notify(
        recipient=deposit.fan,
        kind=kind,
        subject_key=str(deposit.id),
        context={
            "amount_cents": deposit.amount_cents,
            "period": str(deposit.for_period),
            "reason": deposit.reason,
        },
        now=now,
    )
