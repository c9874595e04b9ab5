"""Money out to creators: requested, reviewed, sent, arrived or brought back."""

import uuid
from datetime import datetime

from django.conf import settings

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from flattr import money
from flattr.transactions import durable
from payouts.gateway import Outcome, Result, get_gateway
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Payout
from payouts.operations import moments
from payouts.queries import balances


class PayoutRefused(ValueError):
    """The payout can't be requested for that amount."""


class AmountBelowMinimum(PayoutRefused):
    """The amount is smaller than what the operator pays out."""

    def __init__(self, amount_cents: int, minimum_cents: int) -> None:
        super().__init__(f"amount_cents: {amount_cents} is below the minimum of {minimum_cents} cents")


class AmountAboveWithdrawable(PayoutRefused):
    """The amount is larger than what the creator can withdraw now."""

    def __init__(self, amount_cents: int, withdrawable_cents: int) -> None:
        super().__init__(f"amount_cents: {amount_cents} is above the withdrawable {withdrawable_cents} cents")


class PayoutIdTaken(PayoutRefused):
    """The id belongs to another payout: somebody else's, or one of another amount."""


class AlreadyReviewed(ValueError):
    """Somebody has decided about the payout before."""


class OwnPayout(ValueError):
    """Nobody reviews a payout to themselves."""


class ReasonMissing(ValueError):
    """A rejection must say why, since the creator reads it."""


@durable
def request_payout(*, payout_id: uuid.UUID, creator: User, amount_cents: int, now: datetime) -> Payout:
    """Reserve a part of the creator's withdrawable balance in cents for a payout that staff review.

    The same id reserves it once.

    :raises AmountBelowMinimum: if the operator pays out no such small amount.
    :raises AmountAboveWithdrawable: if the balance less the earnings on hold is smaller.
    :raises PayoutIdTaken: if the id stands for another payout.
    """
    if amount_cents < settings.MINIMUM_PAYOUT_CENTS:
        raise AmountBelowMinimum(amount_cents, settings.MINIMUM_PAYOUT_CENTS)
    moment = moments.open_moment(wanted=now, now=now)
    balance = ledger.open_account(kind=chart.Kind.CREATOR_BALANCE, owner=creator)
    transit = ledger.open_account(kind=chart.Kind.PAYOUTS_IN_TRANSIT)
    # Two requests for the same money meet here; the second then sees what is left.
    ledger.lock_accounts(account_ids=[balance.pk, transit.pk])
    withdrawable = balances.withdrawable_cents(creator=creator, now=now)
    is_known = Payout.objects.filter(pk=payout_id).exists()
    if not is_known and amount_cents > withdrawable:
        raise AmountAboveWithdrawable(amount_cents, withdrawable)
    payout, is_new = Payout.objects.get_or_create(
        id=payout_id, defaults={"creator": creator, "amount_cents": amount_cents, "requested_at": moment}
    )
    if (payout.creator_id, payout.amount_cents) != (creator.pk, amount_cents):
        msg = f"payout_id: {payout_id} stands for another payout"
        raise PayoutIdTaken(msg)
    if not is_new:
        return payout
    _post(
        payout,
        debit=balance.pk,
        credit=transit.pk,
        kind=chart.TransferKind.PAYOUT_RESERVED,
        key="reserved",
        moment=moment,
    )
    return payout


@durable
def approve_payout(*, payout_id: uuid.UUID, reviewer: User, now: datetime) -> None:
    """Let a worker send the payout; approving an approved one changes nothing.

    :raises OwnPayout: if the reviewer is its creator.
    :raises AlreadyReviewed: if it was rejected.
    """
    payout = _locked(payout_id)
    if payout.state in {Payout.State.APPROVED, Payout.State.SENDING, Payout.State.SENT}:
        return
    _review(payout, state=Payout.State.APPROVED, reviewer=reviewer, reason="", now=now)
    _tell(payout, Notification.Kind.PAYOUT_APPROVED, now)


@durable
def reject_payout(*, payout_id: uuid.UUID, reviewer: User, reason: str, now: datetime) -> None:
    """Give the money back to the creator's balance and tell why; rejecting a rejected one changes nothing.

    :raises ReasonMissing: if the reason is empty.
    :raises OwnPayout: if the reviewer is its creator.
    :raises AlreadyReviewed: if it was approved.
    """
    if not reason.strip():
        msg = "reason: say why, the creator will read it"
        raise ReasonMissing(msg)
    payout = _locked(payout_id)
    if payout.state == Payout.State.REJECTED:
        return
    _review(payout, state=Payout.State.REJECTED, reviewer=reviewer, reason=reason.strip(), now=now)
    payout.ended_at = now
    payout.save(update_fields=["ended_at"])
    _give_back(payout, moment=moments.open_moment(wanted=now, now=now))
    _tell(payout, Notification.Kind.PAYOUT_REJECTED, now)


