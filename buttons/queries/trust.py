"""Reads about sites that show our frame: how they stand, and which of them may click for whom."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, QuerySet

from accounts.models import User
from buttons.models import Click, Confirmation, OneClick, OriginDay, OriginStanding, SiteKey
from buttons.queries import sites, visibility
from flattr import pages
from flattr.period import Period

CLICKS_SHOWN: Final = pages.SIZE // 2
"""How many single clicks a page has: each has several forms."""

HOVER_MS_MIN: Final = 120
"""How long a pointer has to be over the button before one press counts. Of a finger, which hovers over nothing before
it comes down, just that is noted."""

_NUMBERS: Final = """
WITH confirmed AS (
    SELECT fan_id, (confirmed_at AT TIME ZONE 'UTC')::date AS day, undone_at IS NOT NULL AS is_undone
    FROM buttons_confirmation WHERE origin = %(origin)s AND confirmed_at >= %(since)s::timestamp AT TIME ZONE 'UTC'
), pressed AS (
    SELECT fan_id, (clicked_at AT TIME ZONE 'UTC')::date AS day, undone_at IS NOT NULL AS is_undone, hover_ms, x, y
    FROM buttons_oneclick WHERE origin = %(origin)s AND clicked_at >= %(since)s::timestamp AT TIME ZONE 'UTC'
), clicked AS (
    SELECT bool_or(is_undone) AS is_undone
    FROM (SELECT fan_id, day, is_undone FROM confirmed UNION ALL SELECT fan_id, day, is_undone FROM pressed) AS made
    GROUP BY fan_id, day
)
SELECT
    (SELECT coalesce(sum(opened), 0) FROM buttons_originday WHERE origin = %(origin)s AND day >= %(since)s),
    (SELECT count(DISTINCT (fan_id, day)) FROM confirmed),
    (SELECT count(*) FROM clicked),
    (SELECT count(*) FROM clicked WHERE is_undone),
    (SELECT count(*) FROM buttons_clickreport
     WHERE origin = %(origin)s AND reported_at >= %(since)s::timestamp AT TIME ZONE 'UTC'),
    (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY hover_ms)) FROM pressed WHERE hover_ms > %(least)s),
    (SELECT round(sqrt(var_pop(x) + var_pop(y))) FROM pressed)
"""
"""Counts a fan once a day (UTC) in each of the first four numbers, however often they click."""

_VERIFIED_PAIRS: Final = """
SELECT asked.host, asked.creator_id FROM unnest(%s::text[], %s::bigint[]) AS asked (host, creator_id)
CROSS JOIN LATERAL buttons_verified_site(asked.host) AS found WHERE found.owner_id = asked.creator_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginNumbers:
    """What is counted of a site since a day.

    `opened` to `undone` are fans a day who saw our window, confirmed there, clicked in either way, took a click
    back. `reports` are fans. `hover_ms` is the median of how long pointers were over the button before a press.
    `spread` is the root of the mean square distance of presses from their middle, in thousandths of the button's
    sides (the standard distance of spatial statistics): presses that a page leads to one spot lie closer.
    """

    opened: int
    confirmed: int
    clicked: int
    undone: int
    reports: int
    hover_ms: int | None
    spread: int | None


