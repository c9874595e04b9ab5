"""Money out to creators: requested, reviewed, sent, arrived or brought back."""

import uuid
from datetime import datetime
from typing import Final

from django.conf import settings

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from flattr.transactions import durable, required
from payouts.gateway import Outcome, Result, get_gateway
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Payout, PayoutAccount
from payouts.operations import accounts, moments, sendings
from payouts.queries import balances, coauthors

_NOT_READY: Final = "account_not_ready"
_OPEN: Final = frozenset({Payout.State.APPROVED, Payout.State.SENDING})
_AT_THE_PROVIDER: Final = _OPEN | {Payout.State.SENT}


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


class AccountNotReady(PayoutRefused):
    """The creator has no account that may receive payouts."""

    def __init__(self) -> None:
        super().__init__("account: there is none that may receive payouts")


class SecondPersonNeeded(ValueError):
    """Whoever approved the payout first can't be the second, too."""


class AlreadyReviewed(ValueError):
    """Somebody has decided about the payout before."""


class OwnPayout(ValueError):
    """Nobody reviews a payout to themselves."""


class SiteUnderReview(ValueError):
    """Clicks on a site of the creator's look as if they weren't meant, and nobody has decided about it."""


class ReasonMissing(ValueError):
    """A rejection must say why, since the creator reads it."""


@durable
def request_payout(*, payout_id: uuid.UUID, creator: User, amount_cents: int, now: datetime) -> Payout:
    """Reserve a part of the creator's withdrawable balance in cents for a payout that staff review.

    The same id reserves it once.

    :raises AmountBelowMinimum: if the operator pays out no such small amount.
    :raises AmountAboveWithdrawable: if the balance less the earnings on hold is smaller.
    :raises AccountNotReady: if the creator has no account that may receive it.
    :raises PayoutIdTaken: if the id stands for another payout.
    """
    minimum = balances.smallest_payout_cents(creator=creator)
    if amount_cents < minimum:
        raise AmountBelowMinimum(amount_cents, minimum)
    moment = moments.open_moment(wanted=now, now=now)
    balance = ledger.open_account(kind=chart.Kind.CREATOR_BALANCE, owner=creator)
    transit = ledger.open_account(kind=chart.Kind.PAYOUTS_IN_TRANSIT)
    # Two requests for the same money meet here; the second then sees what is left.
    ledger.lock_accounts(account_ids=[balance.pk, transit.pk])
    withdrawable = balances.withdrawable_cents(creator=creator, now=now)
    is_known = Payout.objects.filter(pk=payout_id).exists()
    if not is_known and amount_cents > withdrawable:
        raise AmountAboveWithdrawable(amount_cents, withdrawable)
    if not is_known and not PayoutAccount.objects.filter(creator=creator, state=PayoutAccount.State.READY).exists():
        raise AccountNotReady
    payout, is_new = Payout.objects.get_or_create(
        id=payout_id, defaults={"creator": creator, "amount_cents": amount_cents, "requested_at": moment}
    )
    if (payout.creator_id, payout.amount_cents) != (creator.pk, amount_cents):
        msg = f"payout_id: {payout_id} stands for another payout"
        raise PayoutIdTaken(msg)
    if not is_new:
        return payout
    sendings.post(
        sending=payout,
        debit=balance.pk,
        credit=transit.pk,
        kind=chart.TransferKind.PAYOUT_RESERVED,
        key="reserved",
        moment=moment,
    )
    return payout


def takes_two(*, payout: Payout) -> bool:
    """Tell whether two people have to approve the payout, since it is above `SECOND_REVIEW_CENTS`."""
    return payout.amount_cents > settings.SECOND_REVIEW_CENTS


