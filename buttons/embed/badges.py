"""The badge as a picture: the form of a button that needs no script."""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from django.utils import timezone

from buttons import queries
from buttons.badge import badge
from buttons.embed.click_page import place_of
from buttons.operations import buttons as operations
from buttons.queries import AskedFrame
from flattr.short_way import Answer, Request, by_short_way

_HEADERS: Final = (
    ("Content-Type", "image/svg+xml"),
    ("Cache-Control", f"public, max-age={queries.COUNT_CACHE_SECONDS}"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)


@by_short_way(method="GET")
async def show_creator_badge(request: Request, to: str) -> Answer:
    """Return the badge of the page at `url`, or of the creator; anybody may keep it for half a minute."""
    asked = dict(parse_qsl(request.query))
    place = place_of({**asked, "to": to}, origin="")
    about = AskedFrame(place=place, creator_page=operations.creator_page(place.to), key_hash="", now=timezone.now())
    frame = await queries.aframe(about)
    if frame is None:
        return Answer(HTTPStatus.NOT_FOUND, (), b"")
    return Answer(HTTPStatus.OK, _HEADERS, badge(count=frame.clicks).encode())


@by_short_way(method="GET")
async def show_badge(request: Request, public_id: str) -> Answer:
    """Return the badge of a button; anybody may keep it for half a minute."""
    del request
    count = await queries.acached_click_count(public_id=public_id)
    if count is None:
        return Answer(HTTPStatus.NOT_FOUND, (), b"")
    return Answer(HTTPStatus.OK, _HEADERS, badge(count=count).encode())
