"""The API: what a request is answered, from the key it comes with to the answer that is kept."""

import base64
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Final

from tests.fakestripe import accounts, checkout, customers, disputes, events, refunds, transfers
from tests.fakestripe.contract import checked, find, parse_form
from tests.fakestripe.errors import Refused
from tests.fakestripe.faults import Faults
from tests.fakestripe.idempotency import Key
from tests.fakestripe.routing import FOR_ACCOUNTS, HANDLERS, Call, Handler, shown
from tests.fakestripe.shapes import Json
from tests.fakestripe.world import PLATFORM, World

NOUNS: Final = (accounts, checkout, customers, disputes, events, refunds, transfers)
"""The modules that answer; importing them registers their routes."""


@dataclass(frozen=True)
class Request:
    """An HTTP request; names of headers are in small letters."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


class Cut(Exception):
    """The connection is cut instead of an answer."""


def answer(world: World, key: str, request: Request, faults: Faults) -> Answer:
    """Answer a request to `/v1` or `/v2`; `key` is the only secret key that is known.

    :raises Cut: if a fault says so.
    """
    name = world.new_id("req")
    headers = {"Request-Id": name, "Stripe-Version": events.API_VERSION}
    if "idempotency-key" in request.headers:
        headers["Idempotency-Key"] = request.headers["idempotency-key"]
    try:
        status, body, replayed = _answer(world, key, request, faults, name)
    except Refused as refused:
        status, body, replayed = refused.status, refused.body, False
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return Answer(status, json.dumps(body), headers)


def _answer(world: World, key: str, request: Request, faults: Faults, name: str) -> tuple[int, Json, bool]:
    """Return status, body, and whether it was answered before."""
    fault = faults.take(request.method, request.path)
    if fault["kind"] == "cut":
        raise Cut
    call, handler = _accepted(world, key, request)
    if fault["kind"] in _REFUSALS:
        message, status, code = _REFUSALS[fault["kind"]]
        raise Refused(message, status=status, code=code)
    if fault["kind"] == "decline":
        call.decline = fault["error"]
    given = request.headers.get("idempotency-key") if request.method != "GET" else None
    held = Key.of(call, given) if given else None
    with world.lock:
        stored = held.begin() if held else None
    if stored:
        return stored["status"], stored["body"], True
    try:
        status, body = _done(call, handler, fault, held, {"id": name, "idempotency_key": given})
    finally:
        if held:
            held.let_go()
    if fault["kind"] == "drop":
        raise Cut
    return status, body, False


_REFUSALS: Final = {
    "429": ("Too many requests.", 429, "rate_limit"),
    "409": ("This object cannot be accessed right now.", 409, "lock_timeout"),
}


def _done(call: Call, handler: Handler, fault: Json, held: Key | None, asked: Json) -> tuple[int, Json]:
    """Do what was asked, and keep the change and the answer together."""
    if fault["kind"] == "slow":
        time.sleep(fault["seconds"])
    with call.world.lock:
        status, body = _broken() if fault["kind"] == "500" else _work(call, handler, asked)
        if fault["kind"] == "500_after":
            status, body = _broken()
        if held:
            held.store(status, body)
        call.world.save()
    return status, body


def _accepted(world: World, key: str, request: Request) -> tuple[Call, Handler]:
    """Return a request that has passed the contract, and what answers it.

    :raises Refused: if it hasn't.
    """
    _check_key(key, request.headers.get("authorization", ""))
    route, ids = find(request.method, request.path)
    if (version := request.headers.get("stripe-version")) != events.API_VERSION:
        message = f"Invalid Stripe API version: {version}. The fake speaks {events.API_VERSION} only."
        raise Refused(message, code="invalid_api_version")
    params = _params(request)
    is_v2 = request.path.startswith("/v2/")
    cursor = params.pop("page", None) if is_v2 else None
    typed = checked(route, params, form=request.method != "POST" or not is_v2)
    if cursor:
        typed["page"] = cursor
    handler = HANDLERS.get((route.method, route.template))
    if handler is None:
        message = f"Stripe answers {route.method} {route.template}, the fake doesn't."
        raise Refused(message, status=501, kind="api_error")
    account = _account(world, request.headers)
    if account != PLATFORM and handler not in FOR_ACCOUNTS:
        message = f"The fake answers {route.method} {route.template} for the platform only."
        raise Refused(message, status=501, kind="api_error")
    return Call(world, request.path, typed, ids, account), handler


def _work(call: Call, handler: Handler, asked: Json) -> tuple[int, Json]:
    """Let the handler answer, with what has become due before and what follows at once; events name who asked."""
    world = call.world
    world.catch_up()
    world.request = asked
    try:
        status, body = 200, shown(call, handler(call))
    except Refused as refused:
        status, body = refused.status, refused.body
    finally:
        world.request = None
    world.catch_up()
    return status, body


def _broken() -> tuple[int, Json]:
    return 500, {"error": {"type": "api_error", "message": "An unknown error occurred."}}


def _check_key(key: str, authorization: str) -> None:
    kind, _, given = authorization.partition(" ")
    if kind == "Basic":
        given = base64.b64decode(given).decode(errors="replace").partition(":")[0]
    if "_live_" in given:
        message = "This is a live key, and the fake moves no money. Take it out of wherever it came from."
        raise Refused(message, status=401)
    if not hmac.compare_digest(given.encode(), key.encode()):
        shown_key = f"{given[:8]}{'*' * max(0, len(given) - 8)}"
        raise Refused(f"Invalid API Key provided: {shown_key}", status=401)


def _params(request: Request) -> Json:
    """Return the parameters of a request, from its query, its form, or with API v2 its JSON."""
    if request.method != "POST":
        return parse_form(request.query)
    if not request.path.startswith("/v2/"):
        return parse_form(request.body)
    try:
        params = json.loads(request.body or "{}")
    except ValueError as error:
        raise Refused(f"Invalid JSON: {error}", code="invalid_json") from error
    if not isinstance(params, dict):
        raise Refused("The body must be a JSON object.", code="invalid_json")
    return params


def _account(world: World, headers: dict[str, str]) -> str:
    """Return the account that a request speaks for.

    :raises Refused: if there is none of that name, or its owner has ended the connection.
    """
    name = headers.get("stripe-account") or headers.get("stripe-context") or PLATFORM
    account = world.data["objects"].get(name, {})
    if name != PLATFORM and (account.get("object") != "v2.core.account" or world.hidden(name).get("gone")):
        message = (
            f"The provided key does not have access to account '{name}' (or that account does not exist)."
            " Application access may have been revoked."
        )
        raise Refused(message, status=403, code="account_invalid")
    return name
