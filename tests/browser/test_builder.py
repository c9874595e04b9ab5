"""The builder in a browser: what a creator chooses shows at once, and is copied by a press."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from buttons import snippets
from buttons.badge import SIZES
from buttons.operations import buttons as operations
from tests import given
from tests.browser.people import log_in
from tests.pages.world import confirmed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

_BOX: Final = "(element) => { const box = element.getBoundingClientRect(); return [box.width, box.height]; }"

_PLACES: Final = """(whole, [name, count]) => [
    whole.querySelector(name).getBoundingClientRect().left, whole.querySelector(count).getBoundingClientRect().right
]"""
"""Where the name begins and the count ends."""


@pytest.fixture
def creator() -> User:
    """Return a creator who can log in."""
    return confirmed(given.creator("Ada"))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser of somebody who is new here."""
    with browser.new_context(locale="en-GB") as made:
        yield made


@pytest.fixture
def page(context: BrowserContext, app_url: str, creator: User) -> Iterator[Page]:
    """Return the builder, opened by the creator; nothing on it may break a policy."""
    made = context.new_page()
    told: list[str] = []
    made.on("console", lambda message: told.append(message.text))
    log_in(made, app_url, creator)
    made.goto(f"{app_url}/embed/")
    yield made
    assert [text for text in told if "Content Security Policy" in text] == []


def test_what_is_chosen_shows_at_once(page: Page, context: BrowserContext, app_url: str, creator: User) -> None:
    """Snippet, look and address follow each choice, and one press copies the snippet that is shown."""
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app_url)
    frame = page.frame_locator(".preview iframe")
    expect(frame.get_by_role("button")).to_contain_text("Flattr")

    page.get_by_label("Size").select_option("large")
    expect(page.locator(".preview iframe")).to_have_attribute("width", "164")
    page.get_by_label("Address of the page").fill("https://ada.example/song")
    page.get_by_label("Form").select_option("markdown")
    order = operations.order_for(creator.creator_profile, size="large", url="https://ada.example/song")
    expect(page.get_by_label("Copy this")).to_have_value(snippets.markdown(order))
    expect(page.locator(".preview img")).to_be_visible()
    assert page.locator(".preview img").evaluate(_BOX) == [164, 44]
    assert page.locator(".preview img").evaluate("(image) => image.naturalWidth") == 164
    expect(page).to_have_url(re.compile(r"form=markdown"))
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    assert page.evaluate("navigator.clipboard.readText()") == snippets.markdown(order)
    # The address says all, also to who comes later.
    page.reload()
    expect(page.get_by_label("Copy this")).to_have_value(snippets.markdown(order))


def test_a_choice_that_is_wrong_says_so(page: Page) -> None:
    """At once that there is nothing to copy, and by the button where it is wrong."""
    page.get_by_label("Address of the page").fill("https://me:secret@ada.example/")
    snippet = page.get_by_role("region", name="Your snippet")
    expect(snippet.get_by_text("Something above isn’t right yet.")).to_be_visible()
    page.get_by_role("button", name="Show it").click()

    expect(page.get_by_text("A button needs a plain web address without a login in it.")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_looks_as_the_frame_does(size: str, page: Page, app_url: str, creator: User) -> None:
    """Both have one box, and their words stand in the same places within two pixels, so nothing jumps."""
    page.goto(f"{app_url}/embed/?form=iframe&size={size}")
    framed = page.frame_locator(".preview iframe").locator("button")
    box = framed.evaluate("() => [innerWidth, innerHeight]")
    places = framed.evaluate(_PLACES, ["span", "b"])
    page.goto(f"{settings.EMBED_URL}/{creator.creator_profile.slug}.svg?size={size}")

    assert page.locator("svg").evaluate("(svg) => [svg.width.baseVal.value, svg.height.baseVal.value]") == box
    assert page.locator("svg").evaluate(_PLACES, ["text:first-of-type", "text:last-of-type"]) == [
        pytest.approx(place, abs=2) for place in places
    ]
