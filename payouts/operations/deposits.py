"""Money in from fans."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from accounts import operations as accounts_operations
from accounts.models import BUDGET_CENTS_MAX, Notification, User
from flattr import money
from flattr.transactions import durable, required, savepoint
from payouts.gateway import (
    UNDECIDED,
    Order,
    OrderRefused,
    Outcome,
    ProviderUnavailable,
    Result,
    get_gateway,
)
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Deposit
from payouts.operations import methods, moments, sendings
from payouts.queries import balances, due

DEPOSIT_CENTS_MIN: Final = 200
DEPOSIT_CENTS_MAX: Final = 3 * BUDGET_CENTS_MAX
PAY_PAGE_LASTS: Final = timedelta(days=1)

_STATES: Final = {
    # The fan may have confirmed; where the bank asks again, the next answer says so.
    Result.PENDING: Deposit.State.PENDING,
    Result.PROCESSING: Deposit.State.PROCESSING,
    Result.NEEDS_FAN: Deposit.State.NEEDS_FAN,
    Result.DECLINED: Deposit.State.DECLINED,
    Result.CANCELLED: Deposit.State.EXPIRED,
    # Nothing of it is booked; staff are told, and decide.
    Result.MISMATCH: Deposit.State.REVIEW,
}
"""How an answer leaves a deposit that is open. What was paid is another matter."""

_TOLD: Final = {
    Deposit.State.DECLINED: Notification.Kind.DEPOSIT_DECLINED,
    Deposit.State.NEEDS_FAN: Notification.Kind.DEPOSIT_NEEDS_YOU,
}
"""What a fan who isn't at a page of ours is told of."""

logger = logging.getLogger(__name__)


class DepositOutOfRange(ValueError):
    """The amount is below the minimum or above the maximum."""

    def __init__(self, amount_cents: int) -> None:
        super().__init__(
            f"amount_cents: {amount_cents} is not between {DEPOSIT_CENTS_MIN} and {DEPOSIT_CENTS_MAX} cents"
        )


class DepositIdTaken(ValueError):
    """The id belongs to another deposit: somebody else's, or one of another amount."""


class RenewalUnderWay(ValueError):
    """The month is being paid for already; `deposit_id` is what it is paid by."""

    def __init__(self, deposit_id: uuid.UUID) -> None:
        super().__init__(f"amount_cents: the renewal {deposit_id} is under way")
        self.deposit_id = deposit_id


@durable
def open_deposit(
    *, deposit_id: uuid.UUID, fan: User, amount_cents: int, for_promise: bool = False, now: datetime
) -> Deposit:
    """Note that a fan is about to pay; no money moves until the provider says so. The same id notes it once.

    What is for the fan's promise isn't paid beside its renewal, or one month would be paid twice.

    :raises DepositOutOfRange: below 2 EUR or above three months of the largest budget.
    :raises DepositIdTaken: if the id stands for another deposit.
    :raises RenewalUnderWay: if it is for the promise, which is renewed just now.
    """
    if not DEPOSIT_CENTS_MIN <= amount_cents <= DEPOSIT_CENTS_MAX:
        raise DepositOutOfRange(amount_cents)
    # A renewal is begun under the same lock, and only where no deposit is open.
    accounts_operations.lock_fan(fan=fan)
    renewal = balances.open_renewal(fan=fan) if for_promise else None
    if renewal is not None:
        raise RenewalUnderWay(renewal.pk)
    deposit, _ = Deposit.objects.get_or_create(
        id=deposit_id, defaults={"fan": fan, "amount_cents": amount_cents, "started_at": now}
    )
    if (deposit.fan_id, deposit.amount_cents) != (fan.pk, amount_cents):
        msg = f"deposit_id: {deposit_id} stands for another deposit"
        raise DepositIdTaken(msg)
    return deposit


def start_deposit(
    *,
    deposit_id: uuid.UUID,
    fan: User,
    amount_cents: int,
    for_promise: bool = False,
    next_page: str = "",
    now: datetime,
) -> str:
    """Note a deposit and return the address of the provider's page where the fan pays it.

    From there the fan comes back to the deposit's page, and goes on to `next_page` if that is given.
    The same id leads to the same payment, or where that has ended, to what became of it.

    :raises DepositOutOfRange: below 2 EUR or above three months of the largest budget.
    :raises DepositIdTaken: if the id stands for another deposit.
    """
    try:
        deposit = open_deposit(
            deposit_id=deposit_id, fan=fan, amount_cents=amount_cents, for_promise=for_promise, now=now
        )
    except RenewalUnderWay as error:
        deposit = Deposit.objects.get(pk=error.deposit_id)
    return resume_deposit(deposit=deposit, next_page=next_page)


