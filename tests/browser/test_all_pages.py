"""Every page in a browser, as each role sees it: axe finds nothing, and nothing is asked of anybody but us.

Pages are answered by the app in this process, so that a whole world of theirs needs to be there only once. Of pages
that differ in words alone one is looked at, every second of them in French.
"""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Route

from tests.browser.axe import findings
from tests.browser.test_axe import COLORS, OVERFLOWS
from tests.pages import walk
from tests.pages.conftest import clock, town  # noqa: F401  They are fixtures.
from tests.pages.walk import Seen
from tests.pages.world import ROLES, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
NARROW: Final = {"width": 390, "height": 844}


class _Served:
    """Answers what a page of ours asks for, and notes what it asks of others."""

    def __init__(self) -> None:
        self.page: Seen
        self.elsewhere: list[str] = []

    def answer(self, route: Route) -> None:
        """Answer a request."""
        url = urlsplit(route.request.url)
        if f"{url.scheme}://{url.netloc}" not in {settings.APP_URL, settings.EMBED_URL}:
            self.elsewhere.append(f"{self.page.title}: {route.request.url}")
            route.abort()
        elif route.request.is_navigation_request() and route.request.frame.parent_frame is None:
            route.fulfill(body=self.page.html, content_type="text/html; charset=utf-8")
        elif url.path.startswith("/static/"):
            file = Path(finders.find(url.path.removeprefix("/static/")) or "")
            route.fulfill(body=file.read_bytes(), content_type=KINDS.get(file.suffix, ""))
        else:
            # Badges and frames have tests of their own.
            route.fulfill(status=HTTPStatus.NO_CONTENT)


def different_pages(town: World) -> Iterator[Seen]:  # noqa: F811
    """Yield a page for each structure that any role sees anywhere, every second one in French.

    Pages of the admin are left out: Django's own style has low contrasts and small targets.
    """
    structures = set()
    for role in ROLES:
        pairs = zip(*(walk.pages_of(town, role, language) for language in walk.LANGUAGES), strict=True)
        for page in pairs:
            if page[0].structure not in structures and not page[0].name.startswith("admin:"):
                structures.add(page[0].structure)
                yield page[len(structures) % 2]


def wrong(page: Page) -> list[str]:
    """Return what axe finds in light and dark, and whether the page is wider than a telephone."""
    page.emulate_media(color_scheme="light")
    found = findings(page)
    page.emulate_media(color_scheme="dark")
    found += findings(page, rules=COLORS)
    if page.evaluate(OVERFLOWS):
        found.append("the page is wider than the window")
    return found


def test_axe_finds_nothing_and_nobody_else_is_asked(browser: Browser, town: World) -> None:  # noqa: F811
    """On every page, for every role, in both themes, on a telephone; and no request leaves for another origin."""
    served, found = _Served(), {}
    with browser.new_context(viewport=NARROW, reduced_motion="reduce") as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.route("**/*", served.answer)
        for seen in different_pages(town):
            served.page = seen
            page.goto(settings.APP_URL + seen.path)
            found[seen.title] = wrong(page)

    assert len(found) > 80
    assert served.elsewhere == []
    assert {title: each for title, each in found.items() if each} == {}
