"""Transfers to connected accounts, their way back, and what accounts pay out to banks."""

from typing import Any

import stripe

from tests.fakestripe import money
from tests.fakestripe.accounts import can_receive
from tests.fakestripe.errors import Refused, missing, no_such
from tests.fakestripe.events import emit
from tests.fakestripe.intents import check_currency
from tests.fakestripe.routing import Call, answers, page, update, within
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import DAY, PLATFORM, World, copied, when_due


@answers("POST", "/v1/transfers")
def _create(call: Call) -> Json:
    world, params = call.world, call.params
    amount, currency, destination = params.get("amount"), params["currency"], params["destination"]
    if amount is None:
        raise missing("amount")
    if amount < 1:
        raise Refused("This value must be greater than or equal to 1.", param="amount")
    if "source_transaction" in params:
        raise Refused("The fake pays from the balance.", status=501, kind="api_error", param="source_transaction")
    check_currency(currency)
    account = world.data["objects"].get(destination, {})
    if account.get("object") != "v2.core.account" or world.hidden(destination).get("gone"):
        refusal = no_such("destination", destination, "destination")
        refusal.status = 400
        raise refusal
    if not can_receive(account):
        message = (
            "Your destination account needs to have at least one of the following capabilities enabled: transfers"
        )
        raise Refused(message, code="insufficient_capabilities_for_transfer")
    money.need(world, PLATFORM, amount, currency)
    transfer = world.add(
        stripe.Transfer,
        "tr",
        amount=amount,
        currency=currency,
        description=params.get("description"),
        destination=destination,
        metadata=params.get("metadata", {}),
        source_type=params.get("source_type", "card"),
        transfer_group=params.get("transfer_group"),
    )
    transfer["reversals"]["url"] = f"/v1/transfers/{transfer['id']}/reversals"
    transfer["balance_transaction"] = money.post(
        world,
        account=PLATFORM,
        amount=-amount,
        currency=currency,
        kind="transfer",
        category="transfer",
        source=transfer["id"],
    )["id"]
    transfer["destination_payment"] = _arrive(world, transfer)["id"]
    emit(world, "transfer.created", transfer)
    return transfer


def _arrive(world: World, transfer: Json) -> Json:
    """Make the payment in the connected account that a transfer becomes there."""
    payment = world.add(
        stripe.Charge,
        "py",
        owner=transfer["destination"],
        amount=transfer["amount"],
        amount_captured=transfer["amount"],
        billing_details=blank(stripe.Charge.BillingDetails),
        captured=True,
        currency=transfer["currency"],
        paid=True,
        source_transfer=transfer["id"],
        status="succeeded",
    )
    payment["balance_transaction"] = money.post(
        world,
        account=transfer["destination"],
        amount=transfer["amount"],
        currency=transfer["currency"],
        kind="payment",
        category="charge",
        source=payment["id"],
    )["id"]
    return payment


@answers("GET", "/v1/transfers/{transfer}")
def _retrieve(call: Call) -> Json:
    return call.find("transfer")


@answers("GET", "/v1/transfers")
def _list(call: Call) -> Json:
    return page(call, call.world.every("transfer"), same=("destination", "transfer_group"))


@answers("POST", "/v1/transfers/{transfer}")
def _update(call: Call) -> Json:
    transfer = call.find("transfer")
    emit(call.world, "transfer.updated", transfer, before=update(transfer, call.params))
    return transfer


@answers("POST", "/v1/transfers/{id}/reversals")
def _reverse(call: Call) -> Json:
    world, params = call.world, call.params
    transfer = call.find("transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.get("amount", left)
    if left == 0:
        raise Refused(f"Transfer {transfer['id']} is already fully reversed.", code="transfer_already_reversed")
    if not 1 <= amount <= left:
        message = (
            f"Transfer reversal amount ({amount / 100:.2f}) is greater than unreversed amount ({left / 100:.2f})"
        )
        raise Refused(message, param="amount")
    account, currency = transfer["destination"], transfer["currency"]
    money.need(world, account, amount, currency)
    reversal = world.add(
        stripe.TransferReversal,
        "trr",
        amount=amount,
        currency=currency,
        metadata=params.get("metadata") or {},
        transfer=transfer["id"],
    )
    back: Json = {"currency": currency, "category": "transfer_reversal"}
    reversal["balance_transaction"] = money.post(
        world, account=PLATFORM, amount=amount, kind="transfer_refund", source=reversal["id"], **back
    )["id"]
    reversal["destination_payment_refund"] = _leave(world, transfer, amount)["id"]
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, copied(reversal))
    emit(world, "transfer.reversed", transfer)
    return reversal


