"""The knobs over HTTP: `POST /_fake/<knob>` with JSON, and a page with buttons at `/_fake/`."""

import contextlib
import inspect
import json
import urllib.parse
from html import escape
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from tests.fakestripe import pages
from tests.fakestripe.api import Answer, Request
from tests.fakestripe.errors import Refused
from tests.fakestripe.knobs import KNOBS
from tests.fakestripe.money import sums
from tests.fakestripe.shapes import Json, flaws

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakestripe.fake import FakeStripe

SHOWN: Final = 20
"""So many objects and deliveries does the page show."""

BUTTONS: Final[dict[str, list[tuple[str, str, str, Json]]]] = {
    "charge": [
        ("Dispute", "dispute", "charge", {}),
        ("Inquire", "dispute", "charge", {"inquiry": "true"}),
        ("Warn of fraud", "warn_of_fraud", "charge", {}),
    ],
    "payment_intent": [
        ("Let the debit succeed", "decide_debit", "payment_intent", {}),
        ("Let the debit fail", "decide_debit", "payment_intent", {"code": "insufficient_funds"}),
    ],
    "refund": [("Settle", "settle_refund", "refund", {}), ("Fail", "fail_refund", "refund", {})],
    "dispute": [
        ("Win", "decide_dispute", "dispute", {"won": "true"}),
        ("Lose", "decide_dispute", "dispute", {"won": "false"}),
        ("Escalate", "escalate", "dispute", {}),
    ],
    "v2.core.account": [
        ("Onboard", "onboard", "account", {}),
        ("Restrict", "set_account", "account", {"status": "restricted", "asked": "identity.individual.documents"}),
        ("Reject", "set_account", "account", {"status": "rejected"}),
        ("Pay out", "pay_out", "account", {}),
        ("Disconnect", "deauthorise", "account", {}),
    ],
    "payout": [
        ("Arrive", "end_payout", "payout", {}),
        ("Fail", "end_payout", "payout", {"failure_code": "account_closed"}),
    ],
    "checkout.session": [("Pay by card", "pay", "session", {})],
    "event": [("Deliver again", "repeat_event", "event", {})],
    "transfer": [],
}
"""What can be done with an object: words, knob, the name of its argument, and the other arguments."""


def answer(fake: "FakeStripe", request: Request) -> Answer:
    """Answer a request to the knobs: JSON gets JSON, a form of the page goes back to it."""
    name = request.path.removeprefix("/_fake/")
    if request.method == "GET":
        found = {"": lambda: _index(fake), "deliveries": lambda: Answer(200, json.dumps(fake.webhooks.deliveries))}
        return found[name]() if name in found else pages.document("There is no such page", "", 404)
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    try:
        result = _turn(fake, name, _arguments(request.body, is_form=is_form))
    except Refused as refused:
        if is_form:
            return pages.document("That doesn't work", f"<p>{escape(str(refused))}</p>", refused.status)
        return Answer(refused.status, json.dumps(refused.body))
    return pages.redirect("/_fake/") if is_form else Answer(200, json.dumps(result))


def _arguments(body: str, *, is_form: bool) -> Json:
    if is_form:
        return dict(urllib.parse.parse_qsl(body))
    try:
        given = json.loads(body or "{}")
    except ValueError as error:
        raise Refused(f"The body is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise Refused("The body must be a JSON object.")
    return given


def _turn(fake: "FakeStripe", name: str, given: Json) -> Any:
    """Call the knob of that name.

    :raises Refused: if there is none, or its arguments are others.
    """
    knobs: dict[str, Callable[..., Any]] = {
        **{known: getattr(fake, known) for known in KNOBS},
        "add_endpoint": fake.webhooks.add_endpoint,
        "add_fault": fake.faults.add,
        "clear_faults": fake.faults.clear,
        "remove_endpoints": fake.webhooks.remove_endpoints,
        "release_webhooks": fake.webhooks.release,
        "repeat_event": fake.webhooks.repeat,
        "set_webhooks": fake.webhooks.set,
    }
    if name not in knobs:
        raise Refused(f"There is no knob {name}, but {', '.join(sorted(knobs))}", status=404)
    turn = knobs[name]
    types_of = get_type_hints(turn)
    try:
        signature = inspect.signature(turn)
        signature.bind(**given)
    except TypeError as error:
        raise Refused(f"{name}: {error}") from error
    typed = {argument: _typed(argument, value, types_of.get(argument, Any)) for argument, value in given.items()}
    return turn(**typed)


def _typed(argument: str, value: Any, wanted: Any) -> Any:
    """Return an argument as its type; in a form all arrives as text, and numbers and such are read as JSON."""
    if isinstance(value, str) and wanted is not str:
        with contextlib.suppress(ValueError):
            value = json.loads(value)
    if flaws(wanted, value):
        raise Refused(f"{argument} must be {wanted}, not {value!r}", param=argument)
    return value


def _button(words: str, name: str, arguments: Json) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">' for key, value in arguments.items()
    )
    return f'<form method="post" action="/_fake/{name}">{hidden}<button>{escape(words)}</button></form>'


def _index(fake: "FakeStripe") -> Answer:
    with fake.world.lock:
        fake.world.catch_up()
        body = (
            _button("An hour later", "advance", {"hours": "1"})
            + _button("A day later", "advance", {"days": "1"})
            + _button("Top up 100 EUR", "top_up", {"amount": "10000"})
            + _button("Let the next refund fail", "order_refund", {"status": "failed"})
            + _button("Hold webhooks", "set_webhooks", {"hold": "true"})
            + _button("Release webhooks", "release_webhooks", {})
            + _balances(fake)
            + "".join(_objects(fake, kind) for kind in BUTTONS)
            + _deliveries(fake)
        )
        return pages.document("Fake Stripe", body)


def _table(caption: str, heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<section><h2>{escape(caption)}</h2><div class="wide">{table}</div></section>' if rows else ""


def _balances(fake: "FakeStripe") -> str:
    world = fake.world
    names = ["", *(account["id"] for account in world.every("v2.core.account"))]
    rows = [
        [
            escape(name or "Platform"),
            *(
                ", ".join(pages.money(amount, currency) for currency, amount in sums(world, name, status).items())
                for status in ("available", "pending")
            ),
        ]
        for name in names
    ]
    return _table("Balances", ["Account", "Available", "Pending"], rows)


def _objects(fake: "FakeStripe", kind: str) -> str:
    rows = [
        [
            escape(thing["id"]),
            pages.money(thing["amount"], thing["currency"]) if "amount" in thing else "",
            escape(str(thing.get("status") or thing.get("type") or "")),
            "".join(
                _button(words, name, {argument: thing["id"], **more}) for words, name, argument, more in BUTTONS[kind]
            ),
        ]
        for thing in fake.world.every(kind, account=None)[:SHOWN]
    ]
    return _table(kind, ["Id", "Amount", "Status", ""], rows)


def _deliveries(fake: "FakeStripe") -> str:
    rows = [
        [escape(str(delivery[name])) for name in ("type", "event", "url", "status", "attempts", "code")]
        for delivery in fake.webhooks.deliveries[-SHOWN:][::-1]
    ]
    return _table("Deliveries", ["Type", "Event", "Address", "Status", "Attempts", "Answer"], rows)
