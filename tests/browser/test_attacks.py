"""What a page that profits from clicks may try: no click is recorded that its fan didn't mean."""

from collections.abc import Iterator
from typing import Final

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from accounts.models import User
from buttons import tickets
from buttons.models import Button, Click
from tests import given, pressing
from tests.browser.hosts import Sites
from tests.browser.people import be, let_press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SEEN_MS: Final = 1000
"""Longer than a button has to be in view before one press is enough."""

COVER: Final = "position:absolute;left:0;top:0;width:400px;height:200px;pointer-events:none"


@pytest.fixture
def context(browser: Browser, fan: User, song: Button) -> Iterator[BrowserContext]:
    """Return a browser with the fan's session, and their key for the artist's site: one honest press is enough."""
    (earlier,) = pressing.more_buttons(song, 1)
    with browser.new_context(locale="en-GB") as opened:
        be(opened, fan)
        let_press(opened, fan, earlier)
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


def framed(page: Page) -> Locator:
    """Return the button inside the frame, which the page itself can't reach into."""
    return next(each for each in page.frames if "//embed." in each.url).get_by_role("button")


def window_of(app_url: str, song: Button, sites: Sites) -> str:
    """Return the address of our window for a click on the song."""
    place = given.place(song, origin=sites.origin("artist"))
    return f"{app_url}/c/{tickets.mint(place=place)}/?to={place.to}&url={place.url}&site={place.origin}"


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


POPOVER: Final = (
    f"<div popover=manual style='{COVER};inset:auto;margin:0;border:0;padding:0;background:none'></div>"
    "<script>document.querySelector('[popover]').showPopover()</script>"
)
DISGUISES: Final = {
    "under a picture": f"<div style='{COVER};background:#fff'></div>",
    "under a clear layer": f"<div style='{COVER}'></div>",
    "under a popover": POPOVER,
    "under a header": "<div style='position:fixed;left:0;top:0;width:400px;height:18px;background:#fff'></div>",
    "behind frosted glass": f"<div style='{COVER};backdrop-filter:blur(4px)'></div>",
    "nearly clear": "<style>flattr-button{opacity:.02}</style>",
    "filtered": "<style>flattr-button{filter:blur(3px)}</style>",
    "turned": "<style>flattr-button{transform:rotate(8deg)}</style>",
    "in perspective": "<style>p{perspective:300px}flattr-button{transform:rotateY(20deg)}</style>",
    "shrunk": "<style>flattr-button{transform:scale(.8);transform-origin:0 0}</style>",
    "tiny and blown up": "<style>flattr-button{transform:scale(.4,3)}</style>",
    "blended": "<style>flattr-button{mix-blend-mode:difference}</style>",
    "cropped by its box": "<style>body{margin:0}p{width:90px;height:24px;overflow:hidden;margin:8px}</style>",
    "cropped by a path": "<style>flattr-button{clip-path:inset(0 60px 0 0)}</style>",
}
SURPRISES: Final = {
    "shown late": "<style>flattr-button{visibility:hidden}body:hover flattr-button{visibility:visible}</style>",
    "moved there": "<style>flattr-button{position:fixed;left:300px}body:hover flattr-button{left:8px}</style>",
    "scrolled there": "<style>body{height:3000px}p{position:absolute;top:1008px;left:8px}</style>"
    "<script>addEventListener('mousemove', () => scrollTo(0, 1000), {once: true})</script>",
}
"""The button comes under the pointer right before the press."""


@pytest.mark.parametrize("trick", [*DISGUISES, *SURPRISES])
def test_a_disguised_button_asks_in_our_window(
    context: BrowserContext, song: Button, sites: Sites, trick: str
) -> None:
    """Whatever hides the button or a part of it, the press has to be confirmed where the page can't reach."""
    page = context.new_page()
    disguise = DISGUISES.get(trick) or SURPRISES[trick]
    markup = f"<body style='height:700px'><p style='margin:0'>{sites.button(slug_of(song), song.url)}</p>{disguise}"
    page.goto(sites.put("artist", "/song", markup))
    page.wait_for_timeout(SEEN_MS + 500)
    if trick in SURPRISES:
        page.mouse.move(60, 20)
        page.mouse.click(60, 20)
    else:
        press_at(page, 60, 20)

    if trick in DISGUISES:
        # The press did reach the button, which asks for another now.
        expect(framed(page)).to_contain_text("Confirm")
    else:
        # Chromium itself keeps presses from a frame that has just moved.
        page.wait_for_timeout(300)
        expect(framed(page)).not_to_contain_text("Undo")
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


SWAPS: Final = {
    "the page becomes our window": "location = '{window}'",
    "a window of the page becomes ours": "let w = open('about:blank', '_blank', 'popup,width=900,height=700');"
    " setTimeout(() => {{ w.location = '{window}' }}, 100)",
}


@pytest.mark.parametrize("swap", SWAPS)
def test_the_second_of_two_presses_confirms_nothing(
    context: BrowserContext, song: Button, sites: Sites, app_url: str, swap: str
) -> None:
    """A page that puts our window between the two presses of a double click gets none of them."""
    page = context.new_page()
    script = SWAPS[swap].format(window=window_of(app_url, song, sites))
    page.goto(sites.put("mallory", "/", f'<body style="height:100vh" onmousedown="{script}">Double-click me!'))
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(50)
    ours = context.pages[-1]
    ours.wait_for_url("**/c/**")
    button = ours.get_by_role("button", name="Give it a slice")
    box = button.bounding_box()
    assert box is not None
    ours.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    ours.mouse.down()
    ours.mouse.up()
    ours.wait_for_timeout(300)

    assert clicks(song) == 0
    expect(button).to_be_visible()


def test_our_window_can_not_be_framed(context: BrowserContext, song: Button, sites: Sites, app_url: str) -> None:
    """The page that asks for the click shows itself in a window alone."""
    page = context.new_page()
    window = window_of(app_url, song, sites)
    page.goto(sites.put("artist", "/song", f'<iframe src="{window}" width="440" height="500"></iframe>'))
    page.wait_for_timeout(800)

    assert page.frame_locator("iframe").get_by_role("button", name="Give it a slice").count() == 0


def test_a_form_of_another_site_clicks_nothing(
    context: BrowserContext, song: Button, sites: Sites, app_url: str
) -> None:
    """A form that another site sends to our window, with the fan's session, is refused."""
    page = context.new_page()
    window = window_of(app_url, song, sites)
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


def test_a_page_inside_another_shows_no_frame(context: BrowserContext, song: Button, sites: Sites) -> None:
    """A verified site inside a stranger's page isn't where its fans look: no frame shows there, the link stays."""
    inner = sites.put("artist", "/song", sites.button(slug_of(song), song.url))
    page = context.new_page()
    page.goto(sites.put("mallory", "/", f'<iframe src="{inner}" width="400" height="200"></iframe>'))
    page.wait_for_timeout(SEEN_MS + 500)

    link = page.frame_locator("iframe").locator("flattr-button a")
    expect(link).to_be_visible()
    assert link.evaluate("(link) => link.tabIndex") == 0
    press_at(page, 60, 20)
    assert clicks(song) == 0
