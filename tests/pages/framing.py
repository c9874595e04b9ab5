"""The frame's host as browsers ask it: frames, and what the frame's script sends."""

import json
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from buttons import tickets
from buttons.models import Button
from tests import given, pressing
from tests.client import StrictClient
from tests.pages import world

EMBED: Final = "embed.localhost:8000"
OURS: Final = {
    "host": EMBED,
    "origin": settings.EMBED_URL,
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "empty",
}
"""What a browser sends with a request of the frame's own script."""

KEY: Final = "__Host-k"


def query_of(button: Button, **more: str) -> str:
    """Return what the loader asks the frame with."""
    return "?" + urlencode({"to": button.creator.creator_profile.slug, "url": button.url, **more})


def frame(client: StrictClient, button: Button, *, referer: str | None = None, **more: str) -> Any:
    """Return the frame as a page on the button's site shows it, or another page."""
    headers = {"host": EMBED, "referer": pressing.origin_of(button) + "/" if referer is None else referer}
    return client.get(f"/b{query_of(button, **more)}", headers=headers)


def said(response: Any) -> dict[str, str]:
    """Return what the frame tells its script."""
    (body,) = world.document(response).query("body")
    return {name.removeprefix("data-"): value for name, value in body.attrs.items()}


def ticket(button: Button, *, origin: str | None = None) -> str:
    """Return a good ticket."""
    return tickets.mint(place=given.place(button, origin=pressing.origin_of(button) if origin is None else origin))


def window_of(button: Button, *, challenge: str = "") -> str:
    """Return the address of our window for a click on the button's site."""
    place = given.place(button, origin=pressing.origin_of(button))
    query = {"to": place.to, "url": place.url, "site": place.origin, **({"ch": challenge} if challenge else {})}
    return f"{reverse('buttons:window', args=[tickets.mint(place=place)])}?{urlencode(query)}"


def window(client: StrictClient, button: Button, *, verifier: str = "", opener: str | None = None) -> Any:
    """Return our window as a frame opens it, or a page of another site."""
    challenge = pressing.challenge_of(verifier or world.new_id())
    headers = {"referer": settings.EMBED_URL + "/" if opener is None else opener}
    return client.get(window_of(button, challenge=challenge), headers=headers)


def confirm(client: StrictClient, shown: Any) -> Any:
    """Press the button of our window, as a browser does that shows it."""
    (form,) = world.document(shown).query("main form")
    values = {each.attrs["name"]: each.attrs["value"] for each in form.query("input")}
    return client.post(shown.request["PATH_INFO"] + "?" + shown.request["QUERY_STRING"], values)


def press(button: Button, **changes: Any) -> dict[str, Any]:
    """Return what the script sends of a press that all speaks for, but for what is changed."""
    return {
        "ticket": ticket(button),
        "page": query_of(button),
        "site": pressing.origin_of(button),
        "hover": 300,
        "seen": 2000,
        "proven": True,
        "pointer": "mouse",
        "x": 500,
        "y": 500,
        **changes,
    }


def send(client: StrictClient, way: str, what: Any, **headers: str | None) -> Any:
    """Send what the frame's script sends, with headers changed or, where None, left out."""
    all_headers = {**OURS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    body = what if isinstance(what, str) else json.dumps(what)
    sent = {name: value for name, value in all_headers.items() if value is not None}
    return client.post(f"/b/{way}", body, content_type="text/plain;charset=UTF-8", headers=sent)
