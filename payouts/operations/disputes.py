"""Deposits that a bank takes back: what they paid for is held, and given back or lost when it is decided."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from flattr import money
from flattr.transactions import durable, required
from payouts.gateway import DisputeFacts, DisputeState, get_gateway
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.ledger import queries as ledger_queries
from payouts.models import Deposit, Dispute, DisputeShare
from payouts.operations import debts, moments
from payouts.queries import debts as debt_queries
from payouts.queries import disputes

Source = DisputeShare.Source

_FROM: Final = {
    Source.FAN: (chart.Kind.FAN_BALANCE, chart.TransferKind.DISPUTE_FROM_FAN),
    Source.CREATOR: (chart.Kind.CREATOR_BALANCE, chart.TransferKind.DISPUTE_FROM_CREATOR),
    Source.PLATFORM: (chart.Kind.LOSSES, chart.TransferKind.DISPUTE_BORNE),
}

_OURS: Final = (chart.Kind.LOSSES, chart.Kind.DISPUTED, chart.Kind.PROCESSOR_CASH, chart.Kind.PROCESSOR_FEE)
"""The platform's accounts that are moved along."""


class NotOurDeposit(ValueError):
    """No deposit of ours has succeeded by that payment, or not yet."""


class DisputeMismatch(ValueError):
    """The dispute isn't about what the deposit brought."""


def look_at_dispute(*, reference: str, now: datetime) -> None:
    """Ask the provider about a dispute and record the answer. Safe to run twice.

    :raises NotOurDeposit: if the payment that it names isn't a deposit that has succeeded.
    :raises DisputeMismatch: if it is about more than the deposit, or another currency.
    :raises BeingSettled: if the bank took what a settlement that isn't finished may be giving to creators.
    """
    record_dispute(facts=get_gateway().dispute(reference=reference), now=now)


def deposit_paid_by(*, payment: str) -> Deposit:
    """Return the deposit that came by what the provider calls that.

    :raises NotOurDeposit: if none has, or not yet.
    """
    deposit = Deposit.objects.filter(reference=payment, state=Deposit.State.SUCCEEDED).select_related("fan").first()
    if deposit is None:
        msg = f"payment: no deposit has come by {payment}"
        raise NotOurDeposit(msg)
    return deposit


@durable
def record_dispute(*, facts: DisputeFacts, now: datetime) -> None:
    """Book what the bank took or gave back since it was last told, and who bears it meanwhile.

    What is disputed comes from the fan's balance, then from what creators got of that deposit and haven't asked for,
    then from the platform. Where the dispute is won, even after it was lost, each gets their own back.

    :raises BeingSettled: if the bank took what a settlement that isn't finished may be giving to creators.
    """
    deposit = deposit_paid_by(payment=facts.payment)
    if facts.amount_cents > deposit.amount_cents or not facts.is_in_our_currency:
        msg = f"amount_cents: {facts.reference} is about {facts.amount_cents}, the deposit of {deposit.amount_cents}"
        raise DisputeMismatch(msg)
    moment = moments.open_moment(wanted=now, now=now)
    accounts_operations.lock_fan(fan=deposit.fan)
    dispute, is_new = Dispute.objects.select_for_update().get_or_create(
        id=facts.reference,
        defaults={
            "deposit": deposit,
            "amount_cents": facts.amount_cents,
            "reason": facts.reason,
            "opened_at": moment,
        },
    )
    if is_new:
        _tell(dispute, deposit.fan, Notification.Kind.DEPOSIT_DISPUTED, now, amount_cents=dispute.amount_cents)
    if facts.is_taken and not dispute.is_taken:
        _hold(dispute, moment=moment, now=now)
    _book_fee(dispute, facts, moment=moment)
    _decide(dispute, facts, moment=moment, now=now)
    dispute.save()


@required
def _hold(dispute: Dispute, *, moment: datetime, now: datetime) -> None:
    """Take the amount from those who have it, and let the bank have it."""
    moments.require_settled(fan=dispute.deposit.fan)
    earned: Counter[int] = Counter()
    for creator_id, micros in disputes.earned_from(deposit=dispute.deposit):
        earned[creator_id] += micros
    shares = list(_shares(dispute, earned))
    DisputeShare.objects.bulk_create(shares)
    debts.note_debts(dispute=dispute, earned=earned, shares=shares)
    disputed = ledger.open_account(kind=chart.Kind.DISPUTED).pk
    postings = []
    for share in shares:
        kind, transfer_kind = _FROM[Source(share.source)]
        postings.append(
            ledger.Posting(
                debit_account_id=ledger.open_account(kind=kind, owner=share.owner).pk,
                credit_account_id=disputed,
                amount_micros=share.amount_micros,
                kind=transfer_kind,
                idempotency_key=_share_key(share),
                occurred_at=moment,
            )
        )
    ledger.post(postings=postings)
    _move_at_the_bank(dispute, kind=chart.TransferKind.DISPUTE_TAKEN, moment=moment)
    dispute.is_taken = True
    for share in shares:
        if share.source == Source.CREATOR and share.owner is not None:
            _tell(dispute, share.owner, Notification.Kind.EARNINGS_HELD, now, amount_micros=share.amount_micros)


