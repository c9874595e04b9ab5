"""The button on pages of all kinds: it costs little, moves nothing, and where its frame can't be the link stays."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from buttons.models import Button
from tests.browser.hosts import Sites

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

_IS_SHOWN: Final = "[...document.querySelectorAll('flattr-button a')].every((link) => link.tabIndex === -1)"
_SHIFTS: Final = """
    new Promise((tell) => {
        let sum = 0;
        new PerformanceObserver((list) => { for (const each of list.getEntries()) sum += each.value; })
            .observe({ type: "layout-shift", buffered: true });
        setTimeout(() => tell(sum), 500);
    })
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page of somebody who has never been with us."""
    with browser.new_context(locale="en-GB") as context:
        yield context.new_page()


@pytest.fixture
def snippet(sites: Sites, song: Button) -> str:
    """Return the standard snippet for the song."""
    return sites.button(song.creator.creator_profile.slug, song.url)


def wait_for_frames(page: Page) -> None:
    """Wait until each button is in place of its link."""
    page.wait_for_function(_IS_SHOWN)


def test_one_button_is_three_requests_and_leaves_nothing_behind(page: Page, sites: Sites, snippet: str) -> None:
    """Loader, picture and frame; no cookie, nothing stored, before anybody has pressed; and nothing moves."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "//embed." in request.url else None)
    page.goto(sites.put("artist", "/song", f"<p>Before</p>{snippet}<p>After</p>"))
    wait_for_frames(page)

    assert len(asked) == 3
    assert page.evaluate(_SHIFTS) == 0
    assert page.context.cookies() == []
    for frame in page.frames:
        # Browsers that block all of a frame's storage throw.
        kept = "() => { try { return localStorage.length + sessionStorage.length } catch { return 0 } }"
        assert (frame.evaluate(kept), frame.evaluate("document.cookie")) == (0, "")


def test_twenty_buttons_move_nothing_and_show_frames_when_somebody_comes_near(
    page: Page, sites: Sites, snippet: str
) -> None:
    """The first five have their frames at once, the others a picture until the pointer comes."""
    page.goto(sites.put("artist", "/song", f"<p>{snippet}</p>" * 20))
    page.wait_for_function("document.querySelectorAll('flattr-button a[tabindex]').length === 5")

    assert page.evaluate(_SHIFTS) == 0

    page.locator("flattr-button").nth(9).hover()
    page.wait_for_function("document.querySelectorAll('flattr-button a[tabindex]').length === 6")


POLICIES: Final[dict[str, dict[str, str]]] = {
    "a strict policy": {
        "Content-Security-Policy": "default-src 'none'; script-src {embed}; frame-src {embed}; img-src {embed}; "
        "style-src 'self'"
    },
    "trusted types": {"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types 'none'"},
    "isolation": {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"},
    "no referrer": {"Referrer-Policy": "no-referrer"},
}


@pytest.mark.parametrize("kind", POLICIES)
def test_the_frame_is_shown_where_policies_allow_it(
    page: Page, sites: Sites, snippet: str, settings: Any, kind: str
) -> None:
    """Strict pages that name our host, and isolated ones, show it as any other."""
    headers = {name: value.format(embed=settings.EMBED_URL) for name, value in POLICIES[kind].items()}
    head = f'<script async crossorigin src="{settings.EMBED_URL}/1.js"></script>' if kind == "isolation" else ""
    body = snippet.replace("<img", "<img crossorigin") if kind == "isolation" else snippet
    page.goto(sites.put("artist", "/song", body, head=head, headers=headers))
    wait_for_frames(page)


@pytest.mark.parametrize(
    "policy", ["default-src 'self'", "script-src {embed}; frame-src 'none'"], ids=["nothing of ours", "no frame"]
)
def test_the_link_stays_where_a_policy_keeps_us_out(
    page: Page, sites: Sites, snippet: str, settings: Any, policy: str
) -> None:
    """A page that doesn't let our script or frame in still has a link that leads to the click."""
    headers = {"Content-Security-Policy": policy.format(embed=settings.EMBED_URL)}
    page.goto(sites.put("artist", "/song", snippet, headers=headers))
    page.wait_for_timeout(800)
    page.locator("flattr-button a").click()

    expect(page.get_by_role("heading", name="A slice for Ada?")).to_be_visible()


def test_a_sandbox_without_an_origin_has_a_plain_link(page: Page, sites: Sites, snippet: str, settings: Any) -> None:
    """In a frame that may do nothing the button is a link, as neither windows nor keys work there."""
    inner = sites.put("artist", "/inner", snippet)
    page.goto(sites.put("artist", "/song", f'<iframe sandbox="allow-scripts allow-popups" src="{inner}"></iframe>'))
    page.wait_for_timeout(1500)
    ours = [frame for frame in page.frames if settings.EMBED_URL in frame.url]

    assert [frame.get_by_role("link").count() for frame in ours] in ([1], [])


def test_pages_that_add_and_remove_buttons_show_each_of_them(page: Page, sites: Sites, snippet: str) -> None:
    """A single-page app puts a button in, takes it out, and puts it in again."""
    page.goto(sites.put("artist", "/song", "<main></main>"))
    page.wait_for_function("!!customElements.get('flattr-button')")
    for _ in range(2):
        page.evaluate("(html) => { document.querySelector('main').innerHTML = html; }", snippet)
        wait_for_frames(page)
        page.evaluate("() => { document.querySelector('main').innerHTML = ''; }")

    page.evaluate("(html) => { document.querySelector('main').innerHTML = html; }", snippet)
    wait_for_frames(page)
    page.evaluate("() => { const b = document.querySelector('flattr-button'); b.remove(); document.body.append(b); }")
    page.wait_for_timeout(500)

    assert page.locator("flattr-button").count() == 1


def test_a_link_that_editors_let_through_becomes_a_button(
    page: Page, sites: Sites, song: Button, settings: Any
) -> None:
    """Where unknown elements are stripped, a class and two attributes are enough."""
    slug = song.creator.creator_profile.slug
    link = (
        f'<a class="flattr-button" data-to="{slug}" data-url="{song.url}" href="{settings.APP_URL}/@{slug}/">'
        f'<img src="{settings.EMBED_URL}/{slug}.svg" width="132" height="28" alt="Flattr"></a>'
    )
    page.goto(sites.put("artist", "/song", link))
    wait_for_frames(page)

    assert page.locator("flattr-button").count() == 1


def test_print_shows_the_link(page: Page, sites: Sites, snippet: str) -> None:
    """On paper nobody presses a frame."""
    page.goto(sites.put("artist", "/song", snippet))
    wait_for_frames(page)

    expect(page.locator("flattr-button a")).to_be_hidden()

    page.emulate_media(media="print")

    expect(page.locator("flattr-button a")).to_be_visible()
