"""The sandbox: a payment provider that behaves like one and moves no real money.

It answers late, as providers do: a movement is only decided a moment after it was asked for.
Payouts and refunds of an amount whose cents are 13 fail; all others arrive.
"""

import uuid
from datetime import timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone

from payouts.gateway import Outcome, Result
from payouts.gateway.sandbox.models import SandboxPayment

FAILING_CENTS: Final = 13
DELAY: Final = timedelta(seconds=2)
_FEE_BASIS_POINTS: Final = 150
_FEE_FIXED_CENTS: Final = 25

State = SandboxPayment.State
_WAITING_FOR_PERSON: Final = (State.OPEN, State.CHALLENGED)


class SandboxGateway:
    """A `PaymentGateway` whose provider is a table of our own."""

    moves_real_money = False

    def open_pay_page(self, *, deposit_id: uuid.UUID, fan_id: int, amount_cents: int, return_url: str) -> str:
        """Return the address of the pretended pay page."""
        _remember(
            movement_id=deposit_id,
            person_id=fan_id,
            amount_cents=amount_cents,
            is_incoming=True,
            return_url=return_url,
        )
        return reverse("sandbox:pay", args=[deposit_id])

    def charge_saved_method(self, *, deposit_id: uuid.UUID, fan_id: int, amount_cents: int, return_url: str) -> None:
        """Charge like the fan's latest payment: it succeeds, or is declined where there was none."""
        paid_before = SandboxPayment.objects.filter(
            person_id=fan_id, is_incoming=True, state=State.SUCCEEDING, due_at__lte=timezone.now()
        ).exists()
        _remember(
            movement_id=deposit_id,
            person_id=fan_id,
            amount_cents=amount_cents,
            is_incoming=True,
            return_url=return_url,
            state=State.SUCCEEDING if paid_before else State.FAILING,
            reason="" if paid_before else "no_saved_method",
        )

    def deposit_outcome(self, *, deposit_id: uuid.UUID) -> Outcome:
        """Tell what the person chose on the pay page, a moment later."""
        payment = SandboxPayment.objects.filter(pk=deposit_id).first()
        if payment is None:
            return Outcome(result=Result.UNKNOWN)
        if payment.state in _WAITING_FOR_PERSON:
            result = Result.PENDING if payment.state == State.OPEN else Result.NEEDS_FAN
            return Outcome(result=result, url=reverse("sandbox:pay", args=[deposit_id]))
        return _outcome(payment, fee_cents=_FEE_FIXED_CENTS + payment.amount_cents * _FEE_BASIS_POINTS // 10_000)

    def cancel_deposit(self, *, deposit_id: uuid.UUID) -> None:
        """Close the pay page, or note that a deposit never heard of is not to be paid."""
        _remember(movement_id=deposit_id, person_id=0, amount_cents=0, is_incoming=True, state=State.CANCELLED)
        SandboxPayment.objects.filter(pk=deposit_id, state__in=_WAITING_FOR_PERSON).update(
            state=State.CANCELLED, due_at=timezone.now()
        )

    def send_payout(self, *, payout_id: uuid.UUID, creator_id: int, amount_cents: int) -> None:
        """Pretend to pay a creator."""
        _send(movement_id=payout_id, person_id=creator_id, amount_cents=amount_cents)

    def send_refund(self, *, refund_id: uuid.UUID, fan_id: int, amount_cents: int) -> None:
        """Pretend to pay a fan back."""
        _send(movement_id=refund_id, person_id=fan_id, amount_cents=amount_cents)

    def sending_outcome(self, *, movement_id: uuid.UUID) -> Outcome:
        """Tell whether the money arrived, a moment later."""
        payment = SandboxPayment.objects.filter(pk=movement_id).first()
        return Outcome(result=Result.UNKNOWN) if payment is None else _outcome(payment, fee_cents=0)


def choose(*, payment: SandboxPayment, choice: str) -> None:
    """Do what the person chose on the pay page: `succeed`, `decline` or `challenge`. A decided one stays."""
    changes = {
        "succeed": (State.SUCCEEDING, ""),
        "decline": (State.FAILING, "card_declined"),
        "challenge": (State.CHALLENGED, ""),
    }
    state, reason = changes[choice]
    SandboxPayment.objects.filter(pk=payment.pk, state__in=_WAITING_FOR_PERSON).update(
        state=state, reason=reason, due_at=timezone.now() + DELAY
    )


def _send(*, movement_id: uuid.UUID, person_id: int, amount_cents: int) -> None:
    fails = amount_cents % 100 == FAILING_CENTS
    _remember(
        movement_id=movement_id,
        person_id=person_id,
        amount_cents=amount_cents,
        is_incoming=False,
        state=State.FAILING if fails else State.SUCCEEDING,
        reason="account_closed" if fails else "",
    )


def _remember(
    *,
    movement_id: uuid.UUID,
    person_id: int,
    amount_cents: int,
    is_incoming: bool,
    return_url: str = "",
    state: str = State.OPEN,
    reason: str = "",
) -> None:
    """Note a movement; asking for the same one again changes nothing."""
    SandboxPayment.objects.get_or_create(
        id=movement_id,
        defaults={
            "person_id": person_id,
            "amount_cents": amount_cents,
            "is_incoming": is_incoming,
            "return_url": return_url,
            "state": state,
            "reason": reason,
            "due_at": timezone.now() + DELAY,
        },
    )


def _outcome(payment: SandboxPayment, *, fee_cents: int) -> Outcome:
    match payment.state:
        case State.CANCELLED:
            return Outcome(result=Result.CANCELLED, occurred_at=payment.due_at)
        case _ if payment.due_at > timezone.now():
            return Outcome(result=Result.PENDING)
        case State.SUCCEEDING:
            return Outcome(result=Result.SUCCEEDED, occurred_at=payment.due_at, fee_cents=fee_cents)
        case _:
            return Outcome(result=Result.DECLINED, occurred_at=payment.due_at, reason=payment.reason)
