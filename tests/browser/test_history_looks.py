"""Statements, histories and years in a browser: axe finds nothing, nothing is too wide, and papers come."""

from collections.abc import Iterator
from typing import Final

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext

from tests import given
from tests.browser.axe import findings
from tests.browser.people import be
from tests.pages import world
from tests.papers import lines, read

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OVERFLOWS: Final = "document.documentElement.scrollWidth > innerWidth"
OF_FANS: Final = (
    "/statements/",
    "/statements/2026-10/",
    "/history/",
    "/history/to/SLUG/",
    "/history/2026/",
    "/history/2025/",
)
OF_CREATORS: Final = ("/earnings/2026-10/", "/earnings/2026/", "/earnings/2025/")


@pytest.fixture(params=[code for code, _name in settings.LANGUAGES])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser of somebody with a small screen who speaks a language."""
    with browser.new_context(locale=request.param, viewport={"width": 390, "height": 800}) as opened:
        yield opened


def test_axe_finds_nothing_on_long_times(context: BrowserContext, app_url: str) -> None:
    """In light and dark, with something in them and without, on a narrow screen, where tables go beyond it."""
    town, page, seen = world.build(), context.new_page(), {}
    given.deposit(town.fan, amount_cents=500, now=world.NOW)
    given.gift(town.fan, town.creator, amount_cents=500, now=world.NOW)
    for person, paths in ((town.fan, OF_FANS), (town.creator, OF_CREATORS)):
        be(context, person)
        for path in paths:
            page.emulate_media(color_scheme="light")
            page.goto(app_url + path.replace("SLUG", town.creator.creator_profile.slug))
            found = findings(page)
            page.emulate_media(color_scheme="dark")
            found += findings(page, rules=["color-contrast", "link-in-text-block"])
            seen[path] = found + ["it is too wide"] * page.evaluate(OVERFLOWS)

    assert {path: found for path, found in seen.items() if found} == {}


def test_a_paper_comes_in_the_browsers_language(context: BrowserContext, app_url: str) -> None:
    """From the link on the page, for whoever is logged in there."""
    town, page = world.build(), context.new_page()
    be(context, town.fan)
    page.goto(f"{app_url}/statements/2026-10/")
    path = page.locator("main a[href$='.pdf']").get_attribute("href")
    language = page.locator("html").get_attribute("lang") or ""
    file = context.request.get(f"{app_url}{path}", headers={"Accept-Language": language}).body()

    assert page.locator("h1").inner_text() == lines(read(file))[1]
