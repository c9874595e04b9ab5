"""The first click, as a person does it: on somebody's page, with and without a script."""

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import User
from buttons.models import Button
from buttons.operations import buttons as buttons_operations
from tests import given
from tests.browser.people import log_in, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def song(app_url: str) -> Button:
    """Return a button on a page of artist.localhost."""
    url = app_url.replace("localhost", "artist.localhost") + "/song"
    return buttons_operations.create_button(creator=given.creator("Ada"), url=url, title="First light")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_click_by_a_link_raises_the_count_and_cuts_the_cake(
    browser: Browser, app_url: str, fan: User, song: Button, *, script: bool
) -> None:
    """The link leads to our page, one press there counts once, and the whole cake is the song's."""
    context = browser.new_context(java_script_enabled=script, locale="en-GB")
    page = context.new_page()
    log_in(page, app_url, fan)
    page.goto(f"{app_url}/b/{song.public_id}/click/")

    expect(page.get_by_text("0 clicks so far")).to_be_visible()

    press(page)
    page.get_by_text("1 click so far").wait_for()

    expect(page.get_by_text("Thank you! “First light” has one more slice of your cake.")).to_be_visible()

    page.goto(f"{app_url}/cake/")

    expect(page.get_by_text("1 click · €5.00")).to_be_visible()

    page.get_by_role("button", name="Undo one click for First light").click()

    expect(page.get_by_text("No click yet this month.")).to_be_visible()

    context.close()


def test_without_a_script_the_picture_on_a_host_page_leads_to_the_click(
    browser: Browser, app_url: str, fan: User, song: Button
) -> None:
    """Where no script runs the link around the picture is all there is, and enough."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    log_in(page, app_url, fan)
    page.goto(song.url)
    page.get_by_alt_text("Flattr").click()
    press(page)

    expect(page.get_by_text("“First light” has one more slice of your cake.")).to_be_visible()

    context.close()


def test_a_click_before_the_login_waits_and_counts_once(
    browser: Browser, app_url: str, fan: User, song: Button
) -> None:
    """Who presses first and logs in then comes back to the very click, done once, also after a reload."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{app_url}/b/{song.public_id}/click/")
    press(page)
    page.get_by_label("Email").fill(fan.email)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign In", exact=True).click()

    expect(page.get_by_text("1 click so far")).to_be_visible()
    assert page.url.endswith(f"/b/{song.public_id}/click/")

    page.reload()

    expect(page.get_by_text("1 click so far")).to_be_visible()

    context.close()