def advance_payout(*, payout_id: uuid.UUID, now: datetime) -> Outcome:
    """Send an approved payout, or ask what became of one that was sent, and record the answer.

    One that the provider has never heard of is sent, whatever we thought.

    Safe to run twice: the provider knows the payout by our id, and the outcome is recorded once.
    """
    payout = Payout.objects.get(pk=payout_id)
    gateway = get_gateway()
    if payout.state not in {Payout.State.APPROVED, Payout.State.SENDING}:
        return Outcome(result=Result.PENDING)
    is_known = payout.state == Payout.State.SENDING
    outcome = gateway.sending_outcome(movement_id=payout.id) if is_known else Outcome(result=Result.UNKNOWN)
    if outcome.result is Result.UNKNOWN:
        gateway.send_payout(payout_id=payout.id, creator_id=payout.creator_id, amount_cents=payout.amount_cents)
        outcome = gateway.sending_outcome(movement_id=payout.id)
    record_payout(payout_id=payout.id, outcome=outcome, now=now)
    return outcome


@durable
def record_payout(*, payout_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    """Record that a payout is on its way or has arrived, or bring the money back to the creator's balance."""
    payout = _locked(payout_id)
    if payout.state not in {Payout.State.APPROVED, Payout.State.SENDING}:
        return
    moment = moments.open_moment(wanted=now, now=now)
    match outcome.result:
        case Result.SUCCEEDED:
            _post(
                payout,
                debit=ledger.open_account(kind=chart.Kind.PAYOUTS_IN_TRANSIT).pk,
                credit=ledger.open_account(kind=chart.Kind.PROCESSOR_CASH).pk,
                kind=chart.TransferKind.PAYOUT_SENT,
                key="ended",
                moment=moment,
            )
            _end(payout, Payout.State.SENT, now)
            _tell(payout, Notification.Kind.PAYOUT_SENT, now)
        case Result.DECLINED:
            payout.reason = outcome.reason
            _give_back(payout, moment=moment)
            _end(payout, Payout.State.FAILED, now)
            _tell(payout, Notification.Kind.PAYOUT_FAILED, now)
        case _ if outcome.result is not Result.UNKNOWN:
            payout.state = Payout.State.SENDING
            payout.save(update_fields=["state"])


def _locked(payout_id: uuid.UUID) -> Payout:
    return Payout.objects.select_for_update(of=("self",)).select_related("creator").get(pk=payout_id)


def _review(payout: Payout, *, state: Payout.State, reviewer: User, reason: str, now: datetime) -> None:
    if payout.creator_id == reviewer.pk:
        msg = "reviewed_by: nobody reviews their own payout"
        raise OwnPayout(msg)
    if payout.state != Payout.State.REQUESTED:
        msg = f"state: the payout is {payout.state} already"
        raise AlreadyReviewed(msg)
    payout.state, payout.reason = state, reason
    payout.reviewed_by, payout.reviewed_at = reviewer, now
    payout.save(update_fields=["state", "reason", "reviewed_by", "reviewed_at"])


def _give_back(payout: Payout, *, moment: datetime) -> None:
    _post(
        payout,
        debit=ledger.open_account(kind=chart.Kind.PAYOUTS_IN_TRANSIT).pk,
        credit=ledger.open_account(kind=chart.Kind.CREATOR_BALANCE, owner=payout.creator).pk,
        kind=chart.TransferKind.PAYOUT_RETURNED,
        key="ended",
        moment=moment,
    )


def _post(payout: Payout, *, debit: int, credit: int, kind: chart.TransferKind, key: str, moment: datetime) -> None:
    """Move the payout's amount. It ends once: `ended` is one key for arriving and for coming back."""
    ledger.post(
        postings=[
            ledger.Posting(
                debit_account_id=debit,
                credit_account_id=credit,
                amount_micros=money.cents_to_micros(payout.amount_cents),
                kind=kind,
                idempotency_key=f"payout:{payout.id}:{key}",
                occurred_at=moment,
            )
        ]
    )


def _end(payout: Payout, state: Payout.State, now: datetime) -> None:
    payout.state, payout.ended_at = state, now
    payout.save(update_fields=["state", "reason", "ended_at"])


def _tell(payout: Payout, kind: Notification.Kind, now: datetime) -> None:
    accounts_operations.notify(
        recipient=payout.creator,
        kind=kind,
        subject_key=str(payout.id),
        context={"amount_cents": payout.amount_cents, "reason": payout.reason},
        now=now,
    )
