"""A new fan's way in a browser: three steps to the first click, the budget's page, a gift. axe looks at each page.

With `SCREENSHOTS` set to a folder, each page is kept there, light and dark, for people to look at.
"""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page

from buttons.models import Click
from payouts.models import Gift
from tests import given, pressing
from tests.browser.axe import findings
from tests.browser.people import be
from tests.pages.world import confirmed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [pytest.param("en", 1280, id="en-wide"), pytest.param("fr", 390, id="fr-narrow")]
"""Two that have each language and each width between them."""
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"


def look(page: Page, name: str) -> None:
    """Let axe find nothing on the page in either theme, and nothing stand out of it."""
    page.wait_for_load_state()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        if folder := os.environ.get("SCREENSHOTS"):
            width = page.viewport_size["width"] if page.viewport_size else 0
            language = page.locator("html").get_attribute("lang")
            page.screenshot(path=Path(folder) / f"{name}-{language}-{width}-{theme}.png", full_page=True)
        assert (name, theme, findings(page)) == (name, theme, [])
    assert not page.evaluate(OVERFLOWS), name


def pay(page: Page) -> None:
    """Pay on the sandbox's page, wait for the provider, and go on."""
    page.locator("button[value=succeed]").click()
    page.locator("main a.button").click()


def send(page: Page) -> None:
    """Press the large button of the page."""
    page.locator("main form button.big").click()


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_a_new_fan_clicks_and_gives(browser: Browser, app_url: str, language: str, width: int) -> None:
    """Each page leads to the next one, by the keyboard's and the mouse's own means alone."""
    button = pressing.verified_button(given.creator("Ada"))
    fan = confirmed(given.user("Hedy", language=language))
    with browser.new_context(locale=language, viewport={"width": width, "height": 844}) as context:
        be(context, fan)
        page = context.new_page()
        _take_three_steps(page, app_url)
        assert Click.objects.get().button == button
        page.goto(f"{app_url}/subscription/")
        look(page, "budget")
        page.locator("button[value=paused]").click()
        look(page, "budget-paused")
        page.locator("button[value=active]").click()
        page.goto(app_url + reverse("payouts:gift", args=[button.creator.creator_profile.slug]))
        _give(page)
        assert (Gift.objects.get().amount_cents, Gift.objects.get().note) == (500, "Merci !")
        _look_at_both_statements(context, page, app_url)


def _take_three_steps(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/welcome/")
    look(page, "welcome-1")
    other = page.locator("#id_other")
    assert not other.is_visible()
    page.locator("input[value=other]").check()
    other.fill("3,50")
    look(page, "welcome-1-other")
    send(page)
    look(page, "welcome-2")
    send(page)
    pay(page)
    look(page, "welcome-3")
    page.locator(".cards form button").click()
    page.wait_for_url("**/cake/")


def _give(page: Page) -> None:
    look(page, "gift")
    page.locator("input[value='500']").check()
    page.locator("textarea").fill("Merci !")
    send(page)
    look(page, "gift-short")
    send(page)
    pay(page)
    look(page, "gift-confirm")
    send(page)
    page.wait_for_url("**/gifts/**")
    look(page, "gift-given")


def _look_at_both_statements(context: BrowserContext, page: Page, app_url: str) -> None:
    gift = Gift.objects.select_related("creator").get()
    month = f"{gift.made_at:%Y-%m}"
    page.goto(f"{app_url}/statements/{month}/")
    look(page, "statement")
    be(context, gift.creator)
    page.goto(f"{app_url}/earnings/{month}/")
    look(page, "earnings")
