"""Stripe as a `PaymentGateway`: which objects stand for a movement of ours, and what they say of it together.

A movement is looked for by our own id before it is asked for: a payment among its customer's, a refund among its
payment's, a transfer in its group. So an answer that was lost is found again, however long ago that was.
"""

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils.translation import get_language

from payouts.gateway import (
    AccountState,
    DisputeFacts,
    DisputeState,
    Event,
    Movement,
    Order,
    Outcome,
    Payer,
    Readiness,
    Requirement,
    Result,
    SavedMethod,
    Urgency,
    stripe,
    stripe_events,
)
from payouts.gateway.stripe import CURRENCY, NotDone
from payouts.gateway.stripe_facts import Intent, Page, Sending
from payouts.gateway.stripe_words import DISPUTE_STATES, READINESS, REASONS, URGENCY

CLOCK_SKEW: Final = timedelta(hours=1)
"""Stripe's clock and ours may differ, and nothing may fall between them."""

_METHODS: Final = ["card", "sepa_debit"]
_PAID: Final = "succeeded"
_DECIDED: Final = frozenset({_PAID, "processing", "canceled"})
_WANTS_FAN: Final = "authentication_required"


class StripeGateway:
    """A `PaymentGateway` whose provider is Stripe, at `settings.STRIPE_API_URL`."""

    @property
    def moves_real_money(self) -> bool:
        """Tell whether the key is a live one."""
        return bool(settings.STRIPE_LIVE)

    def open_customer(self, *, fan_id: int, email: str) -> str:
        """Make a customer of a fan. One whose name was lost on the way is left behind; no payment hangs on it."""
        return stripe.create_customer(email=email, fan_id=fan_id)

    def open_pay_page(self, *, order: Order, description: str, return_url: str) -> str:
        """Return the open Checkout page of a deposit or make one, once every charge without the fan is closed."""
        pages, intents = _look(order)
        if any(intent.status in {_PAID, "processing"} for intent in intents):
            return return_url
        for page in pages:
            if page.status == "open":
                return page.url
        if not _cancel(intents):
            # Somebody paid it just now.
            return return_url
        notes = _notes(order)
        price = {"currency": CURRENCY, "unit_amount": order.amount_cents, "product_data": {"name": description}}
        made = stripe.create_page(
            {
                "mode": "payment",
                "customer": order.payer.customer,
                "client_reference_id": str(order.deposit_id),
                "metadata": notes,
                "allowed_payment_method_types": [*_METHODS],
                "line_items": [{"quantity": 1, "price_data": price}],  # type: ignore[typeddict-item]
                "payment_intent_data": {
                    "setup_future_usage": "off_session",
                    "transfer_group": f"deposit-{order.deposit_id}",
                    "metadata": notes,
                },
                "success_url": return_url,
                "cancel_url": return_url,
                "locale": get_language() or "auto",
            },
            # One that has expired makes place for another; two who ask at once get the same.
            key=f"deposit-{order.deposit_id}-page-{len(pages)}-{order.attempt}",
        )
        return made.url

    def charge_saved_method(self, *, order: Order, return_url: str) -> None:
        """Make and confirm a PaymentIntent without the fan; a decline is told by `deposit_outcome`."""
        with suppress(NotDone):
            stripe.create_intent(
                {
                    "amount": order.amount_cents,
                    "currency": CURRENCY,
                    "customer": order.payer.customer,
                    "payment_method": order.payer.method,
                    "confirm": True,
                    "off_session": True,
                    "allowed_payment_method_types": [*_METHODS],
                    "return_url": return_url,
                    "transfer_group": f"deposit-{order.deposit_id}",
                    "metadata": _notes(order),
                    "payment_method_options": {"card": {"stored_credential_usage": "recurring"}},
                },
                key=f"deposit-{order.deposit_id}-{order.attempt}",
            )

    def deposit_outcome(self, *, order: Order) -> Outcome:
        """Judge all pages and PaymentIntents of a deposit together: what was paid counts before what can be."""
        pages, intents = _look(order)
        for intent in intents:
            if intent.status == _PAID:
                return _paid(intent, order)
        if any(intent.status == "processing" for intent in intents):
            return Outcome(result=Result.PROCESSING)
        for page in pages:
            if page.status == "open":
                return Outcome(result=Result.PENDING, url=page.url)
        waiting = [intent for intent in intents if intent.status not in _DECIDED]
        if any(_wants_fan(intent) for intent in waiting):
            return Outcome(result=Result.NEEDS_FAN)
        for intent in intents:
            if intent.error_code and not _wants_fan(intent):
                return Outcome(result=Result.DECLINED, reason=_reason(intent), reference=intent.id)
        return Outcome(result=Result.CANCELLED if pages or intents else Result.UNKNOWN)

    def cancel_deposit(self, *, order: Order) -> None:
        """Expire the pages of a deposit and cancel its PaymentIntents; what is paid or under way stays."""
        pages, intents = _look(order)
        for page in pages:
            if page.status == "open":
                # Where somebody has paid it just now the next look tells.
                with suppress(NotDone):
                    stripe.expire_page(page.id)
        _cancel(intents)

    def open_method_page(self, *, payer: Payer, return_url: str) -> str:
        """Make a Checkout page that saves a card or a debit mandate and takes nothing."""
        made = stripe.create_page(
            {
                "mode": "setup",
                "currency": CURRENCY,
                "customer": payer.customer,
                "allowed_payment_method_types": [*_METHODS],
                "success_url": return_url,
                "cancel_url": return_url,
                "locale": get_language() or "auto",
            },
            key=f"fan-{payer.fan_id}-method-{uuid.uuid4()}",
        )
        return made.url

    def saved_method(self, *, payer: Payer) -> SavedMethod | None:
        """Tell the newest card or debit of the customer."""
        for method in stripe.methods_of(customer=payer.customer):
            label = f"{method.brand.replace('_', ' ').title() or 'SEPA'} •••• {method.last4}"
            return SavedMethod(reference=method.id, kind=method.kind, label=label, expires=method.expires)
        return None

    def remove_methods(self, *, payer: Payer) -> None:
        """Detach all cards and debits of the customer; one that is detached already is no trouble."""
        for method in stripe.methods_of(customer=payer.customer):
            with suppress(NotDone):
                stripe.detach_method(method.id)

    def send_refund(self, *, refund_id: uuid.UUID, payment: str, amount_cents: int, attempt: int) -> Outcome:
        """Refund a part of a PaymentIntent, unless that was done."""
        known = self.refund_outcome(refund_id=refund_id, payment=payment, amount_cents=amount_cents)
        if known.result is not Result.UNKNOWN:
            return known
        try:
            sent = stripe.create_refund(
                {
                    "payment_intent": payment,
                    "amount": amount_cents,
                    "reason": "requested_by_customer",
                    "metadata": {"refund_id": str(refund_id)},
                },
                key=f"refund-{refund_id}-{attempt}",
            )
        except NotDone as error:
            return _not_sent(error, otherwise="not_refundable")
        return _sent(sent, amount_cents=amount_cents)

    def refund_outcome(self, *, refund_id: uuid.UUID, payment: str, amount_cents: int) -> Outcome:
        """Look for the refund among those of its PaymentIntent."""
        found = [each for each in stripe.refunds_of(payment=payment) if each.note == str(refund_id)]
        return _sent(found[0], amount_cents=amount_cents) if found else Outcome(result=Result.UNKNOWN)

    def open_account(self, *, creator_id: int, email: str, name: str, country: str, replaces: str = "") -> str:
        """Make an account with Stripe's own dashboard that can only receive; Stripe knows the creator, not we."""
        return stripe.create_account(
            {
                "contact_email": email,
                "display_name": name,
                "dashboard": "express",
                "identity": {"country": country},
                "configuration": {
                    "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
                },
                "defaults": {
                    "currency": CURRENCY,
                    "responsibilities": {"fees_collector": "application", "losses_collector": "application"},
                },
                "metadata": {"creator_id": str(creator_id)},
            },
            key=f"creator-{creator_id}-{country}-{replaces}".rstrip("-"),
        )

    def account_page(self, *, account: str, return_url: str, refresh_url: str) -> str:
        """Make a link to Stripe's onboarding."""
        return stripe.create_account_link(
            {
                "account": account,
                "use_case": {
                    "type": "account_onboarding",
                    "account_onboarding": {
                        "refresh_url": refresh_url,
                        "return_url": return_url,
                    },
                },
            }
        )

    def account_state(self, *, account: str) -> AccountState:
        """Read the capability to receive transfers; an account that isn't there for us any more is gone."""
        try:
            found = stripe.account(account)
        except NotDone:
            return AccountState(readiness=Readiness.GONE)
        if found.is_closed:
            return AccountState(readiness=Readiness.GONE)
        wanted = tuple(
            Requirement(code=code, urgency=URGENCY.get(urgency, Urgency.NOW)) for code, urgency in found.wanted
        )
        return AccountState(
            readiness=READINESS.get(found.transfers, Readiness.NEEDS_CREATOR),
            requirements=wanted,
            due_at=datetime.fromisoformat(found.due_at) if found.due_at else None,
        )

    def send_payout(self, *, payout_id: uuid.UUID, account: str, amount_cents: int, attempt: int) -> Outcome:
        """Transfer to a connected account, unless that was done."""
        known = self.payout_outcome(payout_id=payout_id, account=account, amount_cents=amount_cents)
        if known.result is not Result.UNKNOWN:
            return known
        try:
            sent = stripe.create_transfer(
                {
                    "amount": amount_cents,
                    "currency": CURRENCY,
                    "destination": account,
                    "transfer_group": f"payout-{payout_id}",
                    "metadata": {"payout_id": str(payout_id)},
                },
                key=f"payout-{payout_id}-{attempt}",
            )
        except NotDone as error:
            if error.code == "balance_insufficient":
                return Outcome(result=Result.HELD)
            return _not_sent(error, otherwise="account_not_ready")
        return _sent(sent, amount_cents=amount_cents, target=account)

    def payout_outcome(self, *, payout_id: uuid.UUID, account: str, amount_cents: int) -> Outcome:
        """Look for the transfer in its group."""
        found = stripe.transfers_in(group=f"payout-{payout_id}")
        if not found:
            return Outcome(result=Result.UNKNOWN)
        return _sent(found[-1], amount_cents=amount_cents, target=account)

    def dispute(self, *, reference: str) -> DisputeFacts:
        """Read a dispute and what Stripe booked for it: what it took, what it gave back, and its fee."""
        found = stripe.dispute(reference)
        fees = [fee for fee in found.fees_cents if fee > 0]
        return DisputeFacts(
            reference=found.id,
            payment=found.payment,
            amount_cents=found.amount_cents,
            is_in_our_currency=found.currency == CURRENCY,
            reason=found.reason,
            state=DISPUTE_STATES.get(found.status, DisputeState.OPEN),
            is_taken=sum(found.moved_cents) < 0,
            fee_cents=fees[0] if fees else 0,
            is_fee_returned=any(fee < 0 for fee in found.fees_cents),
        )

    def warned_payment(self, *, reference: str) -> str:
        """Read which PaymentIntent an early fraud warning is about."""
        return stripe.warned_payment(reference)

    def movements(self, *, since: datetime) -> Iterable[Movement]:
        """Read Stripe's balance transactions; one is about the payment, refund, transfer or dispute at its source."""
        for line in stripe.balance_lines(since=since - CLOCK_SKEW):
            if line.currency == CURRENCY:
                yield Movement(
                    id=line.id,
                    kind=line.kind,
                    subject=line.subject,
                    amount_cents=line.amount_cents,
                    fee_cents=line.fee_cents,
                    occurred_at=line.made_at,
                )

    def balance_cents(self) -> int | None:
        """Add what is available, pending and kept back for connected accounts."""
        return stripe.balance_cents()

    def read_event(self, *, body: bytes, signature: str, now: datetime) -> Event:
        """Return the event that Stripe sent, whole or thin."""
        return stripe_events.read(body=body, signature=signature, now=now)

    def events(self, *, since: datetime) -> Iterable[Event]:
        """List what Stripe remembers, for 30 days, of the kinds that we want. Connected accounts keep their own."""
        return stripe_events.remembered(since=since)