@required
def _shares(dispute: Dispute, earned: Mapping[int, int]) -> Iterator[DisputeShare]:
    """Yield what each gives, in order, until the amount is reached. What they have can't change meanwhile."""
    fan = dispute.deposit.fan
    creators = {creator.pk: creator for creator in User.objects.filter(pk__in=earned).order_by("pk")}
    accounts = [ledger.open_account(kind=chart.Kind.FAN_BALANCE, owner=fan).pk]
    accounts += [ledger.open_account(kind=chart.Kind.CREATOR_BALANCE, owner=each).pk for each in creators.values()]
    # With those of the platform that are moved after this: who releases another dispute locks them in their order.
    accounts += [ledger.open_account(kind=kind).pk for kind in _OURS]
    ledger.lock_accounts(account_ids=accounts)
    left = money.cents_to_micros(dispute.amount_cents)
    own = min(left, ledger_queries.balance_micros(kind=chart.Kind.FAN_BALANCE, owner=fan))
    if own > 0:
        yield DisputeShare(dispute=dispute, source=Source.FAN, owner=fan, amount_micros=own)
    left -= own
    for creator_id, micros in earned.items():
        creator = creators[creator_id]
        has = ledger_queries.balance_micros(kind=chart.Kind.CREATOR_BALANCE, owner=creator)
        part = min(left, micros, has)
        if part > 0:
            yield DisputeShare(dispute=dispute, source=Source.CREATOR, owner=creator, amount_micros=part)
            left -= part
    if left > 0:
        yield DisputeShare(dispute=dispute, source=Source.PLATFORM, amount_micros=left)


@required
def _book_fee(dispute: Dispute, facts: DisputeFacts, *, moment: datetime) -> None:
    """Book what the provider takes for a dispute as the platform's expense, until it gives it back."""
    fees = ledger.open_account(kind=chart.Kind.PROCESSOR_FEE).pk
    cash = ledger.open_account(kind=chart.Kind.PROCESSOR_CASH).pk
    key = f"dispute:{dispute.pk}:fee"
    if facts.fee_cents and not dispute.fee_cents:
        dispute.fee_cents = facts.fee_cents
        amount = money.cents_to_micros(facts.fee_cents)
        ledger.post(
            postings=[
                ledger.Posting(
                    debit_account_id=fees,
                    credit_account_id=cash,
                    amount_micros=amount,
                    kind=chart.TransferKind.DISPUTE_FEE,
                    idempotency_key=key,
                    occurred_at=moment,
                )
            ]
        )
    if dispute.fee_cents and facts.is_fee_returned and not dispute.is_fee_returned:
        dispute.is_fee_returned = True
        ledger.reverse(transfer=ledger_queries.transfer(idempotency_key=key), occurred_at=moment)


@required
def _decide(dispute: Dispute, facts: DisputeFacts, *, moment: datetime, now: datetime) -> None:
    """Record how the dispute stands; where the money is back, give it to those who gave it."""
    match dispute.state, facts.state:
        case Dispute.State.WON, _:
            return
        case _, DisputeState.WON if not dispute.is_taken or not facts.is_taken:
            if dispute.is_taken:
                _release(dispute, moment=moment, now=now)
            dispute.state, dispute.ended_at = Dispute.State.WON, moment
        case Dispute.State.LOST, _:
            # Only the money itself, come back after all, changes that.
            return
        case _, DisputeState.LOST:
            dispute.state, dispute.ended_at = Dispute.State.LOST, moment
            for debt in dispute.debts.select_related("creator"):
                _tell(dispute, debt.creator, Notification.Kind.EARNINGS_OWED, now, amount_micros=debt.amount_micros)
        case _ if dispute.is_taken:
            # One that is won stays open until the money is back.
            dispute.state = Dispute.State.OPEN


@required
def _release(dispute: Dispute, *, moment: datetime, now: datetime) -> None:
    """Let the bank give the amount back, and each have what was taken from them, at once or from later months."""
    shares = list(dispute.shares.select_related("owner").order_by("id"))
    recoveries = list(debt_queries.recoveries_of(dispute=dispute))
    transfers = [ledger_queries.transfer(idempotency_key=_share_key(share)) for share in shares]
    transfers += [ledger_queries.transfer(idempotency_key=recovery.key) for recovery in recoveries]
    accounts = [account for each in transfers for account in (each.debit_account_id, each.credit_account_id)]
    ledger.lock_accounts(account_ids=[*accounts, ledger.open_account(kind=chart.Kind.PROCESSOR_CASH).pk])
    _move_at_the_bank(dispute, kind=chart.TransferKind.DISPUTE_GIVEN_BACK, moment=moment)
    for transfer in transfers:
        ledger.reverse(transfer=transfer, occurred_at=moment)
    released: Counter[User] = Counter()
    for share in shares:
        if share.source == Source.CREATOR and share.owner is not None:
            released[share.owner] += share.amount_micros
    for recovery in recoveries:
        released[recovery.debt.creator] += recovery.amount_micros
    for creator, micros in released.items():
        _tell(dispute, creator, Notification.Kind.EARNINGS_RELEASED, now, amount_micros=micros)


@required
def _move_at_the_bank(dispute: Dispute, *, kind: chart.TransferKind, moment: datetime) -> None:
    """Move the disputed amount between what is frozen and our cash, either way."""
    debit, credit = (ledger.open_account(kind=each).pk for each in chart.ROUTES[kind])
    ledger.post(
        postings=[
            ledger.Posting(
                debit_account_id=debit,
                credit_account_id=credit,
                amount_micros=money.cents_to_micros(dispute.amount_cents),
                kind=kind,
                idempotency_key=f"dispute:{dispute.pk}:{kind.removeprefix('dispute_')}",
                occurred_at=moment,
            )
        ]
    )


def _share_key(share: DisputeShare) -> str:
    return f"dispute:{share.dispute_id}:{share.source}:{share.owner_id or ''}"


def _tell(dispute: Dispute, recipient: User, kind: Notification.Kind, now: datetime, **context: int) -> None:
    accounts_operations.notify(recipient=recipient, kind=kind, subject_key=dispute.pk, context=context, now=now)
