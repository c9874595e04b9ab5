"""What a page that profits from clicks may try: no click is recorded that its fan didn't mean."""

from collections.abc import Iterator
from typing import Final

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from buttons import tickets
from buttons.models import Button, Click, Confirmation, SiteKey
from buttons.operations import keys
from flattr.period import Period
from tests import given
from tests.browser.hosts import Sites
from tests.browser.people import log_in
from tests.pages.world import confirmed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET: Final = "a-secret-that-is-long-enough-for-a-key-000"
SEEN_MS: Final = 1000
"""Longer than a button has to be in view before one press is enough."""

COVER: Final = "position:absolute;left:0;top:0;width:400px;height:200px;pointer-events:none"


@pytest.fixture
def fan() -> User:
    """Return a fan with a budget of 5 EUR this month, who can log in."""
    return confirmed(given.funded_fan(period=Period.at(timezone.now())))


@pytest.fixture
def context(
    browser: Browser, fan: User, song: Button, sites: Sites, settings: LazySettings
) -> Iterator[BrowserContext]:
    """Return a browser with the fan's key for the artist's site, where one honest press is enough."""
    now, origin = timezone.now(), sites.origin("artist")
    SiteKey.objects.create(
        fan=fan,
        origin=origin,
        secret_hash=keys.hash_of(SECRET),
        created_at=now,
        used_at=now,
        expires_at=now + keys.KEY_LASTS,
    )
    (earlier,) = given.click(fan, given.button(song.creator), now=now)
    Confirmation.objects.create(
        fan=fan, creator=song.creator, click_id=earlier.pk, origin=origin, challenge="c", confirmed_at=now
    )
    with browser.new_context(locale="en-GB") as opened:
        opened.add_cookies(
            [
                {
                    "name": "__Host-k",
                    "value": SECRET,
                    "url": settings.EMBED_URL.replace("http:", "https:"),
                    "secure": True,
                    "httpOnly": True,
                    "sameSite": "None",
                    "partitionKey": "http://artist.localhost",
                }
            ]
        )
        yield opened


def slug_of(button: Button) -> str:
    """Return the address of a button's creator."""
    return str(button.creator.creator_profile.slug)


def press_at(page: Page, x: float, y: float) -> None:
    """Press like a person: move there, stay a moment, press."""
    page.mouse.move(300, 300)
    page.mouse.move(x, y)
    page.wait_for_timeout(200)
    page.mouse.click(x, y)
    page.wait_for_timeout(800)


def clicks(song: Button) -> int:
    """Count the clicks on the song."""
    return Click.objects.filter(button=song, undone_at__isnull=True).count()


def test_an_honest_press_counts(context: BrowserContext, song: Button, sites: Sites) -> None:
    """The same press as in all the attacks below counts where the button is in plain view."""
    page = context.new_page()
    page.goto(sites.put("artist", "/song", sites.button(slug_of(song), song.url)))
    page.wait_for_timeout(SEEN_MS + 500)
    press_at(page, 60, 20)

    assert clicks(song) == 1