@durable
def approve_payout(*, payout_id: uuid.UUID, reviewer: User, now: datetime) -> Payout:
    """Let a worker send the payout, or where it is large, let a second person approve it; return it as it is then.

    Approving an approved one changes nothing.

    :raises OwnPayout: if the reviewer is its creator.
    :raises SecondPersonNeeded: if the reviewer approved it before, and it takes two.
    :raises AlreadyReviewed: if it was rejected or cancelled.
    :raises SiteUnderReview: if a site that the creator earns from was frozen by a rule and nobody decided about it.
    """
    payout = _locked(payout_id)
    if payout.state in {Payout.State.APPROVED, Payout.State.SENDING, Payout.State.SENT}:
        return payout
    sites = coauthors.origins_under_review(creator=payout.creator)
    if sites:
        msg = f"creator: clicks on {', '.join(sites)} are under review"
        raise SiteUnderReview(msg)
    if takes_two(payout=payout):
        _refuse_reviewer(payout, reviewer)
        if payout.first_reviewer is None:
            payout.first_reviewer = reviewer
            payout.save(update_fields=["first_reviewer"])
            return payout
        if payout.first_reviewer == reviewer:
            msg = f"reviewed_by: above {settings.SECOND_REVIEW_CENTS} cents a second person has to approve"
            raise SecondPersonNeeded(msg)
    _review(payout, state=Payout.State.APPROVED, reviewer=reviewer, reason="", now=now)
    _tell(payout, Notification.Kind.PAYOUT_APPROVED, now)
    return payout


@durable
def cancel_payout(*, payout_id: uuid.UUID, creator: User, now: datetime) -> None:
    """Give the money back to the creator who changed their mind; cancelling a cancelled one changes nothing.

    :raises Payout.DoesNotExist: if it is another creator's.
    :raises AlreadyReviewed: if somebody has decided about it.
    """
    payout = _locked(payout_id)
    if payout.creator != creator:
        raise Payout.DoesNotExist
    if payout.state == Payout.State.CANCELLED:
        return
    if payout.state != Payout.State.REQUESTED:
        msg = f"state: the payout is {payout.state} already"
        raise AlreadyReviewed(msg)
    _give_back(payout, moment=moments.open_moment(wanted=now, now=now))
    _end(payout, Payout.State.CANCELLED, now)


@durable
def return_payout(*, payout_id: uuid.UUID, now: datetime) -> None:
    """Give the money back to a creator whose account will never receive it, where nobody has decided; tell why.

    Any other payout stays as it is.
    """
    payout = _locked(payout_id)
    is_hopeless = PayoutAccount.objects.filter(creator=payout.creator, state__in=PayoutAccount.CLOSED_STATES).exists()
    if payout.state != Payout.State.REQUESTED or not is_hopeless:
        return
    payout.reason = _NOT_READY
    _give_back(payout, moment=moments.open_moment(wanted=now, now=now))
    _end(payout, Payout.State.CANCELLED, now)
    _tell(payout, Notification.Kind.PAYOUT_FAILED, now)


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

    One that the provider has never heard of is sent, whatever we thought, if the creator's account may receive it.
    One that nobody has decided about goes back to a creator whose account will never receive it.
    Safe to run twice: the provider knows the payout by our id, and the outcome is recorded once.
    """
    payout = Payout.objects.select_related("creator").get(pk=payout_id)
    if payout.state == Payout.State.REQUESTED:
        return_payout(payout_id=payout.id, now=now)
    if payout.state not in _AT_THE_PROVIDER:
        return Outcome(result=Result.PENDING)
    account = PayoutAccount.objects.filter(creator=payout.creator).first()
    # It may have been sent to one that was closed since.
    name = payout.account or (account.account if account else "")
    gateway = get_gateway()
    outcome = gateway.payout_outcome(payout_id=payout.id, account=name, amount_cents=payout.amount_cents)
    if outcome.result is Result.UNKNOWN and payout.state != Payout.State.SENT:
        if account is None or accounts.look_at_account(account=account.account, now=now) != PayoutAccount.State.READY:
            outcome = Outcome(result=Result.DECLINED, reason=_NOT_READY)
        else:
            Payout.objects.filter(pk=payout.pk).update(account=account.account)
            with sendings.counting_failures(payout):
                outcome = gateway.send_payout(
                    payout_id=payout.id,
                    account=account.account,
                    amount_cents=payout.amount_cents,
                    attempt=payout.attempt,
                )
    record_payout(payout_id=payout.id, outcome=outcome, now=now)
    return outcome


@durable
def record_payout(*, payout_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    """Record that a payout is held, on its way or has arrived, or bring the money back to the creator's balance."""
    payout = _locked(payout_id)
    moment = moments.open_moment(wanted=now, now=now)
    if payout.state == Payout.State.SENT and outcome.result is Result.DECLINED:
        payout.reason = outcome.reason
        _move(payout, debit=chart.Kind.PROCESSOR_CASH, kind=chart.TransferKind.PAYOUT_BOUNCED, moment=moment)
        _end(payout, Payout.State.RETURNED, now)
        _tell(payout, Notification.Kind.PAYOUT_FAILED, now)
    elif payout.state in _OPEN:
        _record_open(payout, outcome, moment=moment, now=now)


