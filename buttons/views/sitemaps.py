"""What search engines find us by (https://www.sitemaps.org/protocol.html): an index, and pages of addresses.

Each page has what lies in a range of ids, so that the last of a million costs as little as the first, and a button
stays on its page however many come after it. Django's own sitemaps count and skip, and take a second for a page.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from buttons import queries
from buttons.models import Button

_RANGE: Final = 10_000
"""How many ids a page spans: a fifth of what the protocol lets a file have, so that one is made in good time."""

_SCHEMA: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PAGES: Final = ("landing", "buttons:discover")
"""The pages that are always there, by name."""


@require_safe
def show_index(request: HttpRequest) -> HttpResponse:
    """Return where the pages of addresses are."""
    del request
    last_pages = {"pages": 1} | {name: _number_of(rows) for name, (rows, _) in _sections().items()}
    paths = [
        reverse("buttons:sitemap", args=[name, number])
        for name, last in last_pages.items()
        for number in range(1, last + 1)
    ]
    return _answer("sitemapindex", "sitemap", paths)


@require_safe
def show_page(request: HttpRequest, section: str, number: int) -> HttpResponse:
    """Return a page of addresses; 404 after the last one."""
    del request
    if section == "pages" and number == 1:
        return _answer("urlset", "url", [reverse(name) for name in _PAGES])
    rows, view_name = _sections().get(section, (None, ""))
    if rows is None or not 1 <= number <= _number_of(rows):
        raise Http404
    found = rows.filter(pk__gte=(number - 1) * _RANGE, pk__lt=number * _RANGE)
    # Resolving ten thousand addresses takes ten times as long as filling them in.
    form = reverse(view_name, args=["0"])
    return _answer("urlset", "url", [form.replace("0", name) for name in found])


def _sections() -> dict[str, tuple["QuerySet[Any, str]", str]]:
    """Return what differs in the addresses of many pages, in the order of their ids, and the name of their view."""
    creators = queries.open_pages().order_by("pk").values_list("slug", flat=True)
    buttons = Button.objects.filter(hidden_at__isnull=True).order_by("pk").values_list("public_id", flat=True)
    return {"creators": (creators, "buttons:creator"), "buttons": (buttons, "buttons:button")}


def _number_of(rows: "QuerySet[Any, str]") -> int:
    """Return how many pages there are, up to the last row; some may have few addresses."""
    return int(rows.aggregate(last=Max("pk"))["last"] or 0) // _RANGE + 1


def _answer(root: str, each: str, paths: Iterable[str]) -> HttpResponse:
    """Return addresses of ours, which anybody may keep; no letter of them means anything in XML."""
    entries = "".join(f"<{each}><loc>{settings.APP_URL}{path}</loc></{each}>" for path in paths)
    body = f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{_SCHEMA}">{entries}</{root}>'
    return HttpResponse(body, content_type="application/xml", headers={"Cache-Control": "public, max-age=3600"})
