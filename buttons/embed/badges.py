"""The badge as a picture, and its count as JSON: forms of a button that need no script."""

import json
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from django.utils import timezone

from buttons import queries
from buttons.badge import NAME, badge, drawing_id, short_count, style_hashes
from buttons.embed.click_page import place_of
from buttons.operations import buttons as operations
from buttons.queries.frames import AskedFrame, Frame, aframe
from flattr.short_way import Answer, Headers, Request, by_short_way

_KEPT: Final = (
    # Together with what we remember ourselves, nobody sees a count of more than a minute ago, unless we are away.
    ("Cache-Control", f"public, max-age={queries.COUNT_CACHE_SECONDS}, stale-if-error=86400"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_PICTURE: Final = (
    ("Content-Type", "image/svg+xml"),
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src {' '.join(style_hashes())}; frame-ancestors 'none'",
    ),
    # For browsers that don't read the policy.
    ("X-Frame-Options", "DENY"),
    *_KEPT,
)
_COUNT: Final = (("Content-Type", "application/json"), *_KEPT)
_COLOR: Final = "b3405f"


@by_short_way(method="GET")
async def show_creator_badge(request: Request, to: str) -> Answer:
    """Return the badge of the page at `url`, or of the creator; anybody may keep it for half a minute."""
    asked = dict(parse_qsl(request.query))
    frame = await _frame(to, asked)
    return _missing() if frame is None else _picture(frame.clicks, asked)


@by_short_way(method="GET")
async def show_creator_count(request: Request, to: str) -> Answer:
    """Return what Shields draws a badge of, at its address `/endpoint`: the same count, kept as long.

    Its form is described at https://shields.io/badges/endpoint-badge.
    """
    frame = await _frame(to, dict(parse_qsl(request.query)))
    if frame is None:
        return _missing()
    said = {"schemaVersion": 1, "label": NAME, "message": short_count(frame.clicks), "color": _COLOR}
    return _answer(_COUNT, json.dumps(said), frame.clicks)


@by_short_way(method="GET")
async def show_badge(request: Request, public_id: str) -> Answer:
    """Return the badge of one button, wherever its page is now; anybody may keep it for half a minute."""
    count = await queries.acached_click_count(public_id=public_id)
    return _missing() if count is None else _picture(count, dict(parse_qsl(request.query)))


async def _frame(to: str, asked: dict[str, str]) -> Frame | None:
    place = place_of({**asked, "to": to}, origin="")
    return await aframe(
        AskedFrame(place=place, creator_page=operations.creator_page(place.to), key_hash="", now=timezone.now())
    )


def _picture(count: int, asked: dict[str, str]) -> Answer:
    drawn = badge(count=count, size=asked.get("size", ""), theme=asked.get("theme", ""))
    return _answer(_PICTURE, drawn, count)


def _answer(headers: Headers, body: str, count: int) -> Answer:
    return Answer(HTTPStatus.OK, headers, body.encode(), tag=f"{drawing_id()}-{count}")


def _missing() -> Answer:
    return Answer(HTTPStatus.NOT_FOUND, (), b"")
