"""From a request to the function that answers it, and from what it found to what is answered."""

import base64
import json
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakestripe.errors import Refused, no_such
from tests.fakestripe.shapes import Json, expandable, hints, object_class
from tests.fakestripe.world import PLATFORM, World, copied

INCLUDABLE: Final = {"charge": {"refunds"}, "checkout.session": {"line_items"}}
"""What is answered only where `expand` names it, beside ids."""

DEEPEST: Final = 4
"""So deep may `expand` reach. Source: docs.stripe.com/expand."""

MOST: Final = 100


@dataclass
class Call:
    """A request that has passed the contract: `ids` are those in its path, `params` its typed parameters."""

    world: World
    path: str
    params: Json
    ids: dict[str, str] = field(default_factory=dict)
    account: str = PLATFORM
    decline: Json | None = None

    def find(self, kind: str) -> Json:
        """Return the object that the path names last.

        :raises Refused: if the account has none of that kind.
        """
        name, value = list(self.ids.items())[-1]
        return self.world.find(kind, value, account=self.account, param=name)


Handler = Callable[[Call], Json]
HANDLERS: Final[dict[tuple[str, str], Handler]] = {}
FOR_ACCOUNTS: Final[set[Handler]] = set()
"""Those that answer for connected accounts too."""


def answers(method: str, template: str, *, for_accounts: bool = False) -> Callable[[Handler], Handler]:
    """Let the function below answer that route; its path is written as the `stripe` package writes it."""

    def register(handler: Handler) -> Handler:
        HANDLERS[method, template] = handler
        if for_accounts:
            FOR_ACCOUNTS.add(handler)
        return handler

    return register


def within(thing: Json, bounds: Any, field_name: str = "created") -> bool:
    """Tell whether a moment of an object lies in what a list was asked for: a moment, or bounds."""
    if bounds is None:
        return True
    if isinstance(bounds, int):
        return bool(thing[field_name] == bounds)
    moment = thing[field_name]
    tests = {"gt": moment.__gt__, "gte": moment.__ge__, "lt": moment.__lt__, "lte": moment.__le__}
    return all(tests[how](than) for how, than in bounds.items())


def page(call: Call, found: list[Json], *, same: tuple[str, ...] = ()) -> Json:
    """Return the page of a list that was asked for; `found` is all of it, the newest first.

    `same` names parameters that the field of the same name must equal, where they are given.
    """
    params = call.params
    found = [thing for thing in found if all(params.get(name) in (None, thing[name]) for name in same)]
    limit = params.get("limit", 10)
    if not 1 <= limit <= MOST:
        raise Refused(f"Invalid limit: must be between 1 and {MOST}", code="parameter_invalid_integer", param="limit")
    if call.path.startswith("/v2/"):
        return _page_of_v2(call, found, limit)
    found = [thing for thing in found if within(thing, params.get("created"))]
    names = [thing["id"] for thing in found]
    for cursor in ("starting_after", "ending_before"):
        if cursor in params and params[cursor] not in names:
            raise no_such("object", params[cursor], cursor)
    if "ending_before" in params:
        end = names.index(params["ending_before"])
        data, more = found[max(0, end - limit) : end], end > limit
    else:
        start = names.index(params["starting_after"]) + 1 if "starting_after" in params else 0
        data, more = found[start : start + limit], len(found) > start + limit
    return {"object": "list", "data": data, "has_more": more, "url": call.path}


def _page_of_v2(call: Call, found: list[Json], limit: int) -> Json:
    """Return a page with the address of the next: it carries the question and where to go on."""
    asked = {name: value for name, value in call.params.items() if name != "page"}
    start = int(base64.urlsafe_b64decode(call.params["page"])) if "page" in call.params else 0
    following = None
    if len(found) > start + limit:
        cursor = base64.urlsafe_b64encode(str(start + limit).encode()).decode()
        following = f"{call.path}?{urllib.parse.urlencode(flat({**asked, 'page': cursor}))}"
    return {"data": found[start : start + limit], "next_page_url": following}


def flat(params: Json, at: str = "") -> list[tuple[str, str]]:
    """Return parameters as the fields of a form."""
    fields: list[tuple[str, str]] = []
    for name, value in params.items():
        place = f"{at}[{name}]" if at else name
        inner = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(inner, dict):
            fields += flat(inner, place)
        else:
            fields.append((place, inner if isinstance(inner, str) else json.dumps(inner)))
    return fields


def shown(call: Call, found: Json) -> Json:
    """Return a copy of what was found, with what `expand` names expanded.

    :raises Refused: if something is named that can't be expanded.
    """
    answer = copied(found)
    for place, path in enumerate(call.params.get("expand", [])):
        steps = path.split(".")
        things = [answer]
        if answer.get("object") == "list" and steps[0] == "data":
            things, steps = answer["data"], steps[1:]
        if not steps or len(steps) > DEEPEST:
            raise Refused(f"You cannot expand {path}.", param=f"expand[{place}]")
        for thing in things:
            _expand(call.world, thing, steps, f"expand[{place}]")
    return answer


def _expand(world: World, thing: Json, steps: list[str], param: str) -> None:
    """Put the object that an id names in the id's place, and go on in it."""
    step, *rest = steps
    kind = thing.get("object", "")
    includable = step in INCLUDABLE.get(kind, ())
    if includable and step not in thing:
        thing[step] = copied(world.hidden(thing["id"]).get(step) or _listed(world, thing))
    hint = hints(object_class(thing)).get(step) if kind else None
    if not includable and (hint is None or not (expandable(hint) or rest)):
        message = f"This property cannot be expanded ({step})."
        raise Refused(message, param=param)
    value = thing.get(step)
    if isinstance(value, str) and expandable(hint):
        if value.startswith("acct_"):
            message = f"The fake knows accounts of API v2 only, and doesn't expand {step}."
            raise Refused(message, status=501, kind="api_error", param=param)
        value = thing[step] = copied(world.get(value))
    if rest and isinstance(value, dict):
        inner = value["data"] if value.get("object") == "list" else [value]
        following = rest[1:] if value.get("object") == "list" and rest[0] == "data" else rest
        for item in inner if following else ():
            _expand(world, item, following, param)


def _listed(world: World, charge: Json) -> Json:
    """Return a charge's refunds as the list that is expanded there."""
    data = [refund for refund in world.every("refund") if refund["charge"] == charge["id"]]
    return {"object": "list", "data": data, "has_more": False, "url": f"/v1/charges/{charge['id']}/refunds"}


def update(thing: Json, params: Json) -> Json:
    """Set fields of an object as an update asks for, and return what they were; empty text unsets.

    Metadata is merged, as Stripe does it: an empty value takes its key away, empty metadata all.
    """
    before: Json = {}
    for name, value in params.items():
        if name == "expand":
            continue
        new = value or None
        if name == "metadata":
            merged = {**thing["metadata"], **value} if value else {}
            new = {key: text for key, text in merged.items() if text}
        if thing[name] != new:
            before[name], thing[name] = thing[name], new
    return before
