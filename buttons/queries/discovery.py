"""Reads for who looks for something to click: lists of all buttons that everybody may see, and searches in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.core.cache import caches
from django.db import connection
from django.db.models import F, QuerySet

from accounts.models import CreatorProfile
from buttons.models import Button, HeatCount, Listing
from flattr import pages

HALF_LIFE: Final = timedelta(days=3)
"""After this time a click counts half as much for what is trending."""

FOUND_MAX: Final = 1000
"""How many a search finds at most: the newest, else the hottest, among which the best are looked for."""

PAGE_SIZE: Final = 24

_FACETS_OF: Final = 1000
"""Of how many of the hottest buttons the tags and languages are offered."""

_FACETS_KEPT_SECONDS: Final = 600
_TAGS_SHOWN: Final = 20
_CREATORS_LOOKED_AT: Final = 60
_TAGS_OF_CREATOR_FROM: Final = 300

_FOUND: Final = """
SELECT button_id, {weight} AS weight
FROM (SELECT button_id, document, hot_at, created_at FROM buttons_listing
      WHERE document @@ buttons_search_query(%(words)s) AND facets @> %(facets)s::text[]
      ORDER BY {first} DESC, button_id DESC LIMIT %(most)s) AS found
ORDER BY weight DESC, button_id DESC
"""
"""Finds all at once, whatever of it is shown. For the few of a page PostgreSQL would go through all listings in their
order, hoping to meet some soon, which takes the longest where nothing has the words."""

_FACETS: Final = """
SELECT facet FROM (SELECT facets FROM buttons_listing ORDER BY hot_at DESC, button_id DESC LIMIT %s) AS hottest,
                  unnest(facets) AS facet
GROUP BY facet ORDER BY count(*) DESC, facet
"""

_TAGS_OF: Final = """
SELECT tag FROM (SELECT tags FROM buttons_button WHERE creator_id = %s AND hidden_at IS NULL
                 ORDER BY created_at DESC, id DESC LIMIT %s) AS newest, unnest(tags) AS tag
GROUP BY tag ORDER BY count(*) DESC, tag LIMIT %s
"""


class Order(StrEnum):
    """What comes first."""

    TRENDING = "trending"
    """What many fans click now."""
    NEWEST = "newest"
    BEST = "best"
    """Where the words of a search weigh most: in the title, then in tags and the creator's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for. `words` are as in searches of the web; what is empty says nothing."""

    words: str = ""
    category: str = ""
    tag: str = ""
    language: str = ""

    @property
    def facets(self) -> list[str]:
        """Return the facets that a listing must have."""
        named = {"c": self.category, "l": self.language, "t": self.tag}
        return [f"{kind}:{value.lower()}" for kind, value in named.items() if value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Tags and languages of what is trending, the most frequent first."""

    tags: list[str]
    languages: list[str]


_IN_ORDER: Final = {
    Order.BEST: _FOUND.format(
        first="hot_at", weight="(ts_rank(document, buttons_search_query(%(words)s)) * 1000000)::bigint"
    ),
    Order.TRENDING: _FOUND.format(first="hot_at", weight="(extract(epoch FROM hot_at) * 1000000)::bigint"),
    Order.NEWEST: _FOUND.format(first="created_at", weight="(extract(epoch FROM created_at) * 1000000)::bigint"),
}


def discover(*, wanted: Wanted, order: Order, place: pages.Place) -> pages.Page[Button]:
    """Return the buttons that somebody looks for, with their creators' profiles."""
    if wanted.words:
        found = pages.cut_list(
            _found(wanted, order), key_of=lambda row: (-row[1], -row[0]), place=place, order_name=order
        )
        return found.showing(_in_order(button_id for button_id, _weight in found))
    first = "-hot_at" if order is Order.TRENDING else "-created_at"
    listings = _listings(wanted).only("button_id", "hot_at", "created_at").order_by(first, "-button_id")
    cut = pages.cut(listings, place=place)
    return cut.showing(_in_order(listing.button_id for listing in cut))


def newest(*, wanted: Wanted, most: int) -> list[Button]:
    """Return the newest buttons of those that somebody looks for."""
    if wanted.words:
        return _in_order(button_id for button_id, _weight in _found(wanted, Order.NEWEST)[:most])
    ids = _listings(wanted).order_by("-created_at", "-button_id").values_list("button_id", flat=True)
    return _in_order(ids[:most])


def _listings(wanted: Wanted) -> QuerySet[Listing]:
    listings = Listing.objects.all()
    return listings.filter(facets__contains=wanted.facets) if wanted.facets else listings


def _found(wanted: Wanted, order: Order) -> Sequence[tuple[int, int]]:
    """Return ids of buttons that have the words, with what orders them, in millionths, the first one first."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_ORDER[order], {"words": wanted.words, "facets": wanted.facets, "most": FOUND_MAX})
        return [(button_id, weight) for button_id, weight in cursor.fetchall()]


def _in_order(ids: Iterable[int]) -> list[Button]:
    """Return buttons with their creators' profiles. What was hidden meanwhile is left out."""
    wanted = list(ids)
    shown = Button.objects.select_related("creator__creator_profile").filter(hidden_at__isnull=True).in_bulk(wanted)
    return [shown[each] for each in wanted if each in shown]


def facets() -> Facets:
    """Return what lists can be narrowed by, ten minutes old at most."""
    kept: Facets | None = caches["process"].get(_FACETS)
    if kept is not None:
        return kept
    with connection.cursor() as cursor:
        cursor.execute(_FACETS, [_FACETS_OF])
        found = [facet.partition(":") for (facet,) in cursor.fetchall()]
    made = Facets(
        tags=[name for kind, _, name in found if kind == "t"][:_TAGS_SHOWN],
        languages=[name for kind, _, name in found if kind == "l"],
    )
    caches["process"].set(_FACETS, made, timeout=_FACETS_KEPT_SECONDS)
    return made


def hottest_creators(*, most: int) -> list[CreatorProfile]:
    """Return the creators of what is trending, each once, the hottest first."""
    listings = Listing.objects.select_related("button__creator__creator_profile").defer("document")
    # Only what was clicked: a listing is that much hotter than it was when it was made.
    clicked = listings.filter(hot_at__gt=F("created_at")).order_by("-hot_at", "-button_id")[:_CREATORS_LOOKED_AT]
    found = {listing.button.creator_id: listing.button.creator.creator_profile for listing in clicked}
    return list(found.values())[:most]


def tags_of(*, creator_id: int) -> list[str]:
    """Return the tags that a creator's newest buttons have most."""
    with connection.cursor() as cursor:
        cursor.execute(_TAGS_OF, [creator_id, _TAGS_OF_CREATOR_FROM, _TAGS_SHOWN])
        return [tag for (tag,) in cursor.fetchall()]


def counted_until() -> datetime | None:
    """Return until when clicks were counted into what is trending, or None before the first time."""
    return HeatCount.objects.values_list("counted_until", flat=True).first()
