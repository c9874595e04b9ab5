"""The drawing of the start page: it moves for those who like that, and holds still when told to."""

from typing import Final, Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import findings

Scheme = Literal["light", "dark"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STATES: Final = "document.getAnimations().map((each) => each.playState)"


def test_the_story_can_be_held(browser: Browser, app_url: str) -> None:
    """It goes on and on, so there is a control that holds all of it, by the keyboard as well; axe finds nothing."""
    with browser.new_context(reduced_motion="no-preference") as context:
        page = context.new_page()
        page.goto(app_url)
        moving = page.evaluate(STATES)
        hold = page.get_by_role("checkbox", name="Hold the drawing")
        hold.focus()
        page.keyboard.press("Space")
        held = page.evaluate(STATES)
        found = findings(page)

    assert set(moving) == {"running"}
    assert held == ["paused"] * len(moving)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_moves_for_those_who_want_no_motion(browser: Browser, app_url: str, scheme: Scheme) -> None:
    """They see the dealt cake with its amounts, and no control; axe finds nothing on a telephone."""
    with browser.new_context(
        reduced_motion="reduce", color_scheme=scheme, viewport={"width": 390, "height": 800}
    ) as context:
        page = context.new_page()
        page.goto(app_url)

        assert page.evaluate(STATES) == []
        assert page.locator(".story-text").first.is_visible()
        assert page.get_by_role("checkbox").is_hidden()
        assert findings(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
