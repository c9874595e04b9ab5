"""Unused balance on its way back to fans, by what they paid with."""

import uuid
from datetime import datetime

from django.db.models import Q

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from flattr import money
from flattr.transactions import durable, required
from payouts.gateway import Outcome, Result, get_gateway
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Deposit, Refund
from payouts.operations import moments, sendings
from payouts.queries import balances, disputes


class NothingToRefund(ValueError):
    """The fan has no unused balance, or less than was asked for."""

    def __init__(self, amount_cents: int, unused_cents: int) -> None:
        super().__init__(f"amount_cents: {amount_cents} is not between 1 and the unused {unused_cents} cents")


class RefundIdTaken(ValueError):
    """The id belongs to another request: somebody else's, or one of another amount."""


@durable
def request_refund(*, request_id: uuid.UUID, fan: User, amount_cents: int, now: datetime) -> list[Refund]:
    """Reserve a part of the unused balance in cents to be paid back; the same id reserves it once.

    It goes back to where it came from, the newest deposit first: this will return a refund for each.
    What the clicks of a month not yet settled will take is not unused.

    :raises NothingToRefund: if that much is not unused.
    :raises RefundIdTaken: if the id stands for another request.
    """
    # No month is closed meanwhile, or its settlement could fix what is taken here.
    moment = moments.open_moment(wanted=now, now=now)
    accounts_operations.lock_fan(fan=fan)
    account = ledger.open_account(kind=chart.Kind.FAN_BALANCE, owner=fan)
    transit = ledger.open_account(kind=chart.Kind.PAYOUTS_IN_TRANSIT)
    ledger.lock_accounts(account_ids=[account.pk, transit.pk])
    known = list(Refund.objects.filter(Q(request_id=request_id) | Q(pk=request_id)))
    if known:
        asked = {(each.request_id, each.fan_id) for each in known}
        if asked != {(request_id, fan.pk)} or sum(each.amount_cents for each in known) != amount_cents:
            msg = f"request_id: {request_id} stands for another refund"
            raise RefundIdTaken(msg)
        return known
    refunds = _parts(request_id=request_id, fan=fan, amount_cents=amount_cents, moment=moment)
    _reserve(refunds, moment=moment)
    return refunds


@durable
def refund_unspent(*, request_id: uuid.UUID, deposit: Deposit, now: datetime) -> Refund | None:
    """Reserve all that is left of a deposit to be paid back, unless some of it was given; the same id does so once.

    This is for money that was never the fan's to give, so it doesn't matter what clicks claim.

    :raises BeingSettled: if a settlement that isn't finished may be giving it.
    """
    moment = moments.open_moment(wanted=now, now=now)
    accounts_operations.lock_fan(fan=deposit.fan)
    known = Refund.objects.filter(request_id=request_id).first()
    if known is not None:
        return known
    moments.require_settled(fan=deposit.fan)
    left = {each.pk: cents for each, cents in balances.refundable_deposits(fan=deposit.fan)}.get(deposit.pk, 0)
    account = ledger.open_account(kind=chart.Kind.FAN_BALANCE, owner=deposit.fan)
    ledger.lock_accounts(account_ids=[account.pk])
    is_there = balances.fan_balance_micros(fan=deposit.fan) >= money.cents_to_micros(left)
    if left == 0 or not is_there or any(disputes.earned_from(deposit=deposit)):
        return None
    refund = Refund(
        id=request_id,
        request_id=request_id,
        fan=deposit.fan,
        deposit=deposit,
        amount_cents=left,
        requested_at=moment,
    )
    _reserve([refund], moment=moment)
    return refund


def advance_refund(*, refund_id: uuid.UUID, now: datetime) -> Outcome:
    """Send a refund, or ask what became of it, and record the answer. Safe to run twice."""
    refund = Refund.objects.select_related("deposit").get(pk=refund_id)
    gateway, payment = get_gateway(), refund.deposit.reference
    if refund.state == Refund.State.REQUESTED:
        with sendings.counting_failures(refund):
            outcome = gateway.send_refund(
                refund_id=refund.id, payment=payment, amount_cents=refund.amount_cents, attempt=refund.attempt
            )
    else:
        outcome = gateway.refund_outcome(refund_id=refund.id, payment=payment, amount_cents=refund.amount_cents)
    record_refund(refund_id=refund.id, outcome=outcome, now=now)
    return outcome


