"""What is trending: each button's heat, kept up to date from the clicks since the last time.

The first click of a fan for a button in a month counts, for as long as it stands, however many follow. It has to come
from a site that is verified for the creator and where one press may count, or from our own pages. It counts half as
much after each `HALF_LIFE`. Heat is kept as a moment (see `Listing`), so what nobody clicks needs no writing.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from buttons.models import HeatCount
from buttons.models.discovery import THE_ONLY
from buttons.queries import trust
from buttons.queries.discovery import HALF_LIFE
from flattr.period import Period
from flattr.transactions import durable

COUNTED_AFTER: Final = timedelta(minutes=2)
"""How long a click may take from its time to its commit. What takes longer is counted for money, and not here."""

COUNTED_BACK: Final = timedelta(days=15)
"""How far the first count goes back: five half-lives, after which a click counts for a thirtieth."""

STEP: Final = timedelta(days=1)
"""How much is counted in one transaction where nobody has counted for long."""

_CHANGES: Final = """
WITH changed AS (
    SELECT id, fan_id, button_id, creator_id, period, clicked_at, origin, 1 AS change FROM buttons_click
    WHERE period BETWEEN %(first)s AND %(last)s AND clicked_at > %(after)s AND clicked_at <= %(until)s
          AND (undone_at IS NULL OR undone_at > %(until)s)
    UNION ALL
    SELECT id, fan_id, button_id, creator_id, period, clicked_at, origin, -1 FROM buttons_click
    WHERE period BETWEEN %(first)s AND %(last)s AND undone_at > %(after)s AND undone_at <= %(until)s
          AND clicked_at <= %(after)s
)
SELECT button_id, creator_id, origin,
       sum(change * power(2.0::float8, extract(epoch FROM clicked_at - %(until)s) / %(half_life)s)::float8)
FROM changed
-- Each of the two has an index.
WHERE origin <> ''
      AND NOT EXISTS (SELECT FROM buttons_click AS earlier
                      WHERE earlier.period = changed.period AND earlier.fan_id = changed.fan_id
                            AND earlier.button_id = changed.button_id AND earlier.undone_at IS NULL
                            AND (earlier.clicked_at, earlier.id) < (changed.clicked_at, changed.id))
      AND NOT EXISTS (SELECT FROM buttons_click AS earlier
                      WHERE earlier.period = changed.period AND earlier.fan_id = changed.fan_id
                            AND earlier.button_id = changed.button_id AND earlier.undone_at IS NOT NULL
                            AND (earlier.clicked_at, earlier.id) < (changed.clicked_at, changed.id))
GROUP BY button_id, creator_id, origin
"""
"""Counts, in clicks of the moment `until`, what each button got from each site, and what was taken back of it."""

_WARM: Final = """
WITH changed AS (
    SELECT * FROM unnest(%(buttons)s::bigint[], %(changes)s::float8[]) AS changed (button_id, change)
), locked AS (
    -- Who writes the same ones side by side meets them in the same order.
    SELECT listing.button_id,
           power(2.0::float8, greatest(-1000, extract(epoch FROM hot_at - %(until)s) / %(half_life)s)::float8)
           + change AS heat
    FROM buttons_listing AS listing JOIN changed USING (button_id) ORDER BY button_id FOR UPDATE OF listing
)
UPDATE buttons_listing AS listing
SET hot_at = greatest(
    created_at - make_interval(secs => %(cold)s),
    %(until)s + make_interval(secs => %(half_life)s * ln(greatest(heat, 1e-300)) / ln(2.0::float8)))
FROM locked WHERE locked.button_id = listing.button_id
"""
"""Adds to each button's heat, which never falls below what it began with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What a button got from one site, in clicks of the moment until which is counted."""

    button_id: int
    creator_id: int
    origin: str
    clicks: float


def count_heat(*, now: datetime) -> None:
    """Count the clicks since the last time, and those taken back since; twice is as once."""
    while not _count_step(until=now - COUNTED_AFTER):
        pass


@durable
def _count_step(*, until: datetime) -> bool:
    """Count at most a day; return whether all is counted."""
    HeatCount.objects.bulk_create([HeatCount(counted_until=until - COUNTED_BACK)], ignore_conflicts=True)
    done = HeatCount.objects.select_for_update().get(pk=THE_ONLY)
    after = done.counted_until
    if after >= until:
        return True
    done.counted_until = min(until, after + STEP)
    _warm(_counted(_changes(after=after, until=done.counted_until), now=until), until=done.counted_until)
    done.save(update_fields=["counted_until"])
    return done.counted_until == until


def _changes(*, after: datetime, until: datetime) -> list[_Change]:
    window: dict[str, Any] = {
        "after": after,
        "until": until,
        "first": Period.at(after).first_day,
        "last": Period.at(until).first_day,
        "half_life": HALF_LIFE.total_seconds(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, window)
        return [
            _Change(button_id=button_id, creator_id=creator_id, origin=origin, clicks=clicks)
            for button_id, creator_id, origin, clicks in cursor.fetchall()
        ]


def _counted(changes: list[_Change], *, now: datetime) -> dict[int, float]:
    """Return by button what comes from where clicks may be counted."""
    trusted = trust.trusted_pairs(pairs={(each.origin, each.creator_id) for each in changes}, now=now)
    heat: defaultdict[int, float] = defaultdict(float)
    for each in changes:
        if (each.origin, each.creator_id) in trusted:
            heat[each.button_id] += each.clicks
    return heat


def _warm(heat: dict[int, float], *, until: datetime) -> None:
    if heat:
        parameters: dict[str, Any] = {
            "buttons": list(heat),
            "changes": list(heat.values()),
            "until": until,
            "half_life": HALF_LIFE.total_seconds(),
            "cold": COUNTED_BACK.total_seconds(),
        }
        with connection.cursor() as cursor:
            cursor.execute(_WARM, parameters)
