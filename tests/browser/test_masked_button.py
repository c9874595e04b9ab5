"""A mask hides the button from people and from no browser: what ends that trick are the fans who take clicks back."""

from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from buttons import tasks
from buttons.models import Button, Click, OriginDecision
from flattr.period import Period
from tests import given, pressing
from tests.browser.hosts import Sites
from tests.browser.people import let_press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DECEIVED: Final = 3
HONEST: Final = 47
"""Together as many as it takes to demote a site of which five in a hundred take their clicks back."""

MASK: Final = "<style>flattr-button{mask-image:linear-gradient(transparent,transparent)}p{margin:0}</style>"
SEEN_MS: Final = 1300


def picture(page: Page, *, top: float) -> bytes:
    """Return how the page looks where the button is, or where the mask shows another thing of its size."""
    return page.screenshot(clip={"x": 8, "y": top, "width": 132, "height": 28})


def pressed(page: Page, address: str) -> Locator:
    """Look at a page for a while and press what is there, which isn't seen; return the button."""
    page.goto(address)
    page.wait_for_function("document.querySelector('flattr-button a').tabIndex === -1")
    page.mouse.move(300, 300)
    page.wait_for_timeout(SEEN_MS)
    page.mouse.move(60, 20)
    page.wait_for_timeout(200)
    page.mouse.click(60, 20)
    return next(each for each in page.frames if "//embed." in each.url).get_by_role("button")


def test_fans_who_take_masked_clicks_back_end_one_press_on_the_site(
    browser: Browser, song: Button, sites: Sites
) -> None:
    """Such a press counts, as nobody can tell; it is taken back, and after the next night the site has to ask."""
    (honest,) = pressing.more_buttons(song, 1)
    for _ in range(HONEST):
        pressing.confirmed(given.user(), honest, now=timezone.now())
    period = Period.at(timezone.now())
    button = sites.button(song.creator.creator_profile.slug, song.url)
    address = sites.put("artist", "/song", f"<p>{button}</p>{MASK}")
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        for _ in range(DECEIVED):
            context.clear_cookies()
            let_press(context, given.funded_fan(period=period), honest)
            framed = pressed(page, address)
            expect(framed).to_contain_text("Undo")
            assert picture(page, top=8) == picture(page, top=200)
            # For Chromium a picture moves the frame, and for half a second it keeps presses from what has just moved.
            page.wait_for_timeout(700)
            page.mouse.click(60, 20)
            expect(framed).to_contain_text("Flattr")
        assert Click.objects.filter(button=song, undone_at__isnull=False).count() == DECEIVED
        assert OriginDecision.objects.count() == 0

        tasks.judge_origins()
        decision = OriginDecision.objects.get()
        assert (decision.verdict, decision.standing.origin) == ("demoted", sites.origin("artist"))
        assert decision.reason == "3 of 50 fans a day took a click back."

        context.clear_cookies()
        let_press(context, given.funded_fan(period=period), honest)
        with context.expect_page() as opened:
            framed = pressed(page, address)
        expect(opened.value.get_by_role("heading", name="A slice for Ada?")).to_be_visible()
        expect(framed).to_contain_text("Confirm")
        assert Click.objects.filter(button=song).count() == DECEIVED