def _look(order: Order) -> tuple[list[Page], list[Intent]]:
    """Return the Checkout pages and PaymentIntents that stand for a deposit, newest first."""
    since, note = order.asked_at - CLOCK_SKEW, str(order.deposit_id)
    pages = [page for page in stripe.pages_of(customer=order.payer.customer, since=since) if page.note == note]
    intents = [each for each in stripe.intents_of(customer=order.payer.customer, since=since) if each.note == note]
    return pages, intents


def _cancel(intents: Sequence[Intent]) -> bool:
    """Close the PaymentIntents that can still be paid; return whether none was paid meanwhile."""
    try:
        for intent in intents:
            if intent.status not in _DECIDED:
                stripe.cancel_intent(intent.id)
    except NotDone:
        return False
    return True


def _notes(order: Order) -> dict[str, str]:
    return {"deposit_id": str(order.deposit_id), "fan_id": str(order.payer.fan_id)}


def _paid(intent: Intent, order: Order) -> Outcome:
    if (intent.amount_cents, intent.currency) != (order.amount_cents, CURRENCY):
        return _mismatch(intent, order.amount_cents)
    if intent.fee_cents is None:
        # Stripe books a moment later.
        return Outcome(result=Result.PROCESSING, reference=intent.id)
    return Outcome(
        result=Result.SUCCEEDED, occurred_at=intent.charged_at, fee_cents=intent.fee_cents, reference=intent.id
    )


