"""What a page asks a fan about who may see that they support its creator, and who may see a click."""

import uuid
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from accounts.models import CreatorProfile, User, Visibility
from buttons.models import Button, Click, ClickVisibility
from buttons.queries import visibility as queries
from flattr.period import Period

register = template.Library()


@register.inclusion_tag("components/seen_by.html", takes_context=True)
def seen_by(context: Context, profile: CreatorProfile) -> dict[str, Any]:
    """Ask whoever is logged in, and isn't the creator, who may see that they support the creator."""
    user = context["request"].user
    if not isinstance(user, User) or user.pk == profile.pk:
        return {"profile": None}
    return _form(context, user, profile, queries.choice_for(fan=user, creator_id=profile.pk))


@register.inclusion_tag("components/seen_by_form.html", takes_context=True)
def seen_by_form(context: Context, profile: CreatorProfile, chosen: str) -> dict[str, Any]:
    """Show the form that changes what was chosen for a creator."""
    return _form(context, context["request"].user, profile, Visibility(chosen))


def _form(context: Context, fan: User, profile: CreatorProfile, chosen: Visibility | None) -> dict[str, Any]:
    return {
        "profile": profile,
        "chosen": chosen,
        "usual": Visibility(fan.visibility),
        "visibilities": Visibility.choices,
        "next": context["request"].get_full_path(),
    }


@register.inclusion_tag("components/last_click_seen_by.html", takes_context=True)
def last_click_seen_by(context: Context, button: Button) -> dict[str, Any]:
    """Ask who may see the last click that whoever is logged in gave a button this month, if they did."""
    user = context["request"].user
    if not isinstance(user, User):
        return {"click": None}
    click = queries.latest_click(fan=user, button=button, period=Period.at(timezone.now()))
    return {"click": None} if click is None else click_seen_by(context, click)


@register.inclusion_tag("components/click_seen_by.html", takes_context=True)
def click_seen_by(context: Context, click: Click) -> dict[str, Any]:
    """Show who may see a click, of which the query has told that, and the form that changes it."""
    chosen, usual = (getattr(click, name) for name in ("chosen", "usual"))
    return _click_form(context, click, click_id=click.id, chosen=chosen, usual=usual)


@register.inclusion_tag("components/click_seen_by_form.html", takes_context=True)
def click_seen_by_form(context: Context, choice: ClickVisibility) -> dict[str, Any]:
    """Show the form that changes what was chosen for a click."""
    usual: str = choice.usual  # type: ignore[attr-defined]  # The query adds it.
    return _click_form(context, choice, click_id=choice.click_id, chosen=choice.visibility, usual=usual)


def _click_form(
    context: Context, click: Click | ClickVisibility, *, click_id: uuid.UUID, chosen: str | None, usual: str
) -> dict[str, Any]:
    return {
        "click": click,
        "click_id": click_id,
        "chosen": Visibility(chosen) if chosen else None,
        "usual": Visibility(usual),
        "visibilities": Visibility.choices,
        "next": context["request"].get_full_path(),
    }
