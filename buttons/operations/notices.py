"""What fans are told of clicks: a day's first ones elsewhere, a week's by one press, and when standing ones end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q

from accounts import operations as accounts_operations
from accounts.models import Notification
from buttons.models import Confirmation, OneClick
from buttons.queries import standing
from flattr.period import Period
from flattr.transactions import durable

Kind = Notification.Kind

LISTED_MAX: Final = 20
"""How many lines a notice has at most; the page that it leads to has them all."""

TOLD_BEFORE_END: Final = timedelta(days=7)
"""How long before a month is over its fans are told of standing clicks that had their last one in it."""


@durable
def tell_of_first_clicks(*, now: datetime) -> None:
    """Owe each fan one email about yesterday's clicks (UTC) that were their first for a creator on a site.

    Older confirmations tell which those are, as long as they are kept. Telling twice changes nothing.
    """
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    accounts_operations.notify_many(notifications=_first_clicks(end - timedelta(days=1), end, now=now))


@durable
def tell_of_week(*, now: datetime) -> None:
    """Owe each fan who clicked by one press in the week (UTC) before this one an email that counts that by site."""
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    accounts_operations.notify_many(notifications=_week(monday - timedelta(days=7), monday, now=now))


@durable
def tell_of_ends(*, now: datetime) -> None:
    """Owe each fan one email about all standing clicks that end with this month (UTC), in its last week.

    Telling twice changes nothing. One email is enough, as whatever is set in that week ends in a later month.
    """
    period = Period.at(now)
    if now >= period.end - TOLD_BEFORE_END:
        accounts_operations.notify_many(notifications=_ends(period, now=now))


def _first_clicks(start: datetime, end: datetime, *, now: datetime) -> Iterator[Notification]:
    before = Confirmation.objects.filter(
        fan=OuterRef("fan"), creator=OuterRef("creator"), origin=OuterRef("origin"), confirmed_at__lt=start
    )
    made = (
        Confirmation.objects.filter(
            ~Exists(before),
            _wants(Kind.FIRST_CLICKS),
            confirmed_at__gte=start,
            confirmed_at__lt=end,
            undone_at__isnull=True,
        )
        .order_by("fan_id", "origin", "creator_id")
        .distinct("fan_id", "origin", "creator_id")
        .values_list("fan_id", "origin", "creator__creator_profile__name")
    )
    for fan_id, group in groupby(made.iterator(), key=itemgetter(0)):
        yield Notification(
            recipient_id=fan_id,
            kind=Kind.FIRST_CLICKS,
            subject_key=f"{start:%Y-%m-%d}",
            context=_lines([{"origin": origin, "creator": creator} for _, origin, creator in group]),
            created_at=now,
        )


def _week(start: datetime, end: datetime, *, now: datetime) -> Iterator[Notification]:
    made = (
        OneClick.objects.filter(
            _wants(Kind.WEEKLY_CLICKS),
            clicked_at__gte=start,
            clicked_at__lt=end,
            undone_at__isnull=True,
        )
        .order_by("fan_id", "origin")
        .values_list("fan_id", "origin")
        .annotate(Count("id"))
    )
    for fan_id, group in groupby(made.iterator(), key=itemgetter(0)):
        yield Notification(
            recipient_id=fan_id,
            kind=Kind.WEEKLY_CLICKS,
            subject_key=f"{start:%G-W%V}",
            context=_lines([{"origin": origin, "clicks": clicks} for _, origin, clicks in group]),
            created_at=now,
        )


def _ends(period: Period, *, now: datetime) -> Iterator[Notification]:
    ending = (
        standing.ending(period=period)
        .filter(_wants(Kind.STANDING_ENDS))
        .order_by("fan_id", "id")
        .values_list("fan_id", "button__title", "button__creator__creator_profile__name")
    )
    for fan_id, group in groupby(ending.iterator(), key=itemgetter(0)):
        yield Notification(
            recipient_id=fan_id,
            kind=Kind.STANDING_ENDS,
            subject_key=str(period),
            context={
                "period": str(period),
                **_lines([{"title": title, "creator": creator} for _, title, creator in group]),
            },
            created_at=now,
        )


def _lines(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a notice lists, and how many lines it leaves out."""
    return {"lines": lines[:LISTED_MAX], "more": max(0, len(lines) - LISTED_MAX)}


def _wants(kind: Kind) -> Q:
    return Q(fan__is_active=True) & ~Q(fan__muted__contains=[kind])
