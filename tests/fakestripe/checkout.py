"""Checkout sessions, and the setup intents of those that only save a card."""

from typing import Final

import stripe

from tests.fakestripe import customers, intents, methods
from tests.fakestripe.errors import Refused, missing
from tests.fakestripe.events import emit
from tests.fakestripe.intents import check_amount, check_currency, check_done
from tests.fakestripe.routing import Call, answers, page
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import DAY, World, when_due

SHORTEST: Final = 1_800
"""Seconds. A session can't expire sooner, nor later than in a day. Source: the contract of `expires_at`."""

NOT_DONE: Final = frozenset(
    {
        "after_expiration",
        "automatic_tax",
        "consent_collection",
        "custom_fields",
        "custom_text",
        "customer_account",
        "customer_update",
        "discounts",
        "invoice_creation",
        "managed_payments",
        "name_collection",
        "optional_items",
        "payment_method_data",
        "permissions",
        "phone_number_collection",
        "return_url",
        "saved_payment_method_options",
        "shipping_address_collection",
        "shipping_options",
        "subscription_data",
        "tax_id_collection",
        "wallet_options",
    }
)
"""Parameters that Stripe takes and the fake doesn't."""


def _check(call: Call) -> None:
    params, now = call.params, call.world.now()
    check_done(params, NOT_DONE)
    _check_mode(params)
    if "success_url" not in params:
        raise missing("success_url")
    if "customer" in params:
        call.world.find("customer", params["customer"], param="customer")
    if "customer" in params and "customer_email" in params:
        message = "You may only specify one of these parameters: customer, customer_email."
        raise Refused(message, code="parameters_exclusive", param="customer")
    expires = params.get("expires_at")
    if expires is not None and not now + SHORTEST - 60 <= expires <= now + DAY:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise Refused(message, param="expires_at")
    check_done(params.get("payment_intent_data", {}), intents.NOT_DONE)


