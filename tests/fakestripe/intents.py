"""Payment intents: asked for, confirmed, and how an attempt ends."""

from typing import Final

import stripe

from tests.fakestripe import charges, methods
from tests.fakestripe.errors import Refused
from tests.fakestripe.events import emit
from tests.fakestripe.methods import MESSAGES
from tests.fakestripe.routing import Call, answers, page, update
from tests.fakestripe.shapes import Json, blank
from tests.fakestripe.world import DAY, World, copied, when_due

SMALLEST: Final = 50
LARGEST: Final = 99_999_999
"""Cents. Source: docs.stripe.com/currencies, minimum and maximum charge amounts."""

DEBIT_DAYS: Final = 5
"""After so many days a bank has decided on a direct debit."""

WITHOUT_REDIRECT: Final = frozenset({"card", "sepa_debit"})
OPEN: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
COPIED: Final = (
    "customer",
    "description",
    "metadata",
    "receipt_email",
    "setup_future_usage",
    "transfer_group",
    "statement_descriptor",
    "statement_descriptor_suffix",
)
NOT_DONE: Final = frozenset(
    {"application_fee_amount", "confirmation_token", "customer_account", "hooks", "mandate", "on_behalf_of"}
    | {"payment_method_data", "transfer_data"}
)
"""Parameters that Stripe takes and the fake doesn't."""


def check_amount(amount: int, param: str = "amount") -> None:
    """Require an amount that can be charged.

    :raises Refused: if it is too small or too large.
    """
    if amount < SMALLEST:
        raise Refused("The amount must be at least 50 cents.", code="amount_too_small", param=param)
    if amount > LARGEST:
        raise Refused("Amount must be no more than 999,999.99", code="amount_too_large", param=param)


def check_currency(currency: str, param: str = "currency") -> None:
    """Require three small letters.

    :raises Refused: for anything else.
    """
    if not (len(currency) == len("eur") and currency.isalpha() and currency.isascii() and currency.islower()):
        raise Refused(f"Invalid currency: {currency}", code="invalid_currency", param=param)


def check_done(params: Json, not_done: frozenset[str] = NOT_DONE) -> None:
    """Refuse what Stripe would do and the fake doesn't, rather than to leave it undone."""
    if other := sorted(params.keys() & not_done):
        raise Refused(f"The fake doesn't do {', '.join(other)}.", status=501, kind="api_error", param=other[0])
    if params.get("capture_method") == "manual":
        raise Refused("The fake captures at once.", status=501, kind="api_error", param="capture_method")


def open_intent(world: World, params: Json) -> Json:
    """Make a payment intent out of the parameters that ask for one; nothing is charged or told yet."""
    check_amount(params["amount"])
    check_currency(params["currency"])
    if params.get("customer"):
        world.find("customer", params["customer"], param="customer")
    allowed = params.get("allowed_payment_method_types")
    intent = world.add(
        stripe.PaymentIntent,
        "pi",
        amount=params["amount"],
        currency=params["currency"],
        status="requires_payment_method",
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method="automatic",
        allowed_payment_method_types=allowed,
        automatic_payment_methods=None
        if allowed
        else {"enabled": True, "allow_redirects": "always", **params.get("automatic_payment_methods", {})},
        payment_method_types=allowed or sorted(WITHOUT_REDIRECT),
        payment_method_options={},
        **{"metadata": {}, **{name: params[name] for name in COPIED if name in params}},
    )
    intent["client_secret"] = f"{intent['id']}_secret_fake"
    return intent


def unexpected_state(intent: Json, message: str) -> Refused:
    """Return the refusal of what an intent's status doesn't allow; it carries the intent."""
    return Refused(message, code="payment_intent_unexpected_state", payment_intent=copied(intent))


def ready(world: World, intent: Json, params: Json, *, confirming: bool = True) -> Json:
    """Return the payment method by which an intent may be collected, as the parameters of a request say.

    :raises Refused: if it can't be tried.
    """
    if intent["status"] not in OPEN:
        message = f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}."
        raise unexpected_state(intent, message)
    name = params.get("payment_method") or intent["payment_method"]
    if not name:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise unexpected_state(intent, message)
    method = methods.chosen(world, name, customer=intent["customer"])
    if method["type"] not in intent["payment_method_types"]:
        message = f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent."
        raise Refused(message, param="payment_method")
    automatic = intent["automatic_payment_methods"]
    may_redirect = automatic and automatic["allow_redirects"] != "never"
    if may_redirect and confirming and not params.get("return_url"):
        message = (
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of"
            " these payment methods might redirect your customer off of your page, you must provide a `return_url`."
        )
        raise Refused(message, param="return_url")
    return method


