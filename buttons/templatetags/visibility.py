"""What a page asks a fan about who may see that they support its creator."""

from typing import Any

from django import template
from django.template import Context

from accounts.models import CreatorProfile, User, Visibility
from buttons.queries import visibility as queries

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
