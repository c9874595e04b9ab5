"""Balances: every movement of money is a balance transaction, and a balance is their sum."""

from typing import Final

import stripe

from tests.fakestripe.errors import Refused
from tests.fakestripe.events import emit
from tests.fakestripe.routing import Call, answers, page
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import PLATFORM, World, when_due

HOUSE_CURRENCY: Final = "eur"
"""A balance names this currency even where it is zero."""

DISPUTE_FEE: Final = 2_000
"""Cents."""


def card_fee(amount: int) -> int:
    """Return what a card payment costs in cents: 1.5 %, rounded half up, and 25 cents."""
    return (amount * 15 + 500) // 1000 + 25


def debit_fee(_amount: int) -> int:
    """Return what a SEPA direct debit costs in cents."""
    return 35


def post(
    world: World,
    *,
    account: str,
    amount: int,
    currency: str,
    kind: str,
    category: str,
    source: str,
    fee: int = 0,
    available_on: int | None = None,
) -> Json:
    """Move money into an account, or with a negative amount out of it, and return the balance transaction.

    Amount and fee are in cents; the fee leaves the account besides. The rest is pending until `available_on`.
    """
    available_on = max(world.now(), available_on or 0)
    details = {"amount": fee, "application": None, "currency": currency, "type": "stripe_fee"}
    transaction = world.add(
        stripe.BalanceTransaction,
        "txn",
        owner=account,
        amount=amount,
        fee=fee,
        net=amount - fee,
        fee_details=[{**details, "description": "Stripe processing fees"}] if fee else [],
        currency=currency,
        type=kind,
        reporting_category=category,
        source=source,
        balance_type="payments",
        available_on=available_on,
        status="available" if available_on <= world.now() else "pending",
    )
    if transaction["status"] == "pending":
        world.later(available_on - world.now(), "funds", transaction["id"])
    return transaction


@when_due("funds")
def _become_available(world: World, name: str) -> None:
    transaction = world.get(name)
    transaction["status"] = "available"
    account = world.hidden(name)["account"]
    emit(world, "balance.available", balance(world, account), account=account)


def sums(world: World, account: str, status: str) -> dict[str, int]:
    """Return what an account has, available or pending, in cents by currency."""
    found = {HOUSE_CURRENCY: 0}
    for transaction in world.every("balance_transaction", account=account):
        found.setdefault(transaction["currency"], 0)
        if transaction["status"] == status:
            found[transaction["currency"]] += transaction["net"]
    return found


def need(world: World, account: str, amount: int, currency: str) -> None:
    """Require that an account has that many cents available.

    :raises Refused: `balance_insufficient`, if it hasn't.
    """
    if sums(world, account, "available").get(currency, 0) < amount:
        message = "You have insufficient available funds in your Stripe account."
        raise Refused(message, code="balance_insufficient")


def balance(world: World, account: str) -> Json:
    """Return the balance of an account as Stripe tells it."""

    def told(status: str) -> list[Json]:
        return [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted(sums(world, account, status).items())
        ]

    reserved = {"connect_reserved": [{"amount": 0, "currency": HOUSE_CURRENCY}]}
    more = reserved if account == PLATFORM else {}
    return blank(stripe.Balance, available=told("available"), pending=told("pending"), **more)


@answers("GET", "/v1/balance", for_accounts=True)
def _retrieve_balance(call: Call) -> Json:
    return balance(call.world, call.account)


@answers("GET", "/v1/balance_transactions", for_accounts=True)
def _list_transactions(call: Call) -> Json:
    found = call.world.every("balance_transaction", account=call.account)
    if name := call.params.get("payout"):
        payout = call.world.find("payout", name, account=call.account, param="payout")
        found = [transaction for transaction in found if transaction["source"] == payout["id"]]
    return page(call, found, same=("currency", "source", "type"))


@answers("GET", "/v1/balance_transactions/{id}", for_accounts=True)
def _retrieve_transaction(call: Call) -> Json:
    return call.find("balance_transaction")
