"""Every month, and who sees whom one supports: axe finds nothing there, and nothing is wider than a telephone."""

from collections.abc import Iterator
from typing import Final

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.models import User, Visibility
from buttons.models import Button
from flattr.period import Period
from payouts.operations import visibility
from tests import given
from tests.browser.axe import findings
from tests.browser.people import be
from tests.standing import repeat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COLORS: Final = ["color-contrast", "link-in-text-block"]
LANGUAGES: Final = [code for code, _ in settings.LANGUAGES]
OVERFLOWS: Final = "document.documentElement.scrollWidth > innerWidth"
OPEN: Final = "document.querySelectorAll('details').forEach(each => { each.open = true })"
WIDTHS: Final = (390, 1280)


@pytest.fixture(params=LANGUAGES)
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser of somebody who speaks a language."""
    with browser.new_context(locale=str(request.param)) as opened:
        yield opened


@pytest.fixture
def loved(app_url: str) -> Button:
    """Return a button to which six fans gave something last month, two of each wish about being seen."""
    del app_url
    now = timezone.now()
    last = Period.at(now).previous
    button = given.button(given.creator("Ada"), title="First light")
    for number in range(6):
        fan = given.funded_fan(f"Fan {number} with quite a long name", period=last)
        given.click(fan, button, now=last.start)
        seen_by = (Visibility.PUBLIC, Visibility.CREATORS, Visibility.ANONYMOUS)[number % 3]
        visibility.set_visibility(user=fan, visibility=seen_by, name=fan.name, now=now)
    given.settled(last, now=now)
    return button


def wrong(page: Page, address: str) -> list[str]:
    """Return what is wrong with a page, with everything opened, in both themes and widths."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        page.evaluate(OPEN)
        page.emulate_media(color_scheme="light")
        found += findings(page)
        page.emulate_media(color_scheme="dark")
        found += findings(page, rules=COLORS)
        if page.evaluate(OVERFLOWS):
            found.append("it is wider than the window")
    return [f"{address}: {each}" for each in found]


def test_a_fans_pages(context: BrowserContext, fan: User, loved: Button, app_url: str) -> None:
    """Questions and answers on a button's page and after a click, lists of clicks, and the choices of visibility."""
    now = timezone.now()
    be(context, fan)
    page = context.new_page()
    button_page = app_url + reverse("buttons:button", args=[loved.public_id])
    found = wrong(page, button_page)
    repeat(fan, loved, term_months=6, now=now)
    repeat(fan, given.button(loved.creator, title="A rather long title of a song that nobody knows yet"), now=now)
    visibility.choose_visibility(fan=fan, creator=loved.creator, visibility=Visibility.CREATORS, now=now)
    for made in given.click(fan, loved, now=now, times=2):
        visibility.choose_visibility_of_click(
            fan=fan, period=made.period, click_id=made.id, visibility=Visibility.PUBLIC, now=now
        )
    others = ("cake/", "clicks/", f"statements/{Period.at(now)}/clicks/", "settings/visibility/")
    for address in (button_page, f"{button_page}click/", *(f"{app_url}/{each}" for each in others)):
        found += wrong(page, address)

    assert found == []


def test_pages_with_supporters(context: BrowserContext, loved: Button, app_url: str) -> None:
    """The creator's page as everybody sees it, and the list that the creator alone sees."""
    page = context.new_page()
    found = wrong(page, app_url + reverse("buttons:creator", args=[loved.creator.creator_profile.slug]))
    be(context, loved.creator)
    found += wrong(page, f"{app_url}/supporters/")

    assert found == []


def test_by_the_keyboard_alone(browser: Browser, fan: User, loved: Button, app_url: str) -> None:
    """From the question to a term of a year and to its end, without a mouse."""
    with browser.new_context(locale="en") as context:
        be(context, fan)
        page = context.new_page()
        page.goto(app_url + reverse("buttons:button", args=[loved.public_id]))
        page.get_by_text("Again every month?").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("1")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("You click this button every month, the last time in").wait_for()
        page.get_by_text("Change or stop it").focus()
        for key in ("Enter", "Tab", "Tab", "Tab", "Enter"):
            page.keyboard.press(key)
        page.get_by_text("Stopped. This month’s click stays").wait_for()

    (standing,) = fan.standing_clicks.all()
    assert standing.term_months == 12
    assert standing.stopped_at is not None