def _check_mode(params: Json) -> None:
    """Require a mode that the fake has, with what belongs to it and nothing else."""
    mode = params.get("mode")
    if mode is None:
        raise missing("mode")
    if mode == "subscription":
        raise Refused("The fake has no subscriptions.", status=501, kind="api_error", param="mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise Refused("The fake has hosted pages only.", status=501, kind="api_error", param="ui_mode")
    strange = {"payment": ["setup_intent_data"], "setup": ["payment_intent_data", "line_items"]}[mode]
    for name in strange:
        if name in params:
            raise Refused(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if mode == "payment" and not params.get("line_items"):
        raise missing("line_items")
    if mode == "setup" and "currency" not in params and "allowed_payment_method_types" not in params:
        raise missing("currency")


def _line_items(world: World, items: list[Json]) -> list[Json]:
    """Return the line items that a request describes by inline prices."""
    found = []
    for place, item in enumerate(items):
        at = f"line_items[{place}]"
        price = item.get("price_data")
        if price is None or "product_data" not in price:
            message = "The fake knows inline prices only: price_data with product_data."
            raise Refused(message, status=501, kind="api_error", param=f"{at}[price]")
        if "unit_amount" not in price:
            raise missing(f"{at}[price_data][unit_amount]")
        check_currency(price["currency"], f"{at}[price_data][currency]")
        quantity = item.get("quantity", 1)
        if quantity < 1:
            raise Refused("This value must be greater than or equal to 1.", param=f"{at}[quantity]")
        inline = blank(
            stripe.Price,
            id=world.new_id("price"),
            billing_scheme="per_unit",
            created=world.now(),
            currency=price["currency"],
            product=world.new_id("prod"),
            type="one_time",
            tax_behavior="unspecified",
            unit_amount=price["unit_amount"],
            unit_amount_decimal=str(price["unit_amount"]),
        )
        total = price["unit_amount"] * quantity
        line = blank(
            stripe.LineItem,
            id=world.new_id("li"),
            amount_subtotal=total,
            amount_total=total,
            currency=price["currency"],
            description=price["product_data"]["name"],
            price=inline,
            quantity=quantity,
        )
        found.append(line)
    return found


@answers("POST", "/v1/checkout/sessions")
def _create(call: Call) -> Json:
    _check(call)
    world, params = call.world, call.params
    is_payment = params["mode"] == "payment"
    lines = _line_items(world, params.get("line_items", []))
    total = sum(line["amount_total"] for line in lines)
    currency = lines[0]["currency"] if lines else params.get("currency")
    if len({line["currency"] for line in lines}) > 1:
        raise Refused("All line items must have the same currency.", param="line_items")
    if is_payment:
        check_amount(total, "line_items[0][price_data][unit_amount]")
    allowed = params.get("allowed_payment_method_types")
    session = world.add(
        stripe.checkout.Session,
        "cs_test",
        hidden={
            "intent": params.get("payment_intent_data", {}),
            "line_items": {"object": "list", "data": lines, "has_more": False, "url": ""},
        },
        mode=params["mode"],
        status="open",
        payment_status="unpaid" if is_payment else "no_payment_required",
        amount_subtotal=total if is_payment else None,
        amount_total=total if is_payment else None,
        currency=currency,
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        custom_text=blank(stripe.checkout.Session.CustomText),
        customer_creation=None if "customer" in params else params.get("customer_creation", "if_required"),
        expires_at=params.get("expires_at", world.now() + DAY),
        payment_method_types=allowed or sorted(intents.WITHOUT_REDIRECT),
        payment_method_collection="if_required" if is_payment else "always",
        payment_method_options={},
        total_details=blank(stripe.checkout.Session.TotalDetails, amount_shipping=0) if is_payment else None,
        ui_mode="hosted_page",
        **{"metadata": {}, **{name: params[name] for name in _TAKEN if name in params}},
    )
    session["url"] = f"{world.url}/pay/{session['id']}"
    world.hidden(session["id"])["line_items"]["url"] = f"/v1/checkout/sessions/{session['id']}/line_items"
    if not is_payment:
        session["setup_intent"] = _open_setup(world, session, params.get("setup_intent_data", {}))["id"]
    world.later(session["expires_at"] - world.now(), "session", session["id"])
    return session


_TAKEN: Final = (
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer",
    "customer_email",
    "locale",
    "metadata",
    "submit_type",
    "success_url",
)


def _open_setup(world: World, session: Json, data: Json) -> Json:
    setup = world.add(
        stripe.SetupIntent,
        "seti",
        allowed_payment_method_types=None,
        automatic_payment_methods={"enabled": True, "allow_redirects": "always"},
        customer=session["customer"],
        payment_method_options={},
        payment_method_types=session["payment_method_types"],
        status="requires_payment_method",
        usage="off_session",
        **{"metadata": {}, **data},
    )
    setup["client_secret"] = f"{setup['id']}_secret_fake"
    emit(world, "setup_intent.created", setup)
    return setup


def require_open(session: Json) -> None:
    """Require a session that can still be completed.

    :raises Refused: if it is complete or expired.
    """
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired.'
            f" This Checkout Session has a status of {session['status']}."
        )
        raise Refused(message)


def submit(world: World, session: Json, method: Json) -> None:
    """Pay a session, or save what to pay by, as its page does; a card may still have to be confirmed by its owner.

    :raises Refused: if the session isn't open, or with a card error if the card is declined; it stays open then.
    """
    require_open(session)
    if method["type"] not in session["payment_method_types"]:
        raise Refused(f"This page doesn't take {method['type']}.", param="payment_method")
    billing = method["billing_details"]
    details = {"email": billing["email"] or session["customer_email"], "name": billing["name"]}
    session["customer_details"] = blank(
        stripe.checkout.Session.CustomerDetails, tax_exempt="none", tax_ids=[], **details
    )
    wanted = world.hidden(session["id"])["intent"]
    needs_customer = session["mode"] == "setup" or "setup_future_usage" in wanted
    if not session["customer"] and (needs_customer or session["customer_creation"] == "always"):
        known = {name: value for name, value in details.items() if value}
        session["customer"] = customers.open_customer(world, known)["id"]
    if session["mode"] == "setup":
        _save(world, session, method)
        return
    if session["payment_intent"] is None:
        asked = {**wanted, "amount": session["amount_total"], "currency": session["currency"]}
        intent = intents.open_intent(world, {**asked, "customer": session["customer"]})
        session["payment_intent"] = intent["id"]
        world.hidden(intent["id"])["return_url"] = f"{world.url}/pay/{session['id']}/return"
        emit(world, "payment_intent.created", intent)
    intent = world.get(session["payment_intent"])
    intents.attempt(world, intent, method, off_session=False)
    finish(world, session)


def finish(world: World, session: Json) -> None:
    """Complete a session whose payment is made or being made."""
    status = world.get(session["payment_intent"])["status"]
    if session["status"] == "open" and status in ("succeeded", "processing"):
        _complete(world, session, "paid" if status == "succeeded" else "unpaid")


def _complete(world: World, session: Json, payment_status: str) -> None:
    session |= {"status": "complete", "payment_status": payment_status, "url": None}
    emit(world, "checkout.session.completed", session)


def _save(world: World, session: Json, method: Json) -> None:
    """Save what to pay by from now on."""
    setup = world.get(session["setup_intent"])
    hidden = world.hidden(method["id"])
    card = methods.CARDS.get(hidden.get("card", ""))
    if card and card.code and not card.attaches:
        message = methods.MESSAGES.get(card.decline_code) or methods.MESSAGES.get(
            card.code, "Your card was declined."
        )
        error: Json = {"type": "card_error", "code": card.code, "message": message, "payment_method": dict(method)}
        if card.decline_code:
            error["decline_code"] = card.decline_code
        setup["last_setup_error"] = error
        emit(world, "setup_intent.setup_failed", setup)
        raise Refused(message, status=402, kind="card_error", code=card.code, decline_code=card.decline_code)
    hidden["set_up"] = True
    setup |= {"customer": session["customer"], "payment_method": method["id"], "status": "succeeded"}
    setup["last_setup_error"] = None
    methods.attach(world, method, session["customer"])
    emit(world, "setup_intent.succeeded", setup)
    _complete(world, session, "no_payment_required")


def expire(world: World, session: Json) -> None:
    """Close a session that nobody has completed, and its intent."""
    session |= {"status": "expired", "url": None}
    if name := session["payment_intent"]:
        intents.cancel(world, world.get(name), "abandoned")
    if name := session["setup_intent"]:
        setup = world.get(name)
        setup |= {"status": "canceled", "cancellation_reason": "abandoned"}
        emit(world, "setup_intent.canceled", setup)
    emit(world, "checkout.session.expired", session)


@when_due("session")
def _expire_when_due(world: World, name: str) -> None:
    session = world.get(name)
    if session["status"] == "open":
        expire(world, session)


@answers("POST", "/v1/checkout/sessions/{session}/expire")
def _expire(call: Call) -> Json:
    session = call.find("checkout.session")
    require_open(session)
    expire(call.world, session)
    return session


@answers("GET", "/v1/checkout/sessions/{session}")
def _retrieve(call: Call) -> Json:
    return call.find("checkout.session")


@answers("GET", "/v1/checkout/sessions")
def _list(call: Call) -> Json:
    return page(call, call.world.every("checkout.session"), same=("customer", "payment_intent", "status"))


@answers("GET", "/v1/setup_intents/{intent}")
def _retrieve_setup(call: Call) -> Json:
    return call.find("setup_intent")


@answers("GET", "/v1/setup_intents")
def _list_setups(call: Call) -> Json:
    return page(call, call.world.every("setup_intent"), same=("customer", "payment_method"))
