"""Events: what has happened, for lists and for webhooks."""

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final

import stripe

from tests.fakestripe.routing import Call, answers, page
from tests.fakestripe.shapes import Json
from tests.fakestripe.world import PLATFORM, World, copied

API_VERSION: Final = stripe.api_version
"""The version of the API that is spoken: the one that the installed package pins."""


def emit(world: World, kind: str, thing: Json, *, account: str | None = None, before: Json | None = None) -> Json:
    """Note an event about an object as it is now, and let the endpoints that want it be told.

    `before` is what changed fields were; the account is the object's, unless told otherwise.
    """
    if account is None:
        account = world.hidden(thing["id"])["account"]
    data: Json = {"object": copied(thing)}
    if before is not None:
        data["previous_attributes"] = before
    event = world.add(
        stripe.Event,
        "evt",
        owner=account,
        type=kind,
        api_version=API_VERSION,
        data=data,
        request=world.request or {"id": None, "idempotency_key": None},
    )
    if account != PLATFORM:
        event["account"] = account
    event["pending_webhooks"] = _queue(world, event, "connected" if account != PLATFORM else "platform")
    return event


def emit_thin(world: World, kind: str, related: Json, **data: Any) -> Json:
    """Note an event of API v2 about an object; its notification carries no data, the event itself what is given."""
    request = world.request and {name: value or "" for name, value in world.request.items()}
    event = world.add(
        stripe.v2.core.Event,
        "evt_test",
        type=kind,
        created=instant(world.now()),
        reason={"type": "request", "request": request} if request else None,
    )
    path = f"/{related['object'].replace('.', '/')}s/{related['id']}"
    event["related_object"] = {"id": related["id"], "type": related["object"], "url": path}
    if data:
        event["data"] = data
    _queue(world, event, "thin")
    return event


def instant(seconds: int) -> str:
    """Return a moment as API v2 writes it: ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _queue(world: World, event: Json, kind: str) -> int:
    """Make a delivery for each endpoint of that kind that wants the event; return how many."""
    knobs = world.data["webhook_knobs"]
    wanting = [
        endpoint
        for endpoint in world.data["endpoints"]
        if endpoint["kind"] == kind and any(fnmatchcase(event["type"], wanted) for wanted in endpoint["events"])
    ]
    status = "pending"
    if any(fnmatchcase(event["type"], dropped) for dropped in knobs.get("drop", [])):
        status = "dropped"
    elif knobs.get("hold"):
        status = "held"
    for endpoint in wanting:
        for _ in range(2 if knobs.get("duplicate") else 1):
            name = world.new_id("delivery")
            world.data["deliveries"][name] = {
                "id": name,
                "event": event["id"],
                "type": event["type"],
                "url": endpoint["url"],
                "secret": endpoint["secret"],
                "status": status,
                "attempts": 0,
                "code": None,
                "due": world.now() + knobs.get("delay", 0),
            }
    return len(wanting)


def _delivered(world: World, event: Json) -> bool:
    """Tell whether all endpoints that want an event have it."""
    deliveries = world.data["deliveries"].values()
    return all(delivery["status"] == "delivered" for delivery in deliveries if delivery["event"] == event["id"])


@answers("GET", "/v1/events", for_accounts=True)
def _list_events(call: Call) -> Json:
    params = call.params
    wanted = params.get("types") or [params.get("type", "*")]
    found = [
        event
        for event in call.world.every("event", account=call.account)
        if any(fnmatchcase(event["type"], pattern) for pattern in wanted)
        and params.get("delivery_success") in (None, _delivered(call.world, event))
    ]
    return page(call, found)


@answers("GET", "/v1/events/{id}", for_accounts=True)
def _retrieve_event(call: Call) -> Json:
    return call.find("event")


@answers("GET", "/v2/core/events")
def _list_thin_events(call: Call) -> Json:
    params = call.params
    within = params.get("created", {})
    found = [
        event
        for event in call.world.every("v2.core.event")
        if params.get("object_id") in (None, event["related_object"]["id"])
        and ("types" not in params or event["type"] in params["types"])
        and all(_compare(event["created"], how, than) for how, than in within.items())
    ]
    return page(call, found)


def _compare(moment: str, how: str, than: str) -> bool:
    """Compare two moments of API v2, which may be written with other fractions and zones."""
    one, other = datetime.fromisoformat(moment), datetime.fromisoformat(than)
    return {"gt": one > other, "gte": one >= other, "lt": one < other, "lte": one <= other}[how]


@answers("GET", "/v2/core/events/{id}")
def _retrieve_thin_event(call: Call) -> Json:
    return call.find("v2.core.event")
