"""The sandbox: a payment provider that behaves like one and moves no real money.

It answers late, as providers do: a movement is only decided a moment after it was asked for.
Payouts and refunds of an amount whose cents are 13 fail; all others arrive.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone

from payouts.gateway import (
    AccountState,
    DisputeFacts,
    Event,
    EventRefused,
    Movement,
    Order,
    OrderRefused,
    Outcome,
    Payer,
    Readiness,
    Requirement,
    Result,
    SavedMethod,
    Urgency,
)
from payouts.gateway.prices import price_of
from payouts.gateway.sandbox.models import SandboxAccount, SandboxPayment

FAILING_CENTS: Final = 13
DELAY: Final = timedelta(seconds=2)
_NAME: Final = "sandbox-{}"
_NEXT: Final = "+"

State = SandboxPayment.State
_WAITING_FOR_PERSON: Final = (State.OPEN, State.CHALLENGED)


class SandboxGateway:
    """A `PaymentGateway` whose provider is two tables of our own."""

    moves_real_money = False

    def open_customer(self, *, fan_id: int, email: str) -> str:
        """Return a name; the sandbox knows everybody."""
        del email
        return _NAME.format(fan_id)

    def open_pay_page(self, *, order: Order, description: str, return_url: str) -> str:
        """Return the address of the pretended pay page."""
        del description
        _remember(
            movement_id=order.deposit_id,
            person_id=order.payer.fan_id,
            amount_cents=order.amount_cents,
            is_incoming=True,
            return_url=return_url,
        )
        return reverse("sandbox:pay", args=[order.deposit_id])

    def charge_saved_method(self, *, order: Order, return_url: str) -> None:
        """Charge like the fan's latest payment: it succeeds, or is declined where there was none."""
        is_saved = self.saved_method(payer=order.payer) is not None
        _remember(
            movement_id=order.deposit_id,
            person_id=order.payer.fan_id,
            amount_cents=order.amount_cents,
            is_incoming=True,
            return_url=return_url,
            state=State.SUCCEEDING if is_saved else State.FAILING,
            reason="" if is_saved else "no_saved_method",
        )

    def deposit_outcome(self, *, order: Order) -> Outcome:
        """Tell what the person chose on the pay page, a moment later."""
        payment = SandboxPayment.objects.filter(pk=order.deposit_id).first()
        if payment is None:
            return Outcome(result=Result.UNKNOWN)
        if payment.state in _WAITING_FOR_PERSON:
            result = Result.PENDING if payment.state == State.OPEN else Result.NEEDS_FAN
            return Outcome(result=result, url=reverse("sandbox:pay", args=[order.deposit_id]))
        return _outcome(payment, fee_cents=price_of("card").fee_cents(amount_cents=payment.amount_cents))

    def cancel_deposit(self, *, order: Order) -> None:
        """Close the pay page, or note that a deposit never heard of is not to be paid."""
        _remember(movement_id=order.deposit_id, person_id=0, amount_cents=0, is_incoming=True, state=State.CANCELLED)
        SandboxPayment.objects.filter(pk=order.deposit_id, state__in=_WAITING_FOR_PERSON).update(
            state=State.CANCELLED, due_at=timezone.now()
        )

    def open_method_page(self, *, payer: Payer, return_url: str) -> str:
        """Return the address of a pretended pay page for nothing."""
        page_id = uuid.uuid4()
        _remember(
            movement_id=page_id, person_id=payer.fan_id, amount_cents=0, is_incoming=True, return_url=return_url
        )
        return reverse("sandbox:pay", args=[page_id])

    def saved_method(self, *, payer: Payer) -> SavedMethod | None:
        """Tell of a card once somebody has paid."""
        paid = SandboxPayment.objects.filter(
            person_id=payer.fan_id,
            is_incoming=True,
            is_saved=True,
            state=State.SUCCEEDING,
            due_at__lte=timezone.now(),
        )
        if not paid.exists():
            return None
        return SavedMethod(reference=_NAME.format("card"), kind="card", label="Sandbox •••• 4242")

    def remove_methods(self, *, payer: Payer) -> None:
        """Let no payment up to now stand for a card."""
        SandboxPayment.objects.filter(person_id=payer.fan_id, is_incoming=True).update(is_saved=False)

    def send_refund(self, *, refund_id: uuid.UUID, payment: str, amount_cents: int, attempt: int) -> Outcome:
        """Pretend to pay a fan back."""
        del payment, attempt
        return _send(movement_id=refund_id, amount_cents=amount_cents)

    def refund_outcome(self, *, refund_id: uuid.UUID, payment: str, amount_cents: int) -> Outcome:
        """Tell whether the money arrived, a moment later."""
        del payment, amount_cents
        return _sending_outcome(refund_id)

    def open_account(self, *, creator_id: int, email: str, name: str, country: str, replaces: str = "") -> str:
        """Remember a creator who has told nothing yet, or forget what one has told whose account was closed."""
        del email, name, country
        account, _ = SandboxAccount.objects.get_or_create(creator_id=creator_id)
        if not replaces:
            return _NAME.format(creator_id)
        account.readiness = Readiness.NEEDS_CREATOR
        account.save()
        return f"{replaces}{_NEXT}"

    def account_page(self, *, account: str, return_url: str, refresh_url: str) -> str:
        """Return the address of the pretended onboarding."""
        del account, return_url, refresh_url
        return reverse("sandbox:onboard")

    def account_state(self, *, account: str) -> AccountState:
        """Tell what the creator chose on that page."""
        creator_id = account.removeprefix(_NAME.format("")).rstrip(_NEXT)
        found = SandboxAccount.objects.filter(creator_id=creator_id).first()
        if found is None:
            return AccountState(readiness=Readiness.GONE)
        readiness = Readiness(found.readiness)
        wanted = (Requirement(code="identity.individual.date_of_birth", urgency=Urgency.NOW),)
        return AccountState(readiness=readiness, requirements=wanted if readiness is Readiness.NEEDS_CREATOR else ())

    def send_payout(self, *, payout_id: uuid.UUID, account: str, amount_cents: int, attempt: int) -> Outcome:
        """Pretend to pay a creator whose account is ready."""
        del attempt
        if self.account_state(account=account).readiness is not Readiness.READY:
            return Outcome(result=Result.DECLINED, reason="account_not_ready")
        return _send(movement_id=payout_id, amount_cents=amount_cents)

    def payout_outcome(self, *, payout_id: uuid.UUID, account: str, amount_cents: int) -> Outcome:
        """Tell whether the money arrived, a moment later."""
        del account, amount_cents
        return _sending_outcome(payout_id)

    def dispute(self, *, reference: str) -> DisputeFacts:
        """Refuse it: nobody contests pretended money."""
        msg = f"reference: the sandbox knows no dispute {reference}"
        raise OrderRefused(msg)

    def warned_payment(self, *, reference: str) -> str:
        """Refuse it: nobody warns of pretended money."""
        msg = f"reference: the sandbox knows no warning {reference}"
        raise OrderRefused(msg)

    def read_event(self, *, body: bytes, signature: str, now: datetime) -> Event:
        """Refuse it: the sandbox tells nobody anything."""
        del body, signature, now
        msg = "body: the sandbox sends no events"
        raise EventRefused(msg)

    def movements(self, *, since: datetime) -> Iterable[Movement]:
        """Yield nothing: the sandbox keeps no book."""
        del since
        return ()

    def balance_cents(self) -> int | None:
        """Tell nothing: pretended money has no balance."""
        return None

    def events(self, *, since: datetime) -> Iterable[Event]:
        """Yield nothing: the sandbox remembers no events."""
        del since
        return ()