@required
def _record_open(payout: Payout, outcome: Outcome, *, moment: datetime, now: datetime) -> None:
    match outcome.result:
        case Result.SUCCEEDED:
            payout.reference, payout.held_since, payout.reason = outcome.reference, None, ""
            _move(payout, credit=chart.Kind.PROCESSOR_CASH, kind=chart.TransferKind.PAYOUT_SENT, moment=moment)
            _end(payout, Payout.State.SENT, now)
            _tell(payout, Notification.Kind.PAYOUT_SENT, now)
        case Result.DECLINED:
            payout.reason = outcome.reason
            _give_back(payout, moment=moment)
            _end(payout, Payout.State.FAILED, now)
            _tell(payout, Notification.Kind.PAYOUT_FAILED, now)
        case Result.HELD:
            payout.state, payout.held_since = Payout.State.APPROVED, payout.held_since or now
            # The provider would repeat this answer to the same attempt.
            payout.attempt += 1
            payout.save(update_fields=["state", "held_since", "attempt"])
        case _ if outcome.result is not Result.UNKNOWN:
            # Where the provider tells of something else under our id, staff are told, and nothing is booked.
            payout.state = Payout.State.SENDING
            payout.reason = outcome.reason if outcome.result is Result.MISMATCH else ""
            payout.save(update_fields=["state", "reason"])


def _locked(payout_id: uuid.UUID) -> Payout:
    return Payout.objects.select_for_update(of=("self",)).select_related("creator").get(pk=payout_id)


def _refuse_reviewer(payout: Payout, reviewer: User) -> None:
    if payout.creator_id == reviewer.pk:
        msg = "reviewed_by: nobody reviews their own payout"
        raise OwnPayout(msg)
    if payout.state != Payout.State.REQUESTED:
        msg = f"state: the payout is {payout.state} already"
        raise AlreadyReviewed(msg)


def _review(payout: Payout, *, state: Payout.State, reviewer: User, reason: str, now: datetime) -> None:
    _refuse_reviewer(payout, reviewer)
    payout.state, payout.reason = state, reason
    payout.reviewed_by, payout.reviewed_at = reviewer, now
    payout.save(update_fields=["state", "reason", "reviewed_by", "reviewed_at"])


def _give_back(payout: Payout, *, moment: datetime) -> None:
    _move(payout, credit=chart.Kind.CREATOR_BALANCE, kind=chart.TransferKind.PAYOUT_RETURNED, moment=moment)


@required
def _move(
    payout: Payout,
    *,
    debit: chart.Kind = chart.Kind.PAYOUTS_IN_TRANSIT,
    credit: chart.Kind = chart.Kind.CREATOR_BALANCE,
    kind: chart.TransferKind,
    moment: datetime,
) -> None:
    """Move the payout's amount at its end, or once more where it came back after that."""
    owner = payout.creator if credit == chart.Kind.CREATOR_BALANCE else None
    sendings.post(
        sending=payout,
        debit=ledger.open_account(kind=debit).pk,
        credit=ledger.open_account(kind=credit, owner=owner).pk,
        kind=kind,
        key="bounced" if kind == chart.TransferKind.PAYOUT_BOUNCED else "ended",
        moment=moment,
    )


def _end(payout: Payout, state: Payout.State, now: datetime) -> None:
    payout.state, payout.ended_at = state, now
    payout.save(update_fields=["state", "reason", "reference", "held_since", "ended_at"])


def _tell(payout: Payout, kind: Notification.Kind, now: datetime) -> None:
    accounts_operations.notify(
        recipient=payout.creator,
        kind=kind,
        subject_key=str(payout.id),
        context={"amount_cents": payout.amount_cents, "reason": payout.reason},
        now=now,
    )
