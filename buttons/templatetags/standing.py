"""What a page shows of clicks that are repeated every month."""

from typing import Any, Final

from django import template
from django.template import Context
from django.utils import timezone

from accounts.models import User
from buttons.models import TERMS_MONTHS, Button, StandingClick
from buttons.queries import standing as queries
from flattr import pages
from flattr.period import Period

register = template.Library()

LISTED: Final = 24


@register.inclusion_tag("components/every_month.html", takes_context=True)
def every_month(context: Context, button: Button) -> dict[str, Any]:
    """Ask who may click the button whether they want that every month, or say that it is so; else show nothing."""
    user = context["request"].user
    can_click = isinstance(user, User) and user.pk != button.creator_id and button.hidden_at is None
    if not can_click:
        return {"can_click": False}
    standing = queries.standing_click(fan=user, button=button, period=Period.at(timezone.now()))
    return {"can_click": True, **_form(context, button, standing)}


@register.inclusion_tag("components/every_month_list.html", takes_context=True)
def every_month_list(context: Context, fan: User) -> dict[str, Any]:
    """Show what the fan clicks every month, each with its term and whether this month's click is made."""
    period, place = Period.at(timezone.now()), pages.Place.of(context["request"], name="monthly", size=LISTED)
    found = queries.every_month(fan=fan, period=period, place=place)
    return {
        "request": context["request"],
        "page": found,
        "rows": [(each, each.done_period >= period) for each in found],
        "next": context["request"].get_full_path(),
    }


@register.inclusion_tag("components/every_month_form.html", takes_context=True)
def every_month_form(context: Context, standing: StandingClick) -> dict[str, Any]:
    """Show the form that changes the term of a standing click."""
    return _form(context, standing.button, standing)


def _form(context: Context, button: Button, standing: StandingClick | None) -> dict[str, Any]:
    return {
        "button": button,
        "standing": standing,
        "terms": TERMS_MONTHS,
        "next": context["request"].get_full_path(),
    }
