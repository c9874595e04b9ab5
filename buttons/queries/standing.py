"""Reads about clicks that are repeated every month."""

import uuid
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import User
from buttons import queries
from buttons.models import Button, StandingClick
from flattr import pages
from flattr.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryMonth:
    """A standing click with what became of it this month; `click_id` is None where no click of it can be undone."""

    standing: StandingClick
    is_done: bool
    click_id: uuid.UUID | None


def living(*, period: Period) -> QuerySet[StandingClick]:
    """Return the standing clicks that are neither stopped nor at the end of their term in the period."""
    within_term = Q(until_period__isnull=True) | Q(until_period__gt=period)
    return StandingClick.objects.filter(within_term, stopped_at__isnull=True)


def due(*, period: Period) -> QuerySet[StandingClick]:
    """Return the standing clicks that nobody has seen to in the period, those whose term is over included."""
    return StandingClick.objects.filter(stopped_at__isnull=True, done_period__lt=period)


def standing_click(*, fan: User, button: Button, period: Period) -> StandingClick | None:
    """Return what the fan lets be repeated for the button, or None."""
    return living(period=period).filter(fan=fan, button=button).first()


def every_month(*, fan: User, period: Period, place: pages.Place | None = None) -> pages.Page[EveryMonth]:
    """Return the fan's standing clicks, newest first, each with its click of the period."""
    own = living(period=period).filter(fan=fan).select_related("button__creator__creator_profile")
    found = pages.cut(own.order_by("-id"), place=place)
    ids = {each.pk: each.click_id(period) for each in found}
    stand = set(
        queries.standing_clicks(period=period).filter(fan=fan, id__in=ids.values()).values_list("id", flat=True)
    )
    return found.showing(
        [
            EveryMonth(
                standing=each,
                is_done=each.done_period >= period,
                click_id=ids[each.pk] if ids[each.pk] in stand else None,
            )
            for each in found
        ]
    )
