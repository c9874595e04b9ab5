"""Disputes, inquiries and early fraud warnings: what a bank does with a charge afterwards."""

from typing import Final

import stripe

from tests.fakestripe import money
from tests.fakestripe.errors import Refused
from tests.fakestripe.events import emit
from tests.fakestripe.routing import Call, answers, page, update
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import DAY, World, copied, when_due

EVIDENCE_DAYS: Final = 7
OPEN: Final = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
VERDICTS: Final = {"winning_evidence": True, "losing_evidence": False}
"""Evidence that decides at once. Source: docs.stripe.com/testing, disputes."""


def open_dispute(world: World, charge: Json, *, reason: str = "fraudulent", inquiry: bool = False) -> Json:
    """Let a bank dispute a charge: its amount and a fee leave the balance, unless it only inquires.

    :raises Refused: if the charge hasn't succeeded or is disputed already.
    """
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise Refused(f"Charge {charge['id']} can't be disputed.", param="charge")
    card = charge["payment_method_details"].get("card")
    dispute = world.add(
        stripe.Dispute,
        "du",
        owner=world.hidden(charge["id"])["account"],
        amount=charge["amount"],
        charge=charge["id"],
        currency=charge["currency"],
        evidence_details=blank(
            stripe.Dispute.EvidenceDetails,
            due_by=world.now() + EVIDENCE_DAYS * DAY,
            submission_method="not_submitted",
        ),
        is_charge_refundable=inquiry,
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    if card:
        case = {"brand": card["brand"], "case_type": "inquiry" if inquiry else "chargeback", "network": card["brand"]}
        dispute["payment_method_details"] = {"type": "card", "card": {**case, "network_reason_code": "10.4"}}
    charge["disputed"] = True
    emit(world, "charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(world, dispute)
    return dispute


def _withdraw(world: World, dispute: Json) -> None:
    _move(world, dispute, -dispute["amount"], money.DISPUTE_FEE, "dispute")
    emit(world, "charge.dispute.funds_withdrawn", dispute)


def _move(world: World, dispute: Json, amount: int, fee: int, category: str) -> None:
    transaction = money.post(
        world,
        account=world.hidden(dispute["id"])["account"],
        amount=amount,
        fee=fee,
        currency=dispute["currency"],
        kind="adjustment",
        category=category,
        source=dispute["id"],
    )
    dispute["balance_transactions"].append(copied(transaction))


def escalate(world: World, dispute: Json) -> None:
    """Let an inquiry become a dispute.

    :raises Refused: if it isn't an open inquiry.
    """
    if dispute["status"] not in ("warning_needs_response", "warning_under_review"):
        raise Refused(f"Dispute {dispute['id']} is no open inquiry.")
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    if "payment_method_details" in dispute:
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    emit(world, "charge.dispute.updated", dispute)
    _withdraw(world, dispute)


def decide(world: World, dispute: Json, *, won: bool, fee_returned: bool = True) -> None:
    """Let a dispute end; a won one brings the amount back, and the fee unless told otherwise. An inquiry just closes.

    :raises Refused: if it has ended already.
    """
    if dispute["status"] not in OPEN:
        raise Refused(f"Dispute {dispute['id']} is closed already.", code="dispute_already_closed")
    if dispute["status"].startswith("warning_"):
        dispute["status"] = "warning_closed"
    else:
        dispute["status"] = "won" if won else "lost"
    if dispute["status"] == "won":
        _move(world, dispute, dispute["amount"], -money.DISPUTE_FEE if fee_returned else 0, "dispute_reversal")
        emit(world, "charge.dispute.funds_reinstated", dispute)
    emit(world, "charge.dispute.closed", dispute)


def warn(world: World, charge: Json, fraud_type: str = "made_with_stolen_card") -> Json:
    """Let a bank warn early that a charge may be fraud."""
    warning = world.add(
        stripe.radar.EarlyFraudWarning,
        "issfr",
        owner=world.hidden(charge["id"])["account"],
        actionable=not charge["refunded"] and not charge["disputed"],
        charge=charge["id"],
        fraud_type=fraud_type,
        payment_intent=charge["payment_intent"],
    )
    emit(world, "radar.early_fraud_warning.created", warning)
    return warning


@when_due("dispute")
def _dispute(world: World, name: str) -> None:
    open_dispute(world, world.get(name))


@when_due("inquiry")
def _inquire(world: World, name: str) -> None:
    open_dispute(world, world.get(name), inquiry=True)


@when_due("fraud_warning")
def _warn(world: World, name: str) -> None:
    warn(world, world.get(name))


@answers("GET", "/v1/disputes/{dispute}")
def _retrieve(call: Call) -> Json:
    return call.find("dispute")


@answers("GET", "/v1/disputes")
def _list(call: Call) -> Json:
    return page(call, call.world.every("dispute", account=call.account), same=("charge", "payment_intent"))


@answers("POST", "/v1/disputes/{dispute}")
def _update(call: Call) -> Json:
    world, dispute, params = call.world, call.find("dispute"), call.params
    if dispute["status"] not in OPEN:
        raise Refused("This dispute is already closed", code="dispute_already_closed")
    update(dispute, {name: value for name, value in params.items() if name == "metadata"})
    evidence = params.get("evidence", {})
    dispute["evidence"] |= {name: value or None for name, value in evidence.items() if name != "enhanced_evidence"}
    details = dispute["evidence_details"]
    details["has_evidence"] = details["has_evidence"] or bool(evidence)
    if evidence and params.get("submit", True):
        details["submission_count"] += 1
        details["submission_method"] = "manual"
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    emit(world, "charge.dispute.updated", dispute)
    verdict = VERDICTS.get(evidence.get("uncategorized_text", ""))
    if verdict is not None and details["submission_count"]:
        decide(world, dispute, won=verdict)
    return dispute


@answers("POST", "/v1/disputes/{dispute}/close")
def _close(call: Call) -> Json:
    dispute = call.find("dispute")
    decide(call.world, dispute, won=False)
    return dispute


@answers("GET", "/v1/radar/early_fraud_warnings/{early_fraud_warning}")
def _retrieve_warning(call: Call) -> Json:
    return call.find("radar.early_fraud_warning")


@answers("GET", "/v1/radar/early_fraud_warnings")
def _list_warnings(call: Call) -> Json:
    found = call.world.every("radar.early_fraud_warning", account=call.account)
    return page(call, found, same=("charge", "payment_intent"))
