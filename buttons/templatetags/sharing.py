"""The links by which a page of ours is shared, and the token that a visitor came by."""

from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import CreatorProfile, User
from buttons import sharing
from buttons.models import Button

register = template.Library()


@register.inclusion_tag("components/share.html", takes_context=True)
def share(context: Context, thing: Button | CreatorProfile, *, is_open: bool = False) -> dict[str, Any]:
    """Show how a button or a creator can be shared.

    Whoever is logged in shares a link with their token in it, unless the creator is they themselves.
    """
    user = context["request"].user
    profile = thing.creator.creator_profile if isinstance(thing, Button) else thing
    token = user.share_token if isinstance(user, User) and user.pk != profile.pk else None
    if isinstance(thing, Button):
        text = _("Support “%(title)s” by %(name)s on Flattr") % {"title": thing.title, "name": profile.name}
        path, more = reverse("buttons:button", args=[thing.public_id]), ("buttons:share", thing.public_id)
    else:
        text = _("Support %(name)s on Flattr") % {"name": profile.name}
        path, more = reverse("buttons:creator", args=[profile.slug]), ("buttons:share_creator", profile.slug)
    url = sharing.with_token(settings.APP_URL + path, token)
    instance = context.get("instance", "")
    return {
        "text": text,
        "url": url,
        "is_counted": token is not None,
        "is_open": is_open,
        "links": [(network.name, network.link(text=text, url=url)) for network in sharing.NETWORKS],
        "email": sharing.EMAIL.link(text=text, url=url),
        "share_page": reverse(more[0], args=[more[1]]),
        "instance": instance,
        "instance_error": context.get("instance_error", ""),
        "mastodon": sharing.MASTODON.link(text=text, url=url, server=instance) if instance else "",
    }


@register.simple_tag(takes_context=True)
def via(context: Context) -> str:
    """Return the token that the page's address brings, or nothing."""
    return str(sharing.token_in(context["request"].GET.get(sharing.VIA, "")) or "")


@register.simple_tag(takes_context=True)
def via_query(context: Context) -> str:
    """Return the query that hands the token on in a link, or nothing where there is none."""
    return sharing.with_token("", sharing.token_in(context["request"].GET.get(sharing.VIA, "")))