def origin_numbers(*, origin: str, since: date) -> OriginNumbers:
    """Count what speaks for and against a site since the start of a day (UTC)."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, {"origin": origin, "since": since, "least": HOVER_MS_MIN})
        (*counts, hover_ms, spread) = cursor.fetchone()
    opened, confirmed, clicked, undone, reports = (int(count) for count in counts)
    return OriginNumbers(
        opened=opened,
        confirmed=confirmed,
        clicked=clicked,
        undone=undone,
        reports=reports,
        hover_ms=None if hover_ms is None else int(hover_ms),
        spread=None if spread is None else int(spread),
    )


def origins_to_judge(*, since: datetime) -> Iterator[str]:
    """Yield each site that something was counted of since a moment, or that has a standing."""
    opened = OriginDay.objects.filter(day__gte=since.date()).order_by().values_list("origin")
    confirmed = Confirmation.objects.filter(confirmed_at__gte=since).order_by().values_list("origin")
    pressed = OneClick.objects.filter(clicked_at__gte=since).order_by().values_list("origin")
    standing = OriginStanding.objects.order_by().values_list("origin")
    for (origin,) in opened.union(confirmed, pressed, standing):
        yield origin


def proven_host(origin: str) -> str:
    """Return the host whose proof speaks for a site, or nothing where none can.

    A proof is of what answers by HTTPS at the usual port. Plain HTTP is whoever's the network is, and at another port
    a site that lost its good name would begin anew.
    """
    host = urlsplit(origin).hostname or ""
    is_ours_to_try = settings.DEVELOPMENT and host.endswith(".localhost")
    return host if origin == f"https://{host}" or is_ours_to_try else ""


def is_verified(*, origin: str, creator_id: int) -> bool:
    """Tell whether a site is verified for a creator."""
    return sites.is_verified(creator_id=creator_id, host=proven_host(origin))


def standing_of(*, origin: str) -> OriginStanding:
    """Return how a site stands; one of which nothing is known stands as a new one."""
    return OriginStanding.objects.filter(origin=origin).first() or OriginStanding(origin=origin)


def lets_one_press_count(standing: OriginStanding, *, now: datetime) -> bool:
    """Tell whether neither a rule nor staff want each click on a site confirmed."""
    is_demoted = standing.demoted_until is not None and standing.demoted_until > now
    return standing.frozen_at is None and not is_demoted


def trusted_pairs(*, pairs: Collection[tuple[str, int]], now: datetime) -> set[tuple[str, int]]:
    """Return those sites, each with a creator's id, that are verified for the creator and where one press may count.

    Our own pages are so for everybody.
    """
    standings = OriginStanding.objects.in_bulk({origin for origin, _ in pairs}, field_name="origin")
    hosts = {
        (origin, creator_id): proven_host(origin)
        for origin, creator_id in pairs
        if origin not in standings or lets_one_press_count(standings[origin], now=now)
    }
    with connection.cursor() as cursor:
        cursor.execute(_VERIFIED_PAIRS, [list(hosts.values()), [creator_id for _, creator_id in hosts]])
        verified = set(cursor.fetchall())
    return {
        (origin, creator_id)
        for (origin, creator_id), host in hosts.items()
        if origin == settings.APP_URL or (host, creator_id) in verified
    }


def frozen_by_rule() -> QuerySet[OriginStanding]:
    """Return the sites that a rule has frozen and nobody has decided about since."""
    return OriginStanding.objects.filter(frozen_at__isnull=False, decided_by__isnull=True).order_by("origin")


def origins_under_review(*, creator: User) -> list[str]:
    """Return those of a creator's verified sites that a rule has frozen and nobody has decided about since."""
    hosts = {each.origin: proven_host(each.origin) for each in frozen_by_rule()}
    verified = sites.verified_sites(creator_id=creator.pk, hosts=list(hosts.values()))
    return [origin for origin, host in hosts.items() if host in verified]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedSite:
    """A site on which one press of a fan is enough, in as many browsers as have a key for it."""

    origin: str
    since: datetime
    used_at: datetime
    clicks: int
    """By one press, this month, and not taken back."""


def trusted_sites(*, fan: User, now: datetime) -> list[TrustedSite]:
    """Return the sites that have a good key of the fan's, the one used last first."""
    keys = SiteKey.objects.filter(fan=fan, revoked_at__isnull=True, expires_at__gt=now)
    rows = keys.values("origin").annotate(since=Min("created_at"), used=Max("used_at")).order_by("-used", "origin")
    pressed = OneClick.objects.filter(fan=fan, clicked_at__gte=Period.at(now).start, undone_at__isnull=True)
    clicks = dict(pressed.values_list("origin").annotate(Count("id")))
    return [
        TrustedSite(
            origin=row["origin"], since=row["since"], used_at=row["used"], clicks=clicks.get(row["origin"], 0)
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeClick:
    """A click of a fan's, and how they made it. What came by a frame can be reported."""

    click: Click
    by_one_press: bool
    by_frame: bool


def made_clicks(*, fan: User, period: Period, place: pages.Place | None = None) -> pages.Page[MadeClick]:
    """Return the fan's standing clicks of a period, newest first, each with who sees it (see `with_visibility`)."""
    clicks = Click.objects.filter(fan=fan, period=period, undone_at__isnull=True)
    found = pages.cut(
        visibility.with_visibility(clicks, fan=fan)
        .select_related("button__creator__creator_profile")
        .order_by("-clicked_at", "-id"),
        place=place,
    )
    ids = [click.id for click in found]
    pressed = set(OneClick.objects.filter(fan=fan, click_id__in=ids).values_list("click_id", flat=True))
    confirmed = set(Confirmation.objects.filter(fan=fan, click_id__in=ids).values_list("click_id", flat=True))
    return found.showing(
        [
            MadeClick(click=click, by_one_press=click.id in pressed, by_frame=click.id in pressed | confirmed)
            for click in found
        ]
    )