def choose(*, payment: SandboxPayment, choice: str, at_once: bool = False) -> None:
    """Do what the person chose on the pay page: `succeed`, `decline` or `challenge`. A decided one stays.

    The answer comes a moment later, unless it is wanted at once.
    """
    changes = {
        "succeed": (State.SUCCEEDING, ""),
        "decline": (State.FAILING, "card_declined"),
        "challenge": (State.CHALLENGED, ""),
    }
    state, reason = changes[choice]
    SandboxPayment.objects.filter(pk=payment.pk, state__in=_WAITING_FOR_PERSON).update(
        state=state, reason=reason, due_at=timezone.now() if at_once else timezone.now() + DELAY
    )


def _send(*, movement_id: uuid.UUID, amount_cents: int) -> Outcome:
    fails = amount_cents % 100 == FAILING_CENTS
    _remember(
        movement_id=movement_id,
        person_id=0,
        amount_cents=amount_cents,
        is_incoming=False,
        state=State.FAILING if fails else State.SUCCEEDING,
        reason="account_closed" if fails else "",
    )
    return _sending_outcome(movement_id)


def _sending_outcome(movement_id: uuid.UUID) -> Outcome:
    payment = SandboxPayment.objects.filter(pk=movement_id).first()
    return Outcome(result=Result.UNKNOWN) if payment is None else _outcome(payment, fee_cents=0)


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
            return Outcome(
                result=Result.SUCCEEDED,
                occurred_at=payment.due_at,
                fee_cents=fee_cents,
                reference=str(payment.pk),
            )
        case _:
            return Outcome(result=Result.DECLINED, occurred_at=payment.due_at, reason=payment.reason)
