"""Charges: the attempts to collect a payment intent, and what they earn."""

from typing import Final

import stripe

from tests.fakestripe import methods, money
from tests.fakestripe.errors import missing
from tests.fakestripe.events import emit
from tests.fakestripe.routing import Call, answers, page, update
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import DAY, World

CARD_FUNDS_DAYS: Final = 3
DEBIT_FUNDS_DAYS: Final = 7
"""After so many days the money of a payment is available."""


_CARD: Final = "brand checks country exp_month exp_year fingerprint funding"


def open_charge(world: World, intent: Json, method: Json, *, status: str) -> Json:
    """Make the charge of an attempt, and let it be the intent's latest."""
    kind = method["type"]
    kinds: Json = {
        "card": (
            stripe.Charge.PaymentMethodDetails.Card,
            _CARD,
        ),
        "sepa_debit": (stripe.Charge.PaymentMethodDetails.SepaDebit, "bank_code branch_code country fingerprint"),
    }
    cls, names = kinds[kind]
    details = blank(cls, last4=method[kind]["last4"], **{name: method[kind][name] for name in names.split()})
    charge = world.add(
        stripe.Charge,
        "ch" if kind == "card" else "py",
        status=status,
        paid=status == "succeeded",
        captured=status == "succeeded",
        amount=intent["amount"],
        amount_captured=intent["amount"] if status == "succeeded" else 0,
        **{
            name: intent[name]
            for name in ("currency", "customer", "description", "metadata", "receipt_email", "transfer_group")
        },
        billing_details=method["billing_details"],
        calculated_statement_descriptor="FAKE",
        fraud_details={},
        outcome=_outcome(status),
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": kind, kind: details},
    )
    intent["latest_charge"] = charge["id"]
    return charge


def _outcome(status: str) -> Json:
    went_well = status != "failed"
    return blank(
        stripe.Charge.Outcome,
        type="authorized" if went_well else "issuer_declined",
        network_status="approved_by_network" if went_well else "declined_by_network",
        risk_level="normal",
        risk_score=12,
        seller_message="Payment complete." if went_well else "The bank did not return any further details.",
    )


def earn(world: World, charge: Json) -> None:
    """Let a charge succeed: its money arrives, less the fee."""
    is_card = charge["payment_method_details"]["type"] == "card"
    card = methods.CARDS.get(world.hidden(charge["payment_method"]).get("card", ""))
    days = CARD_FUNDS_DAYS if is_card else DEBIT_FUNDS_DAYS
    transaction = money.post(
        world,
        account=world.hidden(charge["id"])["account"],
        amount=charge["amount"],
        fee=(money.card_fee if is_card else money.debit_fee)(charge["amount"]),
        currency=charge["currency"],
        kind="charge" if is_card else "payment",
        category="charge",
        source=charge["id"],
        available_on=None if card and card.at_once else charge["created"] + days * DAY,
    )
    charge |= {
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "amount_captured": charge["amount"],
        "outcome": _outcome("succeeded"),
        "balance_transaction": transaction["id"],
    }
    emit(world, "charge.succeeded", charge)


def fail(world: World, charge: Json, code: str, message: str) -> None:
    """Let a charge fail, with the code and message that its owner sees."""
    charge |= {"status": "failed", "paid": False, "failure_code": code, "failure_message": message}
    charge["outcome"] = _outcome("failed")
    emit(world, "charge.failed", charge)


@answers("GET", "/v1/charges/{charge}", for_accounts=True)
def _retrieve(call: Call) -> Json:
    return call.find("charge")


@answers("GET", "/v1/charges", for_accounts=True)
def _list(call: Call) -> Json:
    found = call.world.every("charge", account=call.account)
    return page(call, found, same=("customer", "payment_intent", "transfer_group"))


@answers("POST", "/v1/charges/{charge}")
def _update(call: Call) -> Json:
    charge = call.find("charge")
    if not call.params:
        raise missing("metadata")
    emit(call.world, "charge.updated", charge, before=update(charge, call.params))
    return charge
