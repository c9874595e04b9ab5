"""The pictures that networks show beside links to our pages: of what everybody may see, and of nothing else."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_safe

from buttons import pictures, queries
from buttons.badge import short_count
from buttons.models import Button
from buttons.operations import buttons as operations
from buttons.pictures import Card
from flattr import indexing

_KEPT: Final = "public, max-age=3600"
_DESCRIPTION_MAX: Final = 200


@require_safe
def show_button_picture(request: HttpRequest, public_id: str) -> HttpResponse:
    """Return the picture of a button's page: its title, its creator, and about how many clicks it got."""
    buttons = Button.objects.select_related("creator__creator_profile").filter(hidden_at__isnull=True)
    button = get_object_or_404(buttons, public_id=public_id)
    count = queries.cached_click_count(public_id=public_id) or 0
    # Whoever reads the creator's pages reads the creator's language; networks that fetch pictures have none.
    with override(button.creator.language):
        figure = ngettext("%(count)s click so far", "%(count)s clicks so far", count) % {"count": short_count(count)}
        byline = f"{_('by')} {button.creator.creator_profile.name}"
    return _answer(request, Card(title=button.title, byline=byline, figure=figure))


@require_safe
def show_creator_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the picture of a creator's page: their name, and what they say of themselves."""
    profile = get_object_or_404(queries.open_pages(), slug=slug)
    address = operations.creator_page(slug).partition("//")[2].rstrip("/")
    text = " ".join(profile.text.split())[:_DESCRIPTION_MAX]
    return _answer(request, Card(title=profile.name, byline=text, figure=address))


@require_safe
def show_default_picture(request: HttpRequest) -> HttpResponse:
    """Return the picture of all other pages: what this is."""
    with override(settings.LANGUAGE_CODE):
        title = _("Give to everything you love, for one fixed sum a month.")
        return _answer(request, Card(title=title, figure=_("One equal slice per click.")))


def _answer(request: HttpRequest, card: Card) -> HttpResponse:
    """Return a picture, which anybody may keep, unless they have it already; 503 while others are being drawn."""
    tag = f'"{card.tag}"'
    response = get_conditional_response(request, etag=tag)
    if response is None:
        try:
            response = HttpResponse(pictures.png(card), content_type="image/png")
        except pictures.TooManyPictures:
            return HttpResponse(status=503, headers={"Retry-After": "1"})
    response["ETag"], response["Cache-Control"], response[indexing.HEADER] = tag, _KEPT, indexing.LISTED
    return response