def resume_deposit(*, deposit: Deposit, next_page: str = "") -> str:
    """Return the address where the fan pays or confirms an open deposit, or of what became of one that has ended.

    Whatever was tried for it without the fan is closed first, so that it can't be paid twice.
    """
    query = f"?{urlencode({'next': next_page})}" if next_page else ""
    return_url = deposit_page(deposit) + query
    if deposit.state not in Deposit.OPEN_STATES:
        return return_url
    with sendings.counting_failures(deposit):
        return get_gateway().open_pay_page(
            order=_order(deposit), description=gettext("Prepaid for Flattr"), return_url=return_url
        )


def charge(*, deposit: Deposit, now: datetime) -> None:
    """Ask the provider for a deposit without the fan; where nothing is saved to charge, it is declined at once."""
    order = _order(deposit)
    if not order.payer.method:
        outcome = Outcome(result=Result.DECLINED, reason="no_saved_method")
        record_deposit(deposit_id=deposit.pk, outcome=outcome, now=now)
        return
    with sendings.counting_failures(deposit):
        get_gateway().charge_saved_method(order=order, return_url=deposit_page(deposit))


def collect_deposit(*, deposit_id: uuid.UUID, now: datetime) -> Outcome:
    """Ask the provider what became of a deposit, record it, and return the answer. Safe to run twice.

    One that nobody decides in time is closed at the provider, and a renewal that we were cut short
    of asking for is asked for again.
    """
    deposit = Deposit.objects.select_related("fan").get(pk=deposit_id)
    gateway, order = get_gateway(), _order(deposit)
    outcome = gateway.deposit_outcome(order=order)
    if outcome.result in UNDECIDED and _has_lapsed(deposit, now):
        # Only what the provider has closed counts as expired: an open pay page could still be paid.
        gateway.cancel_deposit(order=order)
        outcome = gateway.deposit_outcome(order=order)
        if outcome.result is Result.UNKNOWN:
            # What it has never heard of has no page, and nobody is led to one any more.
            outcome = Outcome(result=Result.CANCELLED)
    elif outcome.result is Result.UNKNOWN and deposit.for_period is not None:
        charge(deposit=deposit, now=now)
    record_deposit(deposit_id=deposit_id, outcome=outcome, now=now)
    if outcome.result is Result.SUCCEEDED:
        methods.look_at_method(fan=deposit.fan, now=now)
    return outcome


def collect_deposits(*, started_before: datetime, now: datetime) -> None:
    """Ask about all open deposits that were started before a moment; one that can't be asked about stops no other."""
    for deposit_id in due.open_deposits(started_before=started_before):
        try:
            collect_deposit(deposit_id=deposit_id, now=now)
        except (OrderRefused, ProviderUnavailable) as error:
            logger.warning("The deposit %s can't be asked about now: %s", deposit_id, error)


@durable
def record_deposit(*, deposit_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    """Record what the provider told; a deposit that has ended keeps its end, except that money that came counts."""
    deposit = Deposit.objects.select_for_update(of=("self",)).select_related("fan").get(pk=deposit_id)
    if deposit.state == Deposit.State.SUCCEEDED:
        return
    if outcome.result is Result.SUCCEEDED:
        deposit.processor_fee_cents, deposit.reference = outcome.fee_cents, outcome.reference
        # What was paid is booked at the moment when it came, where that is told.
        came_at = min(outcome.occurred_at or now, now)
        book_deposits(deposits=[deposit], occurred_at=moments.open_moment(wanted=came_at, now=now))
        _succeed(deposit, now)
    elif deposit.state in Deposit.OPEN_STATES and outcome.result in _STATES:
        _move(deposit, _STATES[outcome.result], reason=outcome.reason, now=now)


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


def deposit_page(deposit: Deposit) -> str:
    """Return the address to which the provider's pages lead back."""
    return settings.APP_URL + reverse("payouts:deposit", args=[deposit.id])


def _order(deposit: Deposit) -> Order:
    return Order(
        deposit_id=deposit.id,
        payer=methods.payer_of(fan=deposit.fan),
        amount_cents=deposit.amount_cents,
        asked_at=deposit.started_at,
        attempt=deposit.attempt,
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


def _move(deposit: Deposit, state: Deposit.State, *, reason: str, now: datetime) -> None:
    """Note how far an open deposit has come, and tell the fan of a renewal what they must know."""
    if state in Deposit.OPEN_STATES:
        deposit.state = state
        deposit.save(update_fields=["state"])
    else:
        deposit.reason = reason
        _end(deposit, state, now)
    if deposit.for_period is not None and state in _TOLD:
        _tell(deposit, _TOLD[state], now)


def _end(deposit: Deposit, state: Deposit.State, now: datetime) -> None:
    deposit.state, deposit.ended_at = state, now
    deposit.save(update_fields=["state", "reason", "reference", "processor_fee_cents", "ended_at"])


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
