"""The button on somebody's page, as a person uses it: first in a window of ours, then by one press."""

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.models import User
from buttons.models import Button, Click, Site
from buttons.operations import buttons as buttons_operations
from flattr.period import Period
from tests import given
from tests.browser.people import log_in, press
from tests.pages.world import confirmed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def fan() -> User:
    """Return a fan with a budget of 5 EUR this month, who can log in."""
    return confirmed(given.funded_fan(period=Period.at(timezone.now())))


@pytest.fixture
def song(app_url: str) -> Button:
    """Return a button on a page of artist.localhost, which is verified."""
    url = app_url.replace("localhost", "artist.localhost") + "/song"
    made = buttons_operations.create_button(creator=given.creator("Ada"), url=url, title="First light")
    Site.objects.update(verified_at=timezone.now())
    return made


def framed(page: Page) -> Locator:
    """Return the button inside the frame, which the page itself can't reach into."""
    page.wait_for_function("document.querySelector('flattr-button a').tabIndex === -1")
    return next(each for each in page.frames if "//embed." in each.url).get_by_role("button")


def test_first_in_a_window_then_by_one_press(browser: Browser, app_url: str, fan: User, song: Button) -> None:
    """The first press opens our window, where one more press counts; after a reload one press is enough."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    log_in(page, app_url, fan)
    page.goto(song.url)
    with context.expect_page() as opened:
        framed(page).click()
    window = opened.value
    press(window)

    expect(window.get_by_text("“First light” has one more slice of your cake.")).to_be_visible()
    page.bring_to_front()
    expect(framed(page)).to_contain_text("Undo")

    page.reload()
    framed(page).hover()
    # It has to be in view for most of a second before one press is enough.
    page.wait_for_timeout(1000)
    framed(page).click()

    expect(framed(page)).to_contain_text("Undo")
    assert list(Click.objects.values_list("button", "fan", "undone_at")) == [(song.pk, fan.pk, None)] * 2
    context.close()
