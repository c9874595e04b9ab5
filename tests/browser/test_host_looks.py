"""How the button looks on pages of any theme, direction and width, and to readers who see them in another way."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Page, expect

from buttons.models import Button
from tests.browser.hosts import SCRIPT, Sites

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that is as wide as one of 1280 pixels at 400 %."""
    with browser.new_context(locale="en-GB", viewport={"width": 320, "height": 400}) as context:
        yield context.new_page()


@pytest.fixture
def shown(page: Page, song: Button, sites: Sites, settings: LazySettings) -> Page:
    """Return the page with three buttons in a line of text, once their frames are there."""
    button = sites.button(song.creator.creator_profile.slug, song.url)
    head = "<style>body{margin:8px;background:var(--ground)}</style>" + SCRIPT.format(embed=settings.EMBED_URL)
    page.goto(sites.put("artist", "/song", f"<p>{button} {button} and words, {button}.</p>", head=head))
    page.wait_for_function("document.querySelectorAll('flattr-button a[tabindex=\"-1\"]').length === 3")
    return page


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_narrow_page_stays_as_wide_as_it_is(shown: Page, direction: str) -> None:
    """Buttons go on in the next line as words do, from either side, and keep their order for the keyboard."""
    shown.evaluate("(direction) => { document.dir = direction; }", direction)

    assert shown.evaluate("document.documentElement.scrollWidth") == 320
    first, second, _ = (each.bounding_box() for each in shown.locator("flattr-button").all())
    assert first is not None
    assert second is not None
    assert (first["x"] < second["x"]) is (direction == "ltr")
    assert (first["width"], first["height"]) == (132, 28)


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize(("scheme", "ground"), [("light", "#ffffff"), ("dark", "#101010"), ("normal", "#d0e0f0")])
def test_the_page_shows_around_the_buttons_round_corners(shown: Page, system: str, scheme: str, ground: str) -> None:
    """A frame of another scheme than its page has an opaque ground in browsers: ours keeps to the page's own."""
    shown.emulate_media(color_scheme="light" if system == "light" else "dark")
    shown.evaluate(
        "([scheme, ground]) => { const { style } = document.documentElement;"
        " style.colorScheme = scheme; style.setProperty('--ground', ground); }",
        [scheme, ground],
    )
    shown.wait_for_timeout(200)
    box = shown.locator("flattr-button").first.bounding_box()
    assert box is not None
    x, y = box["x"], box["y"]

    outside = shown.screenshot(clip={"x": x - 4, "y": y - 4, "width": 1, "height": 1})
    assert shown.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1}) == outside


def test_nothing_moves_for_who_wants_less_motion(shown: Page) -> None:
    """The mark turns once when a slice was given, and only for who hasn't asked for less."""
    frame = shown.frames[1]
    moving = "() => { document.body.className = 'undo'; return document.getAnimations().length; }"
    shown.emulate_media(reduced_motion="reduce")
    assert frame.evaluate(moving) == 0
    shown.emulate_media(reduced_motion="no-preference")
    assert frame.evaluate(moving) == 1


def test_what_is_printed_is_the_picture_and_its_link(shown: Page) -> None:
    """No frame leaves an empty box, and the picture is as large as the frame was."""
    shown.emulate_media(media="print")

    for picture in shown.locator("flattr-button a img").all():
        expect(picture).to_be_visible()
        box = picture.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (132, 28)
        assert picture.evaluate("(image) => image.naturalWidth") == 132