def _leave(world: World, transfer: Json, amount: int) -> Json:
    """Make the refund in the connected account that a reversal becomes there."""
    account = transfer["destination"]
    payment = world.get(transfer["destination_payment"])
    refund = world.add(
        stripe.Refund,
        "pyr",
        owner=account,
        amount=amount,
        charge=payment["id"],
        currency=transfer["currency"],
        metadata={},
        status="succeeded",
    )
    refund["balance_transaction"] = money.post(
        world,
        account=account,
        amount=-amount,
        currency=transfer["currency"],
        kind="payment_refund",
        category="refund",
        source=refund["id"],
    )["id"]
    payment["amount_refunded"] += amount
    payment["refunded"] = payment["amount_refunded"] == payment["amount"]
    return refund


@answers("GET", "/v1/transfers/{id}/reversals")
def _list_reversals(call: Call) -> Json:
    transfer = call.find("transfer")
    found = [reversal for reversal in call.world.every("transfer_reversal") if reversal["transfer"] == transfer["id"]]
    return page(call, found)


@answers("GET", "/v1/transfers/{transfer}/reversals/{id}")
def _retrieve_reversal(call: Call) -> Json:
    reversal = call.find("transfer_reversal")
    if reversal["transfer"] != call.ids["transfer"]:
        raise no_such("transfer_reversal", reversal["id"])
    return reversal


def pay_out(world: World, account: str, amount: int | None, currency: str = money.HOUSE_CURRENCY) -> Json:
    """Let an account pay out to its bank, all that is available unless told how many cents; it arrives in a day.

    :raises Refused: if nothing or too little is available.
    """
    amount = money.sums(world, account, "available").get(currency, 0) if amount is None else amount
    if amount < 1:
        raise Refused("There is nothing to pay out.", param="amount")
    money.need(world, account, amount, currency)
    payout = world.add(
        stripe.Payout,
        "po",
        owner=account,
        amount=amount,
        arrival_date=world.now() + DAY,
        automatic=True,
        currency=currency,
        description="STRIPE PAYOUT",
        metadata={},
        method="standard",
        reconciliation_status="completed",
        source_type="card",
        status="pending",
        type="bank_account",
    )
    moved: dict[str, Any] = {"amount": -amount, "kind": "payout", "category": "payout"}
    payout["balance_transaction"] = money.post(
        world, account=account, currency=currency, source=payout["id"], **moved
    )["id"]
    emit(world, "payout.created", payout)
    world.later(DAY, "payout", payout["id"])
    return payout


@when_due("payout")
def _arrive_when_due(world: World, name: str) -> None:
    payout = world.get(name)
    if payout["status"] == "pending":
        end_payout(world, payout)


def end_payout(world: World, payout: Json, *, failure_code: str = "") -> None:
    """Let a payout arrive, or fail with a code: the money is back in the account then, also after it was paid.

    :raises Refused: if it has failed, or is paid already.
    """
    if payout["status"] == "failed" or (payout["status"] == "paid" and not failure_code):
        raise Refused(f"Payout {payout['id']} is {payout['status']} already.")
    if not failure_code:
        payout["status"] = "paid"
        emit(world, "payout.paid", payout)
        return
    payout |= {"status": "failed", "failure_code": failure_code, "failure_message": "The bank returned the payout."}
    payout["failure_balance_transaction"] = money.post(
        world,
        account=world.hidden(payout["id"])["account"],
        amount=payout["amount"],
        currency=payout["currency"],
        kind="payout_failure",
        category="payout_reversal",
        source=payout["id"],
    )["id"]
    emit(world, "payout.failed", payout)


@answers("GET", "/v1/payouts/{payout}", for_accounts=True)
def _retrieve_payout(call: Call) -> Json:
    return call.find("payout")


@answers("GET", "/v1/payouts", for_accounts=True)
def _list_payouts(call: Call) -> Json:
    found = call.world.every("payout", account=call.account)
    found = [payout for payout in found if within(payout, call.params.get("arrival_date"), "arrival_date")]
    return page(call, found, same=("destination", "status"))
