"""Reads about buttons and clicks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from django.core.cache import caches
from django.db import connection
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Window

from accounts.models import CreatorProfile, User
from buttons.models import PUBLIC_ID_LENGTH, Button, Click, ClosedPeriod
from flattr import pages
from flattr.gathering import Gathering
from flattr.period import Period

COUNT_CACHE_SECONDS: Final = 30
"""How long we remember a count, and how long browsers and proxies may then: in a minute, a click shows everywhere."""

EXACT_UNTIL: Final = 10_000
"""How large a count may be to be taken anew for a page: from here on, nobody sees one click more or less."""

FANS_CACHE_SECONDS: Final = 300
"""How long a process remembers how many fans gave so many clicks: to tell 70,000 apart takes a tenth of a second."""

_COUNTS: Final = caches["process"]
"""The remembered counts. Django would make the cache anew for each request in an event loop."""

_CLICK_COUNTS: Final = "SELECT * FROM buttons_click_counts(%s)"
"""Counts what no closed month has counted yet, and adds those that have (see `migrations/0007`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickedButton:
    """A button by its id with the clicks that one fan gave it in one period."""

    button_id: int
    creator_id: int
    creator_name: str
    clicks: int
    latest_click_id: str
    clicked_at: datetime


def creators() -> QuerySet[CreatorProfile]:
    """Return the creators whose account isn't closed, with their users."""
    return CreatorProfile.objects.select_related("user").exclude(user__closing__begun_at__isnull=False)


def open_pages() -> QuerySet[CreatorProfile]:
    """Return the creators whose page everybody may see: their account isn't closed, and staff let them be active."""
    return creators().filter(user__is_active=True)


def clicks_that_stand(*, period: Period) -> QuerySet[Click]:
    """Return the clicks of a period that were not undone, however they were made."""
    return Click.objects.filter(period=period, undone_at__isnull=True)


def clicked_buttons(*, fan: User, period: Period) -> list[ClickedButton]:
    """Return what the fan clicked in the period, most clicked first, each with its latest click."""
    # One reading of the fan's clicks: they are counted before all but the latest of each button are left out.
    rows = (
        clicks_that_stand(period=period)
        .filter(fan=fan)
        .annotate(clicks=Window(Count("id"), partition_by=["button_id"]))
        .order_by("button_id", "-clicked_at", "-id")
        .distinct("button_id")
        .values_list("button_id", "creator_id", "creator__creator_profile__name", "clicks", "id", "clicked_at")
    )
    found = [
        ClickedButton(
            button_id=button_id,
            creator_id=creator_id,
            creator_name=name or "",
            clicks=clicks,
            latest_click_id=str(click_id),
            clicked_at=clicked_at,
        )
        for button_id, creator_id, name, clicks, click_id, clicked_at in rows
    ]
    found.sort(key=attrgetter("clicked_at"), reverse=True)
    return sorted(found, key=attrgetter("clicks"), reverse=True)


def fan_click_count(*, fan: User, period: Period) -> int:
    """Count the fan's standing clicks in one period."""
    return clicks_that_stand(period=period).filter(fan=fan).count()


def fan_clicks_on(*, fan: User, button: Button, period: Period) -> int:
    """Count the fan's standing clicks for one button in one period."""
    return clicks_that_stand(period=period).filter(fan=fan, button=button).count()


def click_count(*, public_id: str) -> int | None:
    """Count all standing clicks that a button ever got, exactly, or return None where there is no such button.

    The clicks of closed periods were counted when they were closed. Those that were imported into a
    period before the latest closed one join when theirs is closed.
    """
    return _count_all([public_id])[0]


async def acached_click_count(*, public_id: str) -> int | None:
    """Do as `cached_click_count`, in the event loop: what isn't remembered is counted with others at once."""
    count = _remembered_count(public_id=public_id)
    return _remember(public_id, await _counting.do(public_id)) if count is None else count


def cached_click_count(*, public_id: str) -> int | None:
    """Count as `click_count` does, at most half a minute old: what pages elsewhere show.

    Each process remembers by itself, as asking Redis takes longer than all the rest of a badge.
    """
    count = _remembered_count(public_id=public_id)
    return _remember(public_id, click_count(public_id=public_id)) if count is None else count


def shown_click_count(*, public_id: str) -> int | None:
    """Count as `click_count` does, a large one half a minute old at most: what a click leads back to."""
    count = _remembered_count(public_id=public_id)
    if count is None or count < EXACT_UNTIL:
        count = _remember(public_id, click_count(public_id=public_id))
    return count


def _remembered_count(*, public_id: str) -> int | None:
    # Names too long for any button are no keys: the cache would warn of each, and Python would remember each warning.
    count: int | None = _COUNTS.get(public_id[: PUBLIC_ID_LENGTH + 1])
    return count


def _remember(public_id: str, count: int | None) -> int | None:
    if count is not None:
        _COUNTS.set(public_id, count, timeout=COUNT_CACHE_SECONDS)
    return count


def _count_all(public_ids: Sequence[str]) -> list[int | None]:
    with connection.cursor() as cursor:
        cursor.execute(_CLICK_COUNTS, [list(public_ids)])
        counts = {place: int(count) for place, count in cursor.fetchall()}
    return [counts.get(place) for place in range(1, len(public_ids) + 1)]


_counting: Final = Gathering(_count_all)


class _CountOf(Subquery):
    """How many rows a query has."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonMonth:
    """A button with what it got in one period."""

    button: Button
    clicks: int
    fans: int


def creator_clicks(*, creator: User, period: Period, place: pages.Place | None = None) -> pages.Page[ButtonMonth]:
    """Return the creator's buttons with their clicks and fans of the period, most clicked first.

    The number of fans of a button with very many clicks may be some minutes old.
    """
    clicks = clicks_that_stand(period=period).filter(button=OuterRef("pk")).order_by()
    found = pages.cut(
        Button.objects.filter(creator=creator)
        .annotate(month_clicks=_CountOf(clicks.values("pk")))
        .order_by("-month_clicks", "-id"),
        place=place,
    )
    fans = _fans_of({each.pk: each.month_clicks for each in found.rows}, period=period)
    return found.showing(
        [ButtonMonth(button=each, clicks=each.month_clicks, fans=fans[each.pk]) for each in found.rows]
    )


def _fans_of(clicked: Mapping[int, int], *, period: Period) -> Mapping[int, int]:
    """Return how many fans clicked each of the buttons in a period, of which it says how often that was."""
    names = {button: f"fans {button} {period}" for button, clicks in clicked.items() if clicks >= EXACT_UNTIL}
    remembered = ((button, _COUNTS.get(name)) for button, name in names.items())
    fans: dict[int, int] = {button: count for button, count in remembered if count is not None}
    # Told apart before they are counted, they go into a hash table; `count(DISTINCT …)` sorts them.
    told_apart = clicks_that_stand(period=period).filter(button=OuterRef("pk")).order_by().values("fan_id").distinct()
    unknown = Button.objects.filter(pk__in=clicked.keys() - fans.keys())
    for button, count in unknown.annotate(fans=_CountOf(told_apart)).values_list("pk", "fans"):
        fans[button] = count
        if button in names:
            _COUNTS.set(names[button], count, timeout=FANS_CACHE_SECONDS)
    return fans


def public_buttons(*, creator: User) -> QuerySet[Button]:
    """Return the creator's buttons that everybody may see, newest first."""
    return Button.objects.filter(creator=creator, hidden_at__isnull=True).order_by("-created_at", "-id")


def supported_before(*, click: Click) -> bool:
    """Tell whether the click's fan gave its creator another one that stands, before or after it."""
    first, periods = first_period() or click.period, [click.period]
    # The index of clicks begins with the period, so all of them are named.
    while periods[-1] > first:
        periods.append(periods[-1].previous)
    others = Click.objects.filter(fan=click.fan_id, creator=click.creator_id, undone_at__isnull=True)
    return others.filter(period__in=periods).exclude(id=click.id).exists()


def first_period() -> Period | None:
    """Return the first period that anybody clicked in, or None."""
    first = Click.objects.filter(undone_at__isnull=True).order_by("period").first()
    return None if first is None else first.period


def period_is_closed(*, period: Period) -> bool:
    """Tell whether the period takes no more clicks and no more undoing."""
    return ClosedPeriod.objects.filter(period=period).exists()


def newest_closed_period() -> Period | None:
    """Return the last period that is closed, or None."""
    newest = ClosedPeriod.objects.order_by("-period").first()
    return None if newest is None else newest.period
