"""All of the button by the keyboard alone, and where the focus is meanwhile."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from buttons import snippets
from buttons.models import Button, Click
from buttons.operations.buttons import order_for
from tests import pressing
from tests.browser.hosts import Sites
from tests.browser.people import be, let_press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOCUS: Final = "document.activeElement.textContent.trim() || document.activeElement.localName"
SLOW_MS: Final = 20_000
STOPS_MAX: Final = 20
SEEN_MS: Final = 1000
"""Longer than our window and a button have to be in view before a press counts."""


@pytest.fixture
def context(browser: Browser, fan: User, song: Button) -> Iterator[BrowserContext]:
    """Return a browser in which a fan is logged in and one press by a pointer is enough on the song's site."""
    with browser.new_context(locale="en-GB") as opened:
        be(opened, fan)
        let_press(opened, fan, *pressing.more_buttons(song, 1))
        yield opened


@pytest.fixture
def page(context: BrowserContext, song: Button, sites: Sites) -> Page:
    """Return a page with the button between two links."""
    page = context.new_page()
    button = sites.button(song.creator.creator_profile.slug, song.url)
    page.goto(sites.put("artist", "/song", f"<p><a href='#1'>Before</a> {button} <a href='#2'>After</a>"))
    page.wait_for_function("document.querySelector('flattr-button a').tabIndex === -1")
    return page


def tab_to(page: Page, focused: str) -> None:
    """Go on by the tabulator key until what is focused says so."""
    for _ in range(STOPS_MAX):
        page.keyboard.press("Tab")
        if re.search(focused, page.evaluate(FOCUS)):
            return
    pytest.fail(f"no stop of the tabulator says {focused!r}")


def test_the_button_is_one_stop_and_shows_that_it_is_focused(page: Page, song: Button) -> None:
    """Between what stands around it, forwards and backwards; the hidden link is no second one."""
    stops = []
    calm = page.locator("flattr-button").screenshot()
    for key in ("Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab"):
        page.keyboard.press(key)
        stops.append(page.evaluate(FOCUS))
        if len(stops) == 2:
            assert page.frames[1].evaluate("document.activeElement.localName") == "button"
            assert page.locator("flattr-button").screenshot() != calm

    assert stops == ["Before", "flattr-button", "After", "flattr-button", "Before"]
    assert page.frames[1].frame_element().get_attribute("title") == f"Flattr {song.creator.creator_profile.slug}"


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_key_opens_our_window_and_there_it_confirms(
    page: Page, context: BrowserContext, song: Button, key: str
) -> None:
    """A page could lead a key into the frame, so it never counts by itself; all that follows is done by keys, too."""
    page.wait_for_timeout(SEEN_MS)
    tab_to(page, "flattr-button")
    with context.expect_page() as opened:
        page.keyboard.press(key)
    window = opened.value
    expect(window.get_by_role("button", name="Give it a slice")).to_be_visible()
    assert Click.objects.filter(button=song).count() == 0

    window.bring_to_front()
    window.wait_for_timeout(SEEN_MS)
    tab_to(window, "Give it a slice")
    window.keyboard.press(key)
    expect(window.get_by_role("status")).to_contain_text("has one more slice of your cake.")
    # It closes by itself.
    if not window.is_closed():
        window.wait_for_event("close")

    page.bring_to_front()
    framed = page.frames[1].get_by_role("button")
    expect(framed).to_contain_text("Undo")
    expect(page.frames[1].get_by_role("status")).to_have_text("Thank you! 1 this month. Press to undo.")
    expect(framed).to_be_focused()
    page.keyboard.press(key)
    expect(framed).to_contain_text("Flattr")
    assert Click.objects.get(button=song).undone_at is not None


def test_who_sends_neither_keys_nor_movements_can_confirm(
    page: Page, context: BrowserContext, song: Button, app_url: str
) -> None:
    """A screen reader presses without either; our window lets it after it has been seen for three seconds."""
    del page
    window = context.new_page()
    window.goto(f"{app_url}/pay?to={song.creator.creator_profile.slug}&url={song.url}")
    button = window.get_by_role("button", name="Give it a slice")
    expect(button).to_be_disabled()
    button.dispatch_event("click")
    expect(button).to_be_enabled()
    assert Click.objects.filter(button=song).count() == 0

    # As assistive programs do, by the element and not by a place on the screen.
    button.evaluate("(button) => button.click()")
    expect(window.get_by_role("status")).to_contain_text("has one more slice of your cake.")


def test_the_builder_is_used_by_keys_and_says_what_happens(
    context: BrowserContext, song: Button, app_url: str
) -> None:
    """A form is chosen, the address is written, the snippet is copied; who listens hears that."""
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app_url)
    be(context, song.creator)
    page = context.new_page()
    page.goto(app_url + reverse("buttons:builder"))
    told = page.get_by_role("status")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Form")).to_be_focused()
    page.keyboard.press("End")
    expect(told).to_have_text("For the head of a page. Search engines read it.", timeout=SLOW_MS)
    page.keyboard.press("Tab")
    page.keyboard.type("mailto:me")
    expect(told).to_have_text("Something above isn’t right yet. “Show it” says what.", timeout=SLOW_MS)
    page.keyboard.press("Control+A")
    page.keyboard.type(song.url)
    expect(told).to_have_text("For the head of a page. Search engines read it.", timeout=SLOW_MS)
    tab_to(page, "^Copy$")
    page.keyboard.press("Enter")

    expect(told).to_have_text("Copied", timeout=SLOW_MS)
    expected = snippets.donate_action(order_for(song.creator.creator_profile, url=song.url))
    assert page.evaluate("navigator.clipboard.readText()") == expected
