"""The button on somebody's page in browsers as people have them: first in a window of ours, then by one press.

Playwright's own way to start Chromium switches the partitioning of storage off, so these are started without it.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect

from accounts.models import User
from buttons.models import Button, Click, Confirmation, OriginStanding
from tests import given
from tests.browser.conftest import ARGUMENTS
from tests.browser.hosts import Sites
from tests.browser.people import log_in_there, press, set_budget
from tests.pages.world import confirmed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KINDS: Final[dict[str, tuple[dict[str, Any], list[str]]]] = {
    "others' cookies allowed": ({"profile": {"cookie_controls_mode": 0}}, []),
    "others' cookies blocked": ({"profile": {"cookie_controls_mode": 1}}, []),
    "others' cookies gone": ({}, ["--test-third-party-cookie-phaseout"]),
}


_SEEN: Final = """() => new Promise((tell) => {
    const look = () => seen && now() - seen > 900 && (proven || mode !== "proven") ? tell() : setTimeout(look, 50);
    look();
})"""
"""Waits until the frame's script has seen the button in plain view for long enough; a slow machine takes a while."""


@contextmanager
def started(
    playwright: Playwright, executable: str, folder: Path, preferences: dict[str, Any], arguments: list[str]
) -> Iterator[BrowserContext]:
    """Start Chromium by hand with a new profile, and let Playwright join it."""
    profile = folder / "Default"
    profile.mkdir()
    (profile / "Preferences").write_text(json.dumps({**preferences, "intl": {"accept_languages": "en-GB"}}))
    command = [executable, "--headless=new", *ARGUMENTS, *arguments]
    command += [f"--user-data-dir={folder}", "--remote-debugging-port=0", "--lang=en-GB", "about:blank"]
    port = folder / "DevToolsActivePort"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while not port.exists() or not port.read_text():
                assert time.monotonic() < deadline, "Chromium didn't start"
                time.sleep(0.05)
            number = port.read_text().split()[0]
            chromium = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{number}")
            yield chromium.contexts[0]
            chromium.close()
        finally:
            process.terminate()


@pytest.fixture(params=KINDS)
def context(
    request: pytest.FixtureRequest, playwright: Playwright, executable: str, tmp_path: Path
) -> Iterator[BrowserContext]:
    """Return a browser of each kind, with nobody logged in."""
    with started(playwright, executable, tmp_path, *KINDS[request.param]) as opened:
        yield opened


def framed(page: Page) -> Locator:
    """Return the button inside the frame, which the page itself can't reach into."""
    page.wait_for_function("document.querySelector('flattr-button a').tabIndex === -1")
    return next(each for each in page.frames if "//embed." in each.url).get_by_role("button")


def press_once(page: Page) -> None:
    """Press as a person does who looks at the page for a while first: as long as the frame itself wants it."""
    button = framed(page)
    button.hover()
    button.evaluate(_SEEN)
    button.click()


def test_the_first_press_logs_in_on_the_way_and_the_next_is_enough(
    context: BrowserContext, fan: User, song: Button, sites: Sites
) -> None:
    """Our window leads through the login to the very click; then one press counts; another site asks anew."""
    page = context.new_page()
    slug = song.creator.creator_profile.slug
    page.goto(sites.put("artist", "/song", sites.button(slug, song.url)))
    with context.expect_page() as opened:
        framed(page).click()
    window = opened.value
    press(window)
    log_in_there(window, fan)

    expect(window.get_by_text("“First light” has one more slice of your cake.")).to_be_visible()
    page.bring_to_front()
    expect(framed(page)).to_contain_text("Undo", timeout=20_000)
    assert Click.objects.count() == 1

    page.reload()
    press_once(page)

    expect(framed(page)).to_contain_text("Undo", timeout=20_000)
    assert list(Click.objects.values_list("button", "fan", "undone_at")) == [(song.pk, fan.pk, None)] * 2

    elsewhere = context.new_page()
    elsewhere.goto(sites.put("mallory", "/", sites.button(slug, song.url)))
    with context.expect_page() as opened:
        press_once(elsewhere)

    expect(opened.value.get_by_role("heading", name="A slice for Ada?")).to_be_visible()
    assert Click.objects.count() == 2


def test_who_is_new_logs_in_and_sets_a_budget_on_the_way_and_can_undo(
    context: BrowserContext, song: Button, sites: Sites
) -> None:
    """The very click waits for all that and is done once; for ten seconds the button takes it back."""
    fan = confirmed(given.user("Hedy"))
    page = context.new_page()
    page.goto(sites.put("artist", "/song", sites.button(song.creator.creator_profile.slug, song.url)))
    with context.expect_page() as opened:
        framed(page).click()
    window = opened.value
    press(window)
    log_in_there(window, fan)
    set_budget(window)
    window.get_by_text("“First light” has one more slice of your cake.").wait_for()
    assert Click.objects.get().fan == fan

    page.bring_to_front()
    expect(framed(page)).to_contain_text("Undo", timeout=20_000)
    framed(page).click()

    expect(framed(page)).to_contain_text("Flattr")
    assert Click.objects.get().undone_at is not None


@pytest.mark.parametrize("context", ["others' cookies blocked"], indirect=True)
def test_each_click_on_a_page_is_confirmed_where_it_has_to_be(
    context: BrowserContext, fan: User, song: Button, sites: Sites
) -> None:
    """On a site that lost its good name the button hears of every window, and no press is one too many."""
    OriginStanding.objects.create(origin=sites.origin("artist"), frozen_at=timezone.now())
    page = context.new_page()
    page.goto(sites.put("artist", "/song", sites.button(song.creator.creator_profile.slug, song.url)))
    for number in (1, 2):
        with context.expect_page() as opened:
            framed(page).click()
        press(opened.value)
        if number == 1:
            log_in_there(opened.value, fan)
        page.bring_to_front()
        expect(framed(page)).to_contain_text("Undo", timeout=20_000)
        assert Confirmation.objects.count() == number
        framed(page).click()
        expect(framed(page)).to_contain_text("Flattr")


@pytest.mark.parametrize("context", ["others' cookies blocked"], indirect=True)
def test_an_undo_that_did_not_get_through_is_tried_again(
    context: BrowserContext, fan: User, song: Button, sites: Sites
) -> None:
    """The press that was meant to take a click back never makes another one."""
    page = context.new_page()
    page.goto(sites.put("artist", "/song", sites.button(song.creator.creator_profile.slug, song.url)))
    with context.expect_page() as opened:
        framed(page).click()
    press(opened.value)
    log_in_there(opened.value, fan)
    page.bring_to_front()
    expect(framed(page)).to_contain_text("Undo", timeout=20_000)
    context.route("**/b/undo", lambda route: route.abort())
    framed(page).click()
    expect(framed(page)).to_contain_text("Offline")
    context.unroute("**/b/undo")
    framed(page).click()

    expect(framed(page)).to_contain_text("Flattr")
    assert Click.objects.get().undone_at is not None
