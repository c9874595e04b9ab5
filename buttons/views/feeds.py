"""Atom feeds of new buttons. They say the same to everybody, and in no language of ours."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.http import http_date, urlencode
from django.views.decorators.http import conditional_page, require_safe

from buttons import queries
from buttons.badge import NAME
from buttons.forms import DiscoverForm
from buttons.models import Button
from buttons.queries import discovery

FEED_SIZE: Final = 30
FEED_CACHE_SECONDS: Final = 600

_BEFORE_ALL: Final = datetime(2010, 1, 1, tzinfo=UTC)
_NEVER_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What no XML may have, however it is written (XML 1.0, 2.2)."""


class _Feed(Atom1Feed):
    """A feed whose date is the newest button's, and never the moment's: an empty one stays the same, too."""

    def latest_post_date(self) -> datetime:
        """Return when something was added last."""
        return super().latest_post_date() if self.items else _BEFORE_ALL


@require_safe
@conditional_page
def creator_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the creator's newest buttons."""
    profile = get_object_or_404(queries.open_pages(), slug=slug)
    buttons = queries.public_buttons(creator=profile.user).select_related("creator__creator_profile")
    page = reverse("buttons:creator", args=[slug])
    return _answer(title=f"{profile.name} – {NAME}", page=page, address=request.path, buttons=buttons[:FEED_SIZE])


@require_safe
@conditional_page
def discover_feed(request: HttpRequest) -> HttpResponse:
    """Return the newest of all buttons, or of those in a category, with a tag, in a language, or found by words."""
    form = DiscoverForm(request.GET)
    if not form.is_valid():
        raise Http404
    wanted = form.wanted()
    said = {"q": wanted.words, "category": wanted.category, "tag": wanted.tag, "language": wanted.language}
    query = urlencode({name: value for name, value in said.items() if value})
    title = " · ".join([NAME, *filter(None, said.values())])
    page, address = (f"{path}?{query}" if query else path for path in (reverse("buttons:discover"), request.path))
    return _answer(title=title, page=page, address=address, buttons=discovery.newest(wanted=wanted, most=FEED_SIZE))


def _answer(*, title: str, page: str, address: str, buttons: Iterable[Button]) -> HttpResponse:
    feed = _Feed(
        title=_clean(title),
        link=settings.APP_URL + page,
        description="",
        # Of several languages (ISO 639-2), as its buttons are.
        language="mul",
        feed_url=settings.APP_URL + address,
        feed_guid=settings.APP_URL + address,
    )
    for button in buttons:
        profile = button.creator.creator_profile
        link = settings.APP_URL + reverse("buttons:button", args=[button.public_id])
        feed.add_item(
            title=_clean(button.title),
            link=link,
            # Readers take it for HTML, and it is plain text of a stranger's.
            description=escape(_clean(button.description)),
            unique_id=link,
            pubdate=button.created_at,
            updateddate=button.created_at,
            author_name=_clean(profile.name),
            author_link=settings.APP_URL + reverse("buttons:creator", args=[profile.slug]),
            categories=[button.category, *map(_clean, button.tags)],
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    response["Last-Modified"] = http_date(feed.latest_post_date().timestamp())
    patch_cache_control(response, public=True, max_age=FEED_CACHE_SECONDS)
    return response


def _clean(text: str) -> str:
    return _NEVER_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