def confirm(call: Call, intent: Json, method: Json) -> None:
    """Try to collect an intent by a payment method, as a request asks.

    :raises Refused: a card error with the intent attached, if the payment is declined.
    """
    world, params = call.world, call.params
    intent["setup_future_usage"] = params.get("setup_future_usage") or intent["setup_future_usage"]
    world.hidden(intent["id"])["return_url"] = params.get("return_url", "")
    off_session = params.get("off_session") not in (None, False)
    attempt(world, intent, method, off_session=off_session, decline=call.decline)
    if intent["status"] == "requires_action" and params.get("error_on_requires_action"):
        raise _declined(world, intent, method, "authentication_required", "authentication_required")


def attempt(world: World, intent: Json, method: Json, *, off_session: bool, decline: Json | None = None) -> None:
    """Try to collect an intent by a payment method.

    :raises Refused: a card error with the intent attached, if the payment is declined.
    """
    hidden = world.hidden(method["id"])
    if not method["customer"]:
        hidden["used"] = True
    intent["payment_method"] = method["id"]
    intent |= {"last_payment_error": None, "next_action": None}
    card = methods.CARDS.get(hidden.get("card", ""))
    if decline:
        raise _declined(world, intent, method, decline.get("code", "card_declined"), decline.get("decline_code", ""))
    if card is None:
        _debit(world, intent, method)
    elif card.code:
        raise _declined(world, intent, method, card.code, card.decline_code)
    elif card.confirm == "always" or (card.confirm == "setup" and not hidden.get("set_up")):
        if off_session:
            raise _declined(world, intent, method, "authentication_required", "authentication_required")
        _ask_owner(world, intent)
    else:
        charges.open_charge(world, intent, method, status="pending")
        succeed(world, intent)


def _ask_owner(world: World, intent: Json) -> None:
    where = {"return_url": world.hidden(intent["id"]).get("return_url") or None}
    page_url = f"{world.url}/pay/confirm/{intent['id']}"
    intent["next_action"] = blank(
        stripe.PaymentIntent.NextAction, type="redirect_to_url", redirect_to_url={**where, "url": page_url}
    )
    intent["next_action"] = {name: value for name, value in intent["next_action"].items() if value is not None}
    intent["status"] = "requires_action"
    emit(world, "payment_intent.requires_action", intent)


def _declined(world: World, intent: Json, method: Json, code: str, decline_code: str) -> Refused:
    """Let an attempt fail and return the card error that tells of it."""
    charge = charges.open_charge(world, intent, method, status="failed")
    error = fail(world, intent, charge, code, decline_code)
    return Refused(
        error["message"],
        status=402,
        kind="card_error",
        **{name: value for name, value in error.items() if name not in ("type", "message")},
        payment_intent=copied(intent),
    )


def fail(world: World, intent: Json, charge: Json, code: str, decline_code: str = "") -> Json:
    """Let an attempt fail; return the error, which the intent keeps as its last."""
    message = MESSAGES.get(decline_code) or MESSAGES.get(code, MESSAGES["card_declined"])
    kind = charge["payment_method_details"]["type"]
    error: Json = {
        "type": "card_error" if kind == "card" else "invalid_request_error",
        "code": code,
        "message": message,
        "charge": charge["id"],
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "payment_method": copied(world.get(charge["payment_method"])),
        **({"decline_code": decline_code} if decline_code else {}),
    }
    charges.fail(world, charge, code, message)
    status = {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    intent |= {**status, "last_payment_error": error}
    emit(world, "payment_intent.payment_failed", intent)
    return error


def _debit(world: World, intent: Json, method: Json) -> None:
    """Hand a direct debit in: the bank decides days later."""
    charge = charges.open_charge(world, intent, method, status="pending")
    intent["status"] = "processing"
    emit(world, "charge.pending", charge)
    emit(world, "payment_intent.processing", intent)
    _save_method(world, intent, method)
    world.later(DEBIT_DAYS * DAY, "debit", intent["id"])


@when_due("debit")
def _decide_debit(world: World, name: str) -> None:
    """Let the bank decide on a direct debit that nobody decided before."""
    intent = world.get(name)
    if intent["status"] == "processing":
        fate = world.hidden(intent["payment_method"])["debit"]
        decide_debit(world, intent, code="debit_not_authorized" if fate == "fails" else "")


def decide_debit(world: World, intent: Json, *, code: str = "") -> None:
    """Let a direct debit succeed, or fail with the code that is given."""
    if code:
        fail(world, intent, world.get(intent["latest_charge"]), code)
    else:
        succeed(world, intent)
    if session := session_of(world, intent["id"]):
        session["payment_status"] = "unpaid" if code else "paid"
        emit(world, f"checkout.session.async_payment_{'failed' if code else 'succeeded'}", session)


def session_of(world: World, name: str) -> Json | None:
    """Return the Checkout session that a payment intent belongs to, if any."""
    return next((session for session in world.every("checkout.session") if session["payment_intent"] == name), None)


def succeed(world: World, intent: Json) -> None:
    """Let an intent's latest charge and with it the intent succeed."""
    charge = world.get(intent["latest_charge"])
    charges.earn(world, charge)
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "next_action": None}
    method = world.get(intent["payment_method"])
    _save_method(world, intent, method)
    emit(world, "payment_intent.succeeded", intent)
    hidden = world.hidden(method["id"])
    card = methods.CARDS.get(hidden.get("card", ""))
    follows = card.follows if card else {"disputed": "dispute"}.get(hidden.get("debit", ""), "")
    if follows:
        world.later(0, follows, charge["id"])


