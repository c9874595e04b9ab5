"""What fans pay by: Stripe's test cards and test bank accounts, and the payment methods made of them.

Sources: docs.stripe.com/testing (cards) and docs.stripe.com/payments/sepa-debit/accept-a-payment (bank accounts).
"""

import re
from dataclasses import dataclass
from typing import Final

import stripe

from tests.fakestripe.errors import Refused, missing, no_such
from tests.fakestripe.events import emit
from tests.fakestripe.routing import Call, answers, page, update
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import World

MESSAGES: Final = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "payment_intent_authentication_failure": "The provided payment method has failed authentication. You can provide"
    " a new payment method to attempt to fulfill this payment.",
    "debit_not_authorized": "The customer has notified their bank that this payment was not authorized.",
}
"""What Stripe says of a failed payment, by code or by decline code."""


@dataclass(frozen=True)
class Card:
    """A test card: how it is declined, when it must be confirmed and what follows a payment by it."""

    number: str
    code: str = ""
    decline_code: str = ""
    confirm: str = ""
    """When its owner must confirm: "always", or "setup" while it hasn't been set up for later use."""
    follows: str = ""
    """What becomes of the charge: "dispute", "inquiry" or "fraud_warning"."""
    attaches: bool = False
    """Whether it can be saved although it is declined."""
    at_once: bool = False
    """Whether the money is available at once."""


def _declined(number: str, decline_code: str, code: str = "card_declined") -> Card:
    return Card(number, code=code, decline_code=decline_code)


CARDS: Final = {
    "visa": Card("4242424242424242"),
    "mastercard": Card("5555555555554444"),
    "chargeDeclined": _declined("4000000000000002", "generic_decline"),
    "chargeDeclinedInsufficientFunds": _declined("4000000000009995", "insufficient_funds"),
    "chargeDeclinedLostCard": _declined("4000000000009987", "lost_card"),
    "chargeDeclinedStolenCard": _declined("4000000000009979", "stolen_card"),
    "chargeDeclinedExpiredCard": _declined("4000000000000069", "", "expired_card"),
    "chargeDeclinedIncorrectCvc": _declined("4000000000000127", "", "incorrect_cvc"),
    "chargeDeclinedProcessingError": _declined("4000000000000119", "", "processing_error"),
    "chargeDeclinedFraudulent": _declined("4100000000000019", "fraudulent"),
    "chargeCustomerFail": Card("4000000000000341", "card_declined", "generic_decline", attaches=True),
    "authenticationRequired": Card("4000002760003184", confirm="always"),
    "authenticationRequiredOnSetup": Card("4000002500003155", confirm="setup"),
    "createDispute": Card("4000000000000259", follows="dispute"),
    "createDisputeInquiry": Card("4000000000001976", follows="inquiry"),
    "createIssuerFraudRecord": Card("4000000000005423", follows="fraud_warning"),
    "bypassPending": Card("4000000000000077", at_once=True),
}
"""The test cards, as they are called in `pm_card_...` and `tok_...`."""

DEBITS: Final = {
    "DE89370400440532013000": "succeeds",
    "AT611904300234573201": "succeeds",
    "DE62370400440532013001": "fails",
    "AT591904300235473202": "fails",
    "DE35370400440532013002": "disputed",
    "AT321904300235473204": "disputed",
}
"""The test bank accounts (IBAN), and what becomes of a debit of them; other valid ones succeed."""


def card_named(token: str) -> str | None:
    """Return the name of the card that a `pm_card_...` or `tok_...` means, or None."""
    name = re.sub(r"^(pm_card_|tok_)(visa_(?=charge))?", "", token)
    return name if name in CARDS and name != token else None


def card_numbered(number: str) -> str | None:
    """Return the name of the card with that number, or None."""
    digits = re.sub(r"\D", "", number)
    return next((name for name, card in CARDS.items() if card.number == digits), None)


def valid_iban(text: str) -> str | None:
    """Return an IBAN without spaces, or None if its check digits are wrong. Source: ISO 13616."""
    iban = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", iban):
        return None
    turned = "".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])
    return iban if int(turned) % 97 == 1 else None


