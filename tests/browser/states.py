"""The frame in every state that a press can bring it to, all of them on one page."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Frame, Page, Route, expect

from accounts.models import User
from buttons import snippets
from buttons.models import Button
from buttons.operations import buttons as operations
from tests import given, pressing
from tests.browser.hosts import Sites
from tests.browser.people import let_press

_SEEN_MS: Final = 1000
_REFUSALS: Final = {
    "again": HTTPStatus.CONFLICT,
    "login": HTTPStatus.UNAUTHORIZED,
    "budget": HTTPStatus.PAYMENT_REQUIRED,
    "limit": HTTPStatus.TOO_MANY_REQUESTS,
    "closed": HTTPStatus.FORBIDDEN,
}
"""What our server says to the press that leads to a state."""

_ALONE: Final = ("offline", "undo", "confirm")
STATES: Final = ("idle", "thanked", *_REFUSALS, *_ALONE, "nobody", "link")
THEMED: Final = ("idle light", "idle dark", "thanked light", "thanked dark")
"""Of pages that choose a theme, whatever the reader's system has."""


def show_states(page: Page, fan: User, song: Button, sites: Sites, *, lang: str) -> dict[str, Frame]:
    """Return the frames of a page on the song's site by their states, of a fan who thanked for another page thrice.

    `nobody` is the frame of a creator who isn't there, `link` is one in a sandbox.
    """
    (thanked,) = pressing.more_buttons(song, 1)
    given.click(fan, thanked, now=timezone.now(), times=2)
    let_press(page.context, fan, thanked)
    frames = {}
    for state in (*STATES, *THEMED):
        (kind, _, theme) = state.partition(" ")
        frames[state] = _frame(thanked if kind == "thanked" else song, lang=lang, theme=theme)
    frames["nobody"] = frames["nobody"].replace(f"to={song.creator.creator_profile.slug}", "to=nobody")
    frames["link"] = frames["link"].replace("<iframe", '<iframe sandbox="allow-scripts allow-popups"')
    named = (frame.replace("<iframe", f'<iframe name="{state}"') for state, frame in frames.items())
    page.goto(sites.put("artist", "/states", " ".join(named)))
    found = {state: frame for state in frames if (frame := page.frame(state)) is not None}
    for frame in found.values():
        frame.wait_for_url("**/b?**")
    page.wait_for_timeout(_SEEN_MS)
    for state, status in _REFUSALS.items():
        _press(page, found[state], _refusal(status))
    _press(page, found["offline"], lambda route: route.abort())
    _press(page, found["undo"], lambda route: route.continue_())
    # Whoever is asked to confirm presses once more.
    _press(page, found["confirm"], _refusal(HTTPStatus.CONFLICT))
    with page.expect_popup() as opened:
        found["confirm"].locator("button").click()
    opened.value.close()
    return found


def _frame(button: Button, **looks: str) -> str:
    # The loader would show the first five of them alone.
    return snippets.frame(operations.order_for(button.creator.creator_profile, url=button.url, **looks))


def _refusal(status: HTTPStatus) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=int(status), json={})


def _press(page: Page, frame: Frame, answer: Callable[[Route], None]) -> None:
    """Press as a person does, and let the press be answered so."""
    address = f"{settings.EMBED_URL}/b/click"
    page.route(address, answer)
    button = frame.locator("button")
    before = button.get_attribute("title") or ""
    button.hover()
    page.wait_for_timeout(150)
    button.click()
    expect(button).not_to_have_attribute("title", before)
    page.unroute(address)
