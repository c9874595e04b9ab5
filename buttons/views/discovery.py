"""The page on which everybody finds something to click."""

from dataclasses import dataclass
from typing import Final

from babel import Locale
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from buttons.forms import DiscoverForm
from buttons.models import Button
from buttons.queries import discovery
from buttons.queries.discovery import PAGE_SIZE, Order, Wanted
from flattr import pages
from flattr.indexing import indexable

_BY_FEED: Final = ("category", "tag", "language")
"""By what a feed may be narrowed that readers are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way to another list, or the one that is shown."""

    text: str
    href: str
    is_current: bool


@indexable
@require_safe
def discover(request: HttpRequest) -> HttpResponse:
    """Show all public buttons by what is trending, or those that somebody looks for."""
    form = DiscoverForm(request.GET)
    # HTML has no room for a NUL, wherever it comes from.
    typed = request.GET.get("q", "").replace("\0", "")
    if not form.is_valid():
        refused = {"form": form, "typed": typed, "categories": _categories({})}
        return render(request, "buttons/discover.html", refused)
    wanted, order = form.wanted(), form.order()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    facets = discovery.facets()
    narrowed: dict[str, str] = {name: asked[name] for name in _BY_FEED if name in asked}
    shown = {
        "form": form,
        "typed": typed,
        "wanted": wanted,
        "order": order,
        "heading": _heading(wanted),
        "buttons": discovery.discover(wanted=wanted, order=order, place=pages.Place.of(request, size=PAGE_SIZE)),
        "categories": _categories(asked),
        "orders": _orders(asked, order),
        "tags": [_link(asked, tag, tag=tag) for tag in facets.tags if tag != wanted.tag],
        "without_tag": _address({**asked, "tag": ""}),
        "languages": _languages({*facets.languages, wanted.language} - {""}),
        "canonical": _address(narrowed),
        "feed": _address({"q": wanted.words, **narrowed}, name="buttons:discover_feed"),
    }
    return render(request, "buttons/discover.html", shown)


def _categories(asked: dict[str, str]) -> list[Link]:
    kinds = [_link(asked, str(label), category=value) for value, label in Button.Category.choices]
    return [_link(asked, _("Everything"), category=""), *kinds]


def _orders(asked: dict[str, str], order: Order) -> list[Link]:
    names = {Order.BEST: _("Best match"), Order.TRENDING: _("Trending"), Order.NEWEST: _("Newest")}
    return [
        Link(text=text, href=_address({**asked, "sort": each}), is_current=each is order)
        for each, text in names.items()
        if each is not Order.BEST or asked.get("q")
    ]


def _link(asked: dict[str, str], text: str, **changed: str) -> Link:
    is_current = all(asked.get(name, "") == value for name, value in changed.items())
    return Link(text=text, href=_address({**asked, **changed}), is_current=is_current)


def _address(asked: dict[str, str], *, name: str = "buttons:discover") -> str:
    """Return the address of a list, with nothing in it that says nothing."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse(name)}?{query}" if query else reverse(name)


def _languages(codes: set[str]) -> list[tuple[str, str]]:
    """Return the languages with their names in the reader's one, by name. What Babel doesn't know is no language."""
    names = Locale.parse(to_locale(get_language() or "en")).languages
    found = [(code, str(names[code])) for code in codes if code in names]
    return sorted(found, key=lambda each: each[1].casefold())


def _heading(wanted: Wanted) -> str:
    """Return what the list is about."""
    if wanted.words:
        return _("Found for “%(words)s”") % {"words": wanted.words}
    if wanted.tag:
        return _("Tagged “%(tag)s”") % {"tag": wanted.tag}
    if wanted.category:
        return str(Button.Category(wanted.category).label).capitalize()
    return _("Everything")
