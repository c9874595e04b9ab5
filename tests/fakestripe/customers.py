"""Customers."""

import re

import stripe

from tests.fakestripe.errors import Refused, no_such
from tests.fakestripe.events import emit
from tests.fakestripe.methods import detach
from tests.fakestripe.routing import Call, answers, page, update
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import World, copied

NOT_DONE = frozenset({"source", "test_clock", "tax", "tax_id_data", "cash_balance", "payment_method", "validate"})
"""Parameters that Stripe takes and the fake doesn't."""


def _require_known(params: Json) -> None:
    if other := params.keys() & NOT_DONE:
        message = f"The fake doesn't take {', '.join(sorted(other))} of customers."
        raise Refused(message, status=501, kind="api_error")
    if "email" in params and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", params["email"]):
        raise Refused(f"Invalid email address: {params['email']}", code="email_invalid", param="email")


def open_customer(world: World, fields: Json) -> Json:
    """Make a customer."""
    usual: Json = {
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": "FAKE0001",
        "invoice_settings": blank(stripe.Customer.InvoiceSettings),
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    made = world.add(stripe.Customer, "cus", **{**usual, **fields})
    emit(world, "customer.created", made)
    return made


@answers("POST", "/v1/customers")
def _create(call: Call) -> Json:
    _require_known(call.params)
    return open_customer(
        call.world, {name: value for name, value in call.params.items() if name != "expand" and value}
    )


@answers("GET", "/v1/customers/{customer}")
def _retrieve(call: Call) -> Json:
    return call.world.find("customer", call.ids["customer"], account=call.account, deleted=True)


@answers("POST", "/v1/customers/{customer}")
def _update(call: Call) -> Json:
    customer = call.world.find("customer", call.ids["customer"])
    _require_known(call.params)
    before = update(customer, call.params)
    if before:
        emit(call.world, "customer.updated", customer, before=before)
    return customer


@answers("DELETE", "/v1/customers/{customer}")
def _delete(call: Call) -> Json:
    customer = call.world.find("customer", call.ids["customer"])
    for method in call.world.every("payment_method"):
        if method["customer"] == customer["id"]:
            detach(call.world, method)
    emit(call.world, "customer.deleted", copied(customer))
    gone = {"id": customer["id"], "object": "customer", "deleted": True}
    customer.clear()
    customer.update(gone)
    return customer


@answers("GET", "/v1/customers")
def _list(call: Call) -> Json:
    present = [customer for customer in call.world.every("customer") if not customer.get("deleted")]
    return page(call, present, same=("email",))


@answers("GET", "/v1/customers/{customer}/payment_methods")
def _list_methods(call: Call) -> Json:
    customer = call.world.find("customer", call.ids["customer"], param="customer")
    saved = [method for method in call.world.every("payment_method") if method["customer"] == customer["id"]]
    return page(call, saved, same=("type",))


@answers("GET", "/v1/customers/{customer}/payment_methods/{payment_method}")
def _retrieve_method(call: Call) -> Json:
    method = call.find("payment_method")
    if method["customer"] != call.ids["customer"]:
        raise no_such("PaymentMethod", method["id"], "payment_method")
    return method
