"""The button in Firefox, which keeps each site's cookies apart and can't tell what covers a frame."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from buttons.models import Button, Click, OriginStanding
from tests import given
from tests.browser.firefox import Firefox, started
from tests.browser.hosts import Sites
from tests.pages.world import confirmed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LABEL = "document.querySelector('button').textContent"


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    """Return Firefox; skip where there is none, except in CI, which always has it."""
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    if executable is None:
        message = "no Firefox here; `apt-get install firefox-esr` brings it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with started(executable, tmp_path) as running:
        yield running


def press_in_frame(firefox: Firefox, page: str) -> str:
    """Press the button in the page's frame after looking at the page for a while; return the frame."""
    firefox.wait_for(page, "document.querySelector('flattr-button a').tabIndex === -1")
    frame = firefox.frame(page)
    time.sleep(1)
    firefox.press(frame, "button")
    return frame


def window_of(firefox: Firefox, known: list[str]) -> str:
    """Wait for the window that has just been opened."""
    deadline = time.monotonic() + 20
    while not (fresh := [each for each in firefox.pages() if each not in known]):
        assert time.monotonic() < deadline, "no window was opened"
        time.sleep(0.1)
    return fresh[0]


def confirm(firefox: Firefox, window: str) -> None:
    """Confirm the click in our window, once it lets itself be pressed."""
    firefox.wait_for(window, "document.readyState === 'complete'")
    time.sleep(1)
    firefox.press(window, "form button")
    firefox.press(window, "form button")


def log_in(firefox: Firefox, window: str, fan: User) -> None:
    """Fill in the form to which our window leads who isn't logged in."""
    firefox.wait_for(window, "!!document.querySelector('[name=login]')")
    firefox.type(window, "[name=login]", fan.email)
    firefox.type(window, "[name=password]", "password")
    firefox.press(window, "form button")


def test_the_first_press_logs_in_on_the_way_and_on_a_good_site_the_next_is_enough(
    firefox: Firefox, fan: User, song: Button, sites: Sites
) -> None:
    """As with Chromium; but one press is enough only where many fans have confirmed their clicks before."""
    address = sites.put("artist", "/song", sites.button(song.creator.creator_profile.slug, song.url))
    page = firefox.open(address)
    known = firefox.pages()
    frame = press_in_frame(firefox, page)
    window = window_of(firefox, known)
    confirm(firefox, window)
    log_in(firefox, window, fan)
    firefox.wait_for(window, "document.body.textContent.includes('has one more slice of your cake')")
    firefox.wait_for(frame, f"{LABEL}.includes('Undo')")

    assert Click.objects.count() == 1

    again = press_in_frame(firefox, firefox.open(address))
    firefox.wait_for(again, f"{LABEL}.includes('Confirm')")

    assert Click.objects.count() == 1

    OriginStanding.objects.create(origin=sites.origin("artist"), has_good_name=True)
    trusted = firefox.open(address)
    frame = press_in_frame(firefox, trusted)
    firefox.wait_for(frame, f"{LABEL}.includes('Undo')")

    assert Click.objects.filter(fan=fan, button=song).count() == 2

    known = firefox.pages()
    elsewhere = firefox.open(sites.put("mallory", "/", sites.button(song.creator.creator_profile.slug, song.url)))
    press_in_frame(firefox, elsewhere)
    asking = window_of(firefox, [*known, elsewhere])
    firefox.wait_for(asking, "document.body.textContent.includes('A slice for Ada?')")

    assert Click.objects.count() == 2


def test_who_is_new_logs_in_and_sets_a_budget_on_the_way_and_can_undo(
    firefox: Firefox, song: Button, sites: Sites
) -> None:
    """The very click waits for all that and is done once; the button takes it back."""
    fan = confirmed(given.user("Hedy"))
    page = firefox.open(sites.put("artist", "/song", sites.button(song.creator.creator_profile.slug, song.url)))
    known = firefox.pages()
    frame = press_in_frame(firefox, page)
    window = window_of(firefox, known)
    confirm(firefox, window)
    log_in(firefox, window, fan)
    for page_of_ours in ("[name=budget_cents]", "[name=choice]"):
        firefox.wait_for(window, f"!!document.querySelector({page_of_ours!r})")
        firefox.press(window, "form:has([name=budget_cents]) button[type=submit], [name=choice]")
    firefox.wait_for(window, "document.body.textContent.includes('It has arrived and is in your balance.')")
    firefox.press(window, "main a.button")
    firefox.wait_for(window, "document.body.textContent.includes('has one more slice of your cake')")
    firefox.wait_for(frame, f"{LABEL}.includes('Undo')")
    assert Click.objects.get().fan == fan

    firefox.press(frame, "button")
    firefox.wait_for(frame, f"{LABEL}.includes('Flattr')")
    assert Click.objects.get().undone_at is not None