DISGUISES: Final = {
    "under a picture": f"<div style='{COVER};background:#fff'></div>",
    "under a clear layer": f"<div style='{COVER}'></div>",
    "nearly clear": "<style>flattr-button{opacity:.02}</style>",
    "filtered": "<style>flattr-button{filter:blur(3px)}</style>",
    "turned": "<style>flattr-button{transform:rotate(8deg)}</style>",
    "tiny and blown up": "<style>flattr-button{transform:scale(.4,3)}</style>",
    "blended": "<style>flattr-button{mix-blend-mode:difference}</style>",
    "cropped by its box": "<style>body{margin:0}p{width:90px;height:24px;overflow:hidden;margin:8px}</style>",
    "cropped by a path": "<style>flattr-button{clip-path:inset(0 60px 0 0)}</style>",
    "shown late": "<style>flattr-button{visibility:hidden}body:hover flattr-button{visibility:visible}</style>",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_button_asks_in_our_window(
    context: BrowserContext, song: Button, sites: Sites, disguise: str
) -> None:
    """Whatever hides the button or a part of it, the press has to be confirmed where the page can't reach."""
    page = context.new_page()
    markup = f"<p style='margin:0'>{sites.button(slug_of(song), song.url)}</p>{DISGUISES[disguise]}"
    page.goto(sites.put("artist", "/song", markup))
    page.wait_for_timeout(SEEN_MS + 500)
    if disguise == "shown late":
        page.mouse.move(60, 20)
        page.mouse.click(60, 20)
        page.wait_for_timeout(800)
    else:
        press_at(page, 60, 20)

    assert clicks(song) == 0


SCRIPTS: Final = {
    "a call": "document.querySelector('flattr-button').click()",
    "an event": "document.querySelector('flattr-button').dispatchEvent(new MouseEvent('click', {detail: 1}))",
    "a message": "for (let n = 0; n < frames.length; n++) frames[n].postMessage({k: 'click'}, '*')",
    "a call in the frame": "try { frames[0].document.querySelector('button').click() } catch {}",
    "a request": "fetch(EMBED + '/b/click', {method: 'POST', credentials: 'include', mode: 'no-cors', body: '{}'})",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_presses_nothing(
    context: BrowserContext, song: Button, sites: Sites, settings: LazySettings, script: str
) -> None:
    """Calls, made-up events, messages and requests of the page don't click."""
    page = context.new_page()
    page.goto(sites.put("artist", "/song", sites.button(slug_of(song), song.url)))
    page.wait_for_timeout(SEEN_MS + 500)
    page.evaluate(SCRIPTS[script].replace("EMBED", repr(settings.EMBED_URL)))
    page.wait_for_timeout(800)

    assert clicks(song) == 0


def test_a_key_pressed_into_the_frame_asks_in_our_window(
    context: BrowserContext, song: Button, sites: Sites, settings: LazySettings
) -> None:
    """A page can lead the keyboard into a frame by a fragment and focus, so no key is enough by itself."""
    page = context.new_page()
    address = f"{settings.EMBED_URL}/b?to={slug_of(song)}&amp;url={song.url}"
    frame = f'<iframe id="f" src="{address}" width="132" height="28"></iframe>'
    page.goto(sites.put("artist", "/song", frame))
    page.wait_for_timeout(SEEN_MS + 500)
    page.evaluate("document.getElementById('f').src += '#button'; document.getElementById('f').focus()")
    page.wait_for_timeout(500)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.wait_for_timeout(800)

    assert clicks(song) == 0


def test_the_second_of_two_presses_confirms_nothing(
    context: BrowserContext, fan: User, song: Button, sites: Sites, app_url: str
) -> None:
    """A page that turns into our window between the two presses of a double click gets none of them."""
    page = context.new_page()
    log_in(page, app_url, fan)
    place = given.place(song, origin=sites.origin("artist"))
    window = f"{app_url}/c/{tickets.mint(place=place)}/?to={place.to}&url={place.url}&site={place.origin}"
    page.goto(window)
    box = page.get_by_role("button", name="Give it a slice").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.goto(
        sites.put("mallory", "/", f"<body onmousedown=\"location='{window}'\" style='height:100vh'>Double-click me!")
    )
    page.mouse.move(x - 20, y)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/c/**")
    page.mouse.move(x + 2, y)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(500)

    assert clicks(song) == 0
    expect(page.get_by_role("button", name="Give it a slice")).to_be_disabled()


def test_our_window_can_not_be_framed(
    context: BrowserContext, fan: User, song: Button, sites: Sites, app_url: str
) -> None:
    """The page that asks for the click shows itself in a window alone."""
    page = context.new_page()
    log_in(page, app_url, fan)
    place = given.place(song, origin=sites.origin("artist"))
    window = f"{app_url}/c/{tickets.mint(place=place)}/?to={place.to}&url={place.url}&site={place.origin}"
    page.goto(sites.put("artist", "/song", f'<iframe src="{window}" width="440" height="500"></iframe>'))
    page.wait_for_timeout(800)

    assert page.frame_locator("iframe").get_by_role("button", name="Give it a slice").count() == 0


def test_a_form_of_another_site_clicks_nothing(
    context: BrowserContext, fan: User, song: Button, sites: Sites, app_url: str
) -> None:
    """A form that another site sends to our window, with the fan's session, is refused."""
    page = context.new_page()
    log_in(page, app_url, fan)
    place = given.place(song, origin=sites.origin("artist"))
    window = f"{app_url}/c/{tickets.mint(place=place)}/?to={place.to}&url={place.url}&site={place.origin}"
    page.goto(sites.put("mallory", "/", f'<form method="post" action="{window}"><button>Win!</button></form>'))
    page.get_by_role("button").click()
    page.wait_for_timeout(500)

    assert clicks(song) == 0


def test_the_key_of_one_site_is_none_on_another(context: BrowserContext, song: Button, sites: Sites) -> None:
    """Another site of another creator that shows the artist's button asks in our window."""
    page = context.new_page()
    page.goto(sites.put("mallory", "/", sites.button(slug_of(song), song.url)))
    page.wait_for_timeout(SEEN_MS + 500)
    press_at(page, 60, 20)

    assert clicks(song) == 0