@durable
def record_refund(*, refund_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    """Record that a refund arrived, or bring the money back to the fan's balance, even if it had arrived before."""
    refund = Refund.objects.select_for_update(of=("self",)).select_related("fan").get(pk=refund_id)
    match refund.state, outcome.result:
        case Refund.State.REQUESTED, Result.SUCCEEDED:
            debit, credit = chart.Kind.PAYOUTS_IN_TRANSIT, chart.Kind.PROCESSOR_CASH
            state, key, kind = Refund.State.SENT, "ended", chart.TransferKind.REFUND_SENT
        case Refund.State.REQUESTED, Result.DECLINED:
            debit, credit = chart.Kind.PAYOUTS_IN_TRANSIT, chart.Kind.FAN_BALANCE
            state, key, kind = Refund.State.FAILED, "ended", chart.TransferKind.REFUND_RETURNED
        case Refund.State.SENT, Result.DECLINED:
            debit, credit = chart.Kind.PROCESSOR_CASH, chart.Kind.FAN_BALANCE
            state, key, kind = Refund.State.BOUNCED, "bounced", chart.TransferKind.REFUND_BOUNCED
        case _, Result.MISMATCH:
            # Nothing is booked; staff are told of what has a reason and no end.
            refund.reason = outcome.reason
            refund.save(update_fields=["reason"])
            return
        case _:
            return
    moment = moments.open_moment(wanted=now, now=now)
    owner = refund.fan if credit == chart.Kind.FAN_BALANCE else None
    sendings.post(
        sending=refund,
        debit=ledger.open_account(kind=debit).pk,
        credit=ledger.open_account(kind=credit, owner=owner).pk,
        kind=kind,
        key=key,
        moment=moment,
    )
    refund.state, refund.reason, refund.ended_at = state, outcome.reason, moment
    refund.reference = outcome.reference or refund.reference
    refund.save(update_fields=["state", "reason", "reference", "ended_at"])
    arrived = state == Refund.State.SENT
    accounts_operations.notify(
        recipient=refund.fan,
        kind=Notification.Kind.REFUND_SENT if arrived else Notification.Kind.REFUND_FAILED,
        subject_key=str(refund.id),
        context={"amount_cents": refund.amount_cents, "reason": outcome.reason},
        now=now,
    )


@required
def _parts(*, request_id: uuid.UUID, fan: User, amount_cents: int, moment: datetime) -> list[Refund]:
    """Return the refunds that an amount takes, the newest deposits first."""
    unused = balances.unused_cents(fan=fan, now=moment)
    refundable = balances.refundable_deposits(fan=fan)
    unused = min(unused, sum(cents for _deposit, cents in refundable))
    if not 1 <= amount_cents <= unused:
        raise NothingToRefund(amount_cents, unused)
    parts: list[Refund] = []
    left = amount_cents
    for deposit, cents in refundable:
        part = min(left, cents)
        if part > 0:
            refund_id = uuid.uuid5(request_id, str(deposit.pk)) if parts else request_id
            parts.append(
                Refund(
                    id=refund_id,
                    request_id=request_id,
                    fan=fan,
                    deposit=deposit,
                    amount_cents=part,
                    requested_at=moment,
                )
            )
        left -= part
    return parts


@required
def _reserve(refunds: list[Refund], *, moment: datetime) -> None:
    """Keep the refunds and take their amounts out of the fan's balance."""
    Refund.objects.bulk_create(refunds)
    transit = ledger.open_account(kind=chart.Kind.PAYOUTS_IN_TRANSIT).pk
    for refund in refunds:
        sendings.post(
            sending=refund,
            debit=ledger.open_account(kind=chart.Kind.FAN_BALANCE, owner=refund.fan).pk,
            credit=transit,
            kind=chart.TransferKind.REFUND_RESERVED,
            key="reserved",
            moment=moment,
        )