def card_method(world: World, name: str, *, billing: Json | None = None) -> Json:
    """Make a payment method of a test card."""
    card = CARDS[name]
    brand = "mastercard" if card.number.startswith("5") else "visa"
    details = blank(
        stripe.PaymentMethod.Card,
        brand=brand,
        display_brand=brand,
        country="DE",
        exp_month=12,
        exp_year=2034,
        fingerprint=f"card{card.number[-8:]}",
        funding="credit",
        last4=card.number[-4:],
        checks={"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        networks={"available": [brand], "preferred": None},
        three_d_secure_usage={"supported": True},
    )
    return _method(world, "card", details, {"card": name}, billing)


def debit_method(world: World, iban: str, *, billing: Json | None = None) -> Json:
    """Make a payment method of a bank account."""
    details = blank(
        stripe.PaymentMethod.SepaDebit,
        bank_code=iban[4:12],
        branch_code="",
        country=iban[:2],
        fingerprint=f"iban{iban[-8:]}",
        generated_from={"charge": None, "setup_attempt": None},
        last4=iban[-4:],
    )
    return _method(world, "sepa_debit", details, {"debit": DEBITS.get(iban, "succeeds")}, billing)


def _method(world: World, kind: str, details: Json, hidden: Json, billing: Json | None) -> Json:
    known = blank(stripe.PaymentMethod.BillingDetails, **(billing or {}))
    fields: Json = {
        "type": kind,
        kind: details,
        "billing_details": known,
        "metadata": {},
        "allow_redisplay": "unspecified",
    }
    return world.add(stripe.PaymentMethod, "pm", hidden=hidden, **fields)


def method_typed(world: World, by: str, *, email: str | None = None, name: str | None = None) -> Json:
    """Make the payment method that somebody types on a page: a card's number or name, or an IBAN.

    :raises Refused: if it is no test card and no IBAN.
    """
    billing = {"email": email, "name": name}
    if card := card_numbered(by) or card_named(by) or (by if by in CARDS else None):
        return card_method(world, card, billing=billing)
    if iban := valid_iban(by):
        return debit_method(world, iban, billing=billing)
    if re.fullmatch(r"[\d\s]+", by):
        raise Refused("Your card number is invalid.", status=402, kind="card_error", code="incorrect_number")
    raise Refused("The IBAN you provided is invalid.", code="invalid_bank_account_iban", param="sepa_debit[iban]")


def chosen(world: World, name: str, *, customer: str | None) -> Json:
    """Return the payment method that a payment of a customer names; a test token makes a new one.

    :raises Refused: if there is none, or it is another customer's, or it was used up or detached.
    """
    if card := card_named(name):
        return card_method(world, card)
    if name not in world.data["objects"]:
        raise no_such("PaymentMethod", name, "payment_method")
    method = world.find("payment_method", name, param="payment_method")
    if method["customer"] and method["customer"] != customer:
        message = (
            f"The PaymentMethod {name} does not belong to the Customer you supplied. Please use this PaymentMethod"
            " with the Customer that it belongs to."
        )
        raise Refused(message, param="payment_method")
    require_unused(world, method)
    return method


def require_unused(world: World, method: Json) -> None:
    """Require that a payment method may still be used.

    :raises Refused: if it was detached, or used without being saved for a customer.
    """
    if not method["customer"] and world.hidden(method["id"]).get("used"):
        message = (
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was"
            " detached from a Customer. It may not be used again."
        )
        raise Refused(message, param="payment_method")


def attach(world: World, method: Json, customer: str) -> None:
    """Save a payment method for a customer."""
    method["customer"] = customer
    emit(world, "payment_method.attached", method)


@answers("POST", "/v1/payment_methods")
def _create(call: Call) -> Json:
    params, billing = call.params, call.params.get("billing_details")
    kind = params.get("type")
    if kind == "card":
        token = params.get("card", {}).get("token", "")
        if not (name := card_named(token)):
            if "number" in params.get("card", {}):
                message = "Sending credit card numbers directly to the Stripe API is generally unsafe."
                raise Refused(message, status=402, kind="invalid_request_error")
            raise no_such("token", token, "card[token]")
        method = card_method(call.world, name, billing=billing)
    elif kind == "sepa_debit":
        if not (iban := valid_iban(params.get("sepa_debit", {}).get("iban", ""))):
            message = "The IBAN you provided is invalid."
            raise Refused(message, code="invalid_bank_account_iban", param="sepa_debit[iban]")
        for needed in ("name", "email"):
            if not (billing or {}).get(needed):
                raise missing(f"billing_details[{needed}]")
        method = debit_method(call.world, iban, billing=billing)
    else:
        message = f"The fake makes payment methods of the types card and sepa_debit, not {kind}."
        raise Refused(message, param="type")
    method["metadata"] = params.get("metadata", {})
    return method


@answers("POST", "/v1/payment_methods/{payment_method}/attach")
def _attach(call: Call) -> Json:
    name = call.ids["payment_method"]
    if "customer" not in call.params:
        raise missing("customer")
    customer = call.world.find("customer", call.params["customer"], param="customer")
    method = chosen(call.world, name, customer=customer["id"])
    card = CARDS.get(call.world.hidden(method["id"]).get("card", ""))
    if card and card.code and not card.attaches:
        code = card.decline_code or card.code
        message = MESSAGES.get(code, MESSAGES["card_declined"])
        raise Refused(message, status=402, kind="card_error", code=card.code, decline_code=card.decline_code)
    attach(call.world, method, customer["id"])
    return method


@answers("POST", "/v1/payment_methods/{payment_method}/detach")
def _detach(call: Call) -> Json:
    method = call.find("payment_method")
    if not method["customer"]:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise Refused(message, param="payment_method")
    detach(call.world, method)
    return method


def detach(world: World, method: Json) -> None:
    """Take a payment method from its customer; it can't be used again."""
    before = {"customer": method["customer"]}
    method["customer"] = None
    world.hidden(method["id"])["used"] = True
    emit(world, "payment_method.detached", method, before=before)


@answers("GET", "/v1/payment_methods/{payment_method}")
def _retrieve(call: Call) -> Json:
    return call.find("payment_method")


@answers("POST", "/v1/payment_methods/{payment_method}")
def _update(call: Call) -> Json:
    method = call.find("payment_method")
    if other := call.params.keys() - {"metadata", "allow_redisplay", "expand"}:
        message = f"The fake doesn't change {', '.join(sorted(other))} of a payment method."
        raise Refused(message, status=501, kind="api_error")
    emit(call.world, "payment_method.updated", method, before=update(method, call.params))
    return method


@answers("GET", "/v1/payment_methods")
def _list(call: Call) -> Json:
    saved = [method for method in call.world.every("payment_method") if method["customer"]]
    return page(call, saved, same=("customer", "type"))