def _save_method(world: World, intent: Json, method: Json) -> None:
    if intent["setup_future_usage"] and intent["customer"] and not method["customer"]:
        methods.attach(world, method, intent["customer"])


def owner_answered(world: World, intent: Json, *, confirmed: bool) -> None:
    """Go on after the owner of a card has confirmed a payment, or refused to."""
    method = world.get(intent["payment_method"])
    if confirmed:
        world.hidden(method["id"])["set_up"] = True
        charges.open_charge(world, intent, method, status="pending")
        succeed(world, intent)
    else:
        charge = charges.open_charge(world, intent, method, status="failed")
        fail(world, intent, charge, "payment_intent_authentication_failure")


def cancel(world: World, intent: Json, reason: str | None) -> None:
    """Close an intent that nobody has paid.

    :raises Refused: if it is paid, being paid or closed already.
    """
    if intent["status"] not in OPEN:
        message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
        raise unexpected_state(intent, message)
    now = {"status": "canceled", "canceled_at": world.now(), "cancellation_reason": reason, "next_action": None}
    intent |= now
    emit(world, "payment_intent.canceled", intent)


@answers("POST", "/v1/payment_intents")
def _create(call: Call) -> Json:
    world, params = call.world, call.params
    check_done(params)
    at_confirmation = {"off_session", "return_url", "error_on_requires_action"} & params.keys()
    if at_confirmation and not params.get("confirm"):
        name = min(at_confirmation)
        raise Refused(f"You may only specify `{name}` when `confirm` is true.", param=name)
    intent = open_intent(world, params)
    try:
        confirming = params.get("confirm", False)
        wanted = confirming or "payment_method" in params
        method = ready(world, intent, params, confirming=confirming) if wanted else None
    except Refused:
        world.forget(intent)
        raise
    if method:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    emit(world, "payment_intent.created", intent)
    if method and confirming:
        confirm(call, intent, method)
    return intent


@answers("POST", "/v1/payment_intents/{intent}/confirm")
def _confirm(call: Call) -> Json:
    check_done(call.params)
    intent = call.find("payment_intent")
    confirm(call, intent, ready(call.world, intent, call.params))
    return intent


@answers("POST", "/v1/payment_intents/{intent}/cancel")
def _cancel(call: Call) -> Json:
    intent = call.find("payment_intent")
    session = session_of(call.world, intent["id"])
    if session and session["status"] == "open":
        message = (
            "You cannot cancel this PaymentIntent because it was created by Checkout. Expire the session instead."
        )
        raise unexpected_state(intent, message)
    cancel(call.world, intent, call.params.get("cancellation_reason"))
    return intent


@answers("GET", "/v1/payment_intents/{intent}")
def _retrieve(call: Call) -> Json:
    return call.find("payment_intent")


@answers("GET", "/v1/payment_intents")
def _list(call: Call) -> Json:
    return page(call, call.world.every("payment_intent"), same=("customer",))


@answers("POST", "/v1/payment_intents/{intent}")
def _update(call: Call) -> Json:
    intent, params = call.find("payment_intent"), call.params
    changeable = {"metadata", "description", "transfer_group", "receipt_email", "expand"}
    if other := sorted(params.keys() - changeable):
        raise Refused(f"The fake doesn't change {', '.join(other)}.", status=501, kind="api_error", param=other[0])
    update(intent, params)
    return intent
