"""What fans are told of their clicks on other people's sites: a day's first ones, and a week's by one press."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q

from accounts import operations as accounts_operations
from accounts.models import Notification
from buttons.models import Confirmation, OneClick
from flattr.transactions import durable

Kind = Notification.Kind

LISTED_MAX: Final = 20
"""How many lines a notice has at most; the page that it leads to has them all."""


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


def _lines(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a notice lists, and how many lines it leaves out."""
    return {"lines": lines[:LISTED_MAX], "more": max(0, len(lines) - LISTED_MAX)}


def _wants(kind: Kind) -> Q:
    return Q(fan__is_active=True) & ~Q(fan__muted__contains=[kind])
