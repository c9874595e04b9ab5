"""Reads about clicks that are repeated every month."""

from django.db.models import Q, QuerySet

from accounts.models import User
from buttons.models import Button, StandingClick
from flattr import pages
from flattr.period import Period


def living(*, period: Period) -> QuerySet[StandingClick]:
    """Return the standing clicks that are neither stopped nor at the end of their term in the period."""
    within_term = Q(until_period__isnull=True) | Q(until_period__gt=period)
    return StandingClick.objects.filter(within_term, stopped_at__isnull=True)


def due(*, period: Period) -> QuerySet[StandingClick]:
    """Return the standing clicks that nobody has seen to in the period, those whose term is over included."""
    return StandingClick.objects.filter(stopped_at__isnull=True, done_period__lt=period)


def ending(*, period: Period) -> QuerySet[StandingClick]:
    """Return the standing clicks for which the period is the last month, without those that can't go on."""
    return StandingClick.objects.filter(
        stopped_at__isnull=True, until_period=period.next, button__hidden_at__isnull=True
    )


def standing_click(*, fan: User, button: Button, period: Period) -> StandingClick | None:
    """Return what the fan lets be repeated for the button, or None."""
    return living(period=period).filter(fan=fan, button=button).first()


def every_month(*, fan: User, period: Period, place: pages.Place | None = None) -> pages.Page[StandingClick]:
    """Return what the fan lets be repeated in the period, newest first, with buttons and creators' pages."""
    own = living(period=period).filter(fan=fan).select_related("button__creator__creator_profile")
    return pages.cut(own.order_by("-id"), place=place)
