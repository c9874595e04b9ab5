"""Refunds."""

import stripe

from tests.fakestripe import money
from tests.fakestripe.errors import Refused, missing
from tests.fakestripe.events import emit
from tests.fakestripe.routing import Call, answers, page, update
from tests.fakestripe.shapes import Json
from tests.fakestripe.world import World, copied


def _charge_of(call: Call) -> Json:
    """Return the charge that a refund is asked of, by its own id or its intent's."""
    params, world = call.params, call.world
    if "charge" in params:
        return world.find("charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        raise missing("payment_intent")
    intent = world.find("payment_intent", params["payment_intent"], param="payment_intent")
    if intent["status"] != "succeeded":
        raise Refused(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return world.get(intent["latest_charge"])


def _check(charge: Json, amount: int, *, disputed: bool) -> None:
    if charge["status"] != "succeeded":
        raise Refused(f"Charge {charge['id']} has not succeeded.", code="charge_not_refundable")
    if charge["refunded"]:
        message = f"Charge {charge['id']} has already been refunded."
        raise Refused(message, code="charge_already_refunded")
    if disputed:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise Refused(message, code="charge_disputed")
    left = charge["amount"] - charge["amount_refunded"]
    if amount > left:
        message = f"Refund amount ({amount / 100:.2f}) is greater than unrefunded amount on charge ({left / 100:.2f})"
        raise Refused(message, param="amount")
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise Refused(message, code="parameter_invalid_integer", param="amount")


@answers("POST", "/v1/refunds")
def _create(call: Call) -> Json:
    world, params = call.world, call.params
    charge = _charge_of(call)
    amount = params.get("amount", charge["amount"] - charge["amount_refunded"])
    disputes = [dispute for dispute in world.every("dispute") if dispute["charge"] == charge["id"]]
    _check(charge, amount, disputed=any(not dispute["is_charge_refundable"] for dispute in disputes))
    status = world.take_order("refund") or "succeeded"
    refund = world.add(
        stripe.Refund,
        "re" if charge["payment_method_details"]["type"] == "card" else "pyr",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        metadata=params.get("metadata") or {},
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=params.get("reason"),
        status="succeeded" if status == "failed" else status,
    )
    if status == "pending":
        refund["pending_reason"] = "processing"
    is_card = charge["payment_method_details"]["type"] == "card"
    refund["balance_transaction"] = money.post(
        world,
        account=call.account,
        amount=-amount,
        currency=charge["currency"],
        kind="refund" if is_card else "payment_refund",
        category="refund",
        source=refund["id"],
    )["id"]
    _count(charge, amount)
    emit(world, "refund.created", refund)
    emit(world, "charge.refunded", charge)
    if status == "failed":
        fail(world, refund)
    return refund


def _count(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def settle(world: World, refund: Json) -> None:
    """Let a pending refund succeed."""
    if refund["status"] != "pending":
        raise Refused(f"Refund {refund['id']} is {refund['status']}, not pending.")
    refund["status"] = "succeeded"
    refund.pop("pending_reason", None)
    _tell_updated(world, refund)


def fail(world: World, refund: Json, reason: str = "expired_or_canceled_card") -> None:
    """Let a refund fail, pending or thought done: its money comes back.

    :raises Refused: if it has failed before.
    """
    if refund["status"] not in ("pending", "succeeded"):
        raise Refused(f"Refund {refund['id']} is {refund['status']} already.")
    refund.pop("pending_reason", None)
    refund |= {"status": "failed", "failure_reason": reason}
    refund["failure_balance_transaction"] = money.post(
        world,
        account=world.hidden(refund["id"])["account"],
        amount=refund["amount"],
        currency=refund["currency"],
        kind="refund_failure",
        category="refund_failure",
        source=refund["id"],
    )["id"]
    _count(world.get(refund["charge"]), -refund["amount"])
    emit(world, "refund.failed", refund)
    _tell_updated(world, refund)


def _tell_updated(world: World, refund: Json) -> None:
    emit(world, "refund.updated", refund)
    emit(world, "charge.refund.updated", copied(refund))


@answers("GET", "/v1/refunds/{refund}", for_accounts=True)
def _retrieve(call: Call) -> Json:
    return call.find("refund")


@answers("POST", "/v1/refunds/{refund}")
def _update(call: Call) -> Json:
    refund = call.find("refund")
    update(refund, call.params)
    _tell_updated(call.world, refund)
    return refund


@answers("GET", "/v1/refunds", for_accounts=True)
def _list(call: Call) -> Json:
    return page(call, call.world.every("refund", account=call.account), same=("charge", "payment_intent"))
