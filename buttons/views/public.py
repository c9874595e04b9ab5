"""Pages about creators and buttons that everyone may see."""

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.forms import server_in
from accounts.models import CreatorProfile
from buttons import queries, snippets
from buttons.models import Button
from buttons.operations import buttons as operations
from buttons.queries import discovery, visibility
from buttons.queries import sites as site_queries
from flattr import pages
from flattr.indexing import indexable
from flattr.outside.hosts import BadHost

RELATED_MAX: Final = 6


@indexable
@require_safe
def creator(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a creator's public page; with the address of a page of theirs, lead to the click for that."""
    if request.GET.get("url"):
        return redirect(f"{reverse('buttons:pay')}?{urlencode({'to': slug, 'url': request.GET['url']})}")
    profile = get_object_or_404(queries.open_pages(), slug=slug)
    buttons = pages.cut(queries.public_buttons(creator=profile.user), place=pages.Place.of(request))
    shown = {
        "profile": profile,
        "buttons": buttons,
        "sites": site_queries.shown_to_everybody(creator=profile.user),
        "tags": discovery.tags_of(creator_id=profile.pk),
        "page_button": queries.public_buttons(creator=profile.user).filter(url=operations.creator_page(slug)).first(),
        "supporters": visibility.supporters(creator=profile.user, place=_place_of_supporters(request)),
        "oembed_url": _oembed_url(request),
        "oembed_title": profile.name,
        "data": mark_safe(snippets.creator_data(operations.order_for(profile))),  # noqa: S308  It is escaped there.
    }
    return render(request, "buttons/creator.html", shown)


@indexable
@require_safe
def show_button(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a button's public page; its creator also finds the way to the snippet there."""
    button = get_object_or_404(Button.objects.select_related("creator__creator_profile"), public_id=public_id)
    is_own = button.creator_id == request.user.pk
    if button.hidden_at is not None and not is_own:
        raise Http404
    return render(
        request,
        "buttons/button.html",
        {
            "button": button,
            "count": queries.shown_click_count(public_id=public_id),
            "is_own": is_own,
            "supporters": visibility.supporters(creator=button.creator, place=_place_of_supporters(request)),
            "aliases": button.aliases.order_by("pk") if is_own else [],
            "is_elsewhere": button.url != settings.APP_URL + request.path,
            "builder_query": urlencode({"url": button.url}),
            "related": queries.public_buttons(creator=button.creator).exclude(pk=button.pk)[:RELATED_MAX],
            "oembed_url": _oembed_url(request),
            "oembed_title": button.title,
        },
    )


@require_safe
def share_creator(request: HttpRequest, slug: str) -> HttpResponse:
    """Show by which links a creator's page can be shared."""
    profile = get_object_or_404(queries.open_pages(), slug=slug)
    return _share_page(request, profile, title=profile.name, page=reverse("buttons:creator", args=[slug]))


@require_safe
def share_button(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show by which links a button's page can be shared."""
    buttons = Button.objects.select_related("creator__creator_profile")
    button = get_object_or_404(buttons, public_id=public_id, hidden_at__isnull=True)
    return _share_page(request, button, title=button.title, page=reverse("buttons:button", args=[public_id]))


def _share_page(request: HttpRequest, thing: Button | CreatorProfile, *, title: str, page: str) -> HttpResponse:
    """Show the links, with one to the Mastodon server that the visitor names: nobody else is asked about it."""
    shown: dict[str, object] = {"thing": thing, "title": title, "page": page}
    typed = request.GET.get("instance", "").strip()
    if typed:
        try:
            shown["instance"] = server_in(typed)
        except BadHost:
            shown["instance_error"] = _("That is no server. Give its name, such as mastodon.social.")
    return render(request, "buttons/share.html", shown)


def _place_of_supporters(request: HttpRequest) -> pages.Place:
    return pages.Place.of(request, name="supporters", size=24)


def _oembed_url(request: HttpRequest) -> str:
    """Return where programs learn how to show what this page is about, but for the format that they want."""
    return f"{settings.APP_URL}{reverse('buttons:oembed')}?{urlencode({'url': settings.APP_URL + request.path})}"