def _wants_fan(intent: Intent) -> bool:
    return intent.status == "requires_action" or _WANTS_FAN in {intent.error_code, intent.decline_code}


def _reason(intent: Intent) -> str:
    return REASONS.get(intent.decline_code) or REASONS.get(intent.error_code) or "card_declined"


def _sent(found: Sending, *, amount_cents: int, target: str = "") -> Outcome:
    """Judge a refund or a transfer."""
    if (found.amount_cents, found.currency, found.target) != (amount_cents, CURRENCY, target):
        return _mismatch(found, amount_cents)
    if found.taken_back_cents == found.amount_cents or found.status in {"failed", "canceled"}:
        reason = "taken_back" if found.taken_back_cents else REASONS.get(found.failure_code, "not_refundable")
        return Outcome(result=Result.DECLINED, reason=reason, reference=found.id)
    if found.status != _PAID:
        return Outcome(result=Result.PENDING, reference=found.id)
    return Outcome(result=Result.SUCCEEDED, occurred_at=found.made_at, reference=found.id)


def _mismatch(found: Intent | Sending, amount_cents: int) -> Outcome:
    reason = f"{found.id}: {found.amount_cents} {found.currency} instead of {amount_cents} {CURRENCY}"
    return Outcome(result=Result.MISMATCH, reason=reason, reference=found.id)


def _not_sent(error: NotDone, *, otherwise: str) -> Outcome:
    return Outcome(result=Result.DECLINED, reason=REASONS.get(error.code, otherwise))
