"""Reads for frames, which are shown with each page that has a button."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.db import connection

from buttons.queries.frame_memory import FrameMemory
from buttons.queries.trust import proven_host
from buttons.tickets import Place
from flattr.gathering import Gathering
from flattr.period import Period

_PLACES: Final = "SELECT * FROM buttons_places(%s, %s, %s, %s, %s)"
"""Tells what several frames show to everybody (see `migrations/0014`)."""

_FRAMES: Final = "SELECT * FROM buttons_frames(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
"""Tells what several frames show to who has keys, too; that takes half as long again (see `migrations/0014`)."""

CONFIRMED_LASTS: Final = timedelta(days=90)
"""How long a click that was confirmed in our window lets one press on that site be enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFrame:
    """What a frame is asked by: its place, the creator's own page, and the hash of the browser's key or nothing."""

    place: Place
    creator_page: str
    key_hash: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """All that a frame shows: the creator, the count, and what whoever has the key gave this month.

    `button_id` is None until the first click. `is_verified`, `is_trusted` and `has_good_name` tell of the site that
    shows the frame: whether it is the creator's, whether one press is let count there, and whether fans speak for it.
    """

    creator_id: int
    creator_name: str
    button_id: int | None
    is_hidden: bool
    clicks: int
    is_verified: bool
    fan_id: int | None = None
    has_budget: bool = False
    own_clicks: int = 0
    is_confirmed: bool = False
    is_trusted: bool = False
    has_good_name: bool = False


def frame(asked: AskedFrame) -> Frame | None:
    """Return what a frame shows right now, or None where there is no such creator."""
    return _frames([asked])[0]


async def aframe(asked: AskedFrame) -> Frame | None:
    """Return what a frame shows, or None where there is no such creator; who has no key sees it remembered.

    Clicks show in it within a minute, and all else within ten (see `FrameMemory`).
    """
    if asked.key_hash:
        return await _framing.do(asked)
    # What comes from outside may be of any length, and names in memory are short.
    key = hashlib.sha256(repr(asked.place).encode()).digest()
    known = frame_memory.get(key, now=asked.now)
    if known is None:
        known = await _framing.do(asked)
        if known is not None:
            frame_memory.keep(key, known, now=asked.now)
    return known


def _frames(asked: Sequence[AskedFrame]) -> list[Frame | None]:
    now = asked[0].now
    places = [
        [each.place.to for each in asked],
        [each.place.url for each in asked],
        [urlsplit(each.place.url).hostname or "" for each in asked],
        [each.creator_page for each in asked],
    ]
    origins = [each.place.origin for each in asked]
    hosts, key_hashes = [proven_host(origin) for origin in origins], [each.key_hash for each in asked]
    with connection.cursor() as cursor:
        if any(key_hashes):
            moments = [now, Period.at(now).first_day, now - CONFIRMED_LASTS]
            cursor.execute(_FRAMES, [*places, origins, hosts, key_hashes, *moments])
        else:
            cursor.execute(_PLACES, [*places, hosts])
        # Who has no key is told nothing of themselves.
        found = {
            place: Frame(**dict(zip(_FRAME_FIELDS, values, strict=False))) for place, *values in cursor.fetchall()
        }
    return [found.get(place) for place in range(1, len(asked) + 1)]


_FRAME_FIELDS: Final = [each.name for each in fields(Frame)]
_framing: Final = Gathering(_frames)
frame_memory: Final = FrameMemory[Frame]()
