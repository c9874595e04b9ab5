"""The components: axe finds nothing on them in any state, and none is wider than a telephone."""

from typing import Final, Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import findings

SHIFTS: Final = """() => new Promise((resolve) => new PerformanceObserver((list) =>
    resolve(list.getEntries().map((each) => each.value))).observe({type: "layout-shift", buffered: true})
    || setTimeout(() => resolve([]), 500))"""
"""How much of what had been drawn was moved again, each time."""

PAPER: Final = """() => ({
    pressed: [...document.querySelectorAll("nav, header, footer, form, button, .button, .chart summary")]
        .filter((each) => each.checkVisibility()).map((each) => each.outerHTML),
    colours: [...new Set([...document.querySelectorAll("html, h1, td, tbody a")].map((each) => {
        const { color, backgroundColor } = getComputedStyle(each);
        return color + " on " + backgroundColor;
    }))].sort(),
    cut: [...document.querySelectorAll(".scroll")].filter((each) => each.scrollWidth > each.clientWidth).length,
    foot: getComputedStyle(document.querySelector("tfoot")).display,
    figures: document.querySelector(".chart td").checkVisibility(),
})"""
"""What of a page is there that nobody can press on paper, its colours, and whether all of its tables is there."""

CHOSEN: Final = (
    (".menu a[aria-current]", ".menu a:not([aria-current], .button)"),
    (".tabs a[aria-current]", ".tabs a:not([aria-current])"),
    (".chips a[aria-current]", ".chips a:not([aria-current])"),
    (".pages a[aria-current]", ".pages a:not([aria-current])"),
    (".progress [aria-current] .progress-number", ".progress li:not([aria-current]) .progress-number"),
    (".sum:has(:checked)", ".sum:not(:has(:checked))"),
)
"""What is chosen or where somebody is, and what isn't."""

GROUNDS: Final = """(selectors) => selectors.map((selector) => {
    const { backgroundColor } = getComputedStyle(document.querySelector(selector));
    return backgroundColor.match(/\\d+/g).slice(0, 3).join();
})"""
"""The colours behind elements, however transparent."""

Scheme = Literal["light", "dark"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_components(browser: Browser, app_url: str, scheme: Scheme, width: int) -> None:
    """In both themes and widths, with the figures of all charts shown; from the right as well nothing sticks out."""
    with browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{app_url}/design/")
        page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
        found = findings(page)
        sticks_out = []
        for direction in ("ltr", "rtl"):
            page.evaluate("(dir) => document.documentElement.dir = dir", direction)
            sticks_out.append(page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    assert found == []
    assert sticks_out == [False, False]


def test_what_is_printed_is_read(browser: Browser, app_url: str) -> None:
    """On paper there is nothing to press, all figures are there, and a dark theme is black on white."""
    with browser.new_context(color_scheme="dark", viewport={"width": 700, "height": 1000}) as context:
        page = context.new_page()
        page.goto(f"{app_url}/design/")
        page.emulate_media(media="print", color_scheme="dark")

        assert page.evaluate(PAPER) == {
            "pressed": [],
            "colours": ["rgb(0, 0, 0) on rgb(255, 255, 255)", "rgb(0, 0, 0) on rgba(0, 0, 0, 0)"],
            "cut": 0,
            "foot": "table-row-group",
            "figures": True,
        }


def test_forced_colours_tell_what_ours_did(browser: Browser, app_url: str) -> None:
    """What is chosen has another ground than what isn't, and progress has a border."""
    with browser.new_context(forced_colors="active") as context:
        page = context.new_page()
        page.goto(f"{app_url}/design/")
        page.locator(".menu a").first.evaluate("(link) => link.ariaCurrent = 'page'")
        grounds = {pair[0]: page.evaluate(GROUNDS, pair) for pair in CHOSEN}
        border = page.locator("progress").evaluate("(each) => getComputedStyle(each).borderTopWidth")

    assert [selector for selector, (chosen, other) in grounds.items() if chosen == other] == []
    assert border == "1px"


def test_the_menu_needs_no_script(browser: Browser, app_url: str) -> None:
    """On a telephone it opens by its button and closes by Escape; on a wide screen its links stand there."""
    with browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        page.goto(app_url)
        link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Log in")
        before = link.is_visible()
        page.get_by_role("button", name="Menu").press("Enter")
        opened = link.is_visible()
        page.keyboard.press("Escape")
        closed = link.is_visible()
        page.set_viewport_size({"width": 1280, "height": 800})
        wide = link.is_visible()

    assert [before, opened, closed, wide] == [False, True, False, True]


@pytest.mark.parametrize("path", ["/", "/design/", "/accounts/login/"])
def test_nothing_moves_once_it_is_drawn(browser: Browser, app_url: str, path: str) -> None:
    """All sheets are there before the first stroke, and what comes later has its room kept."""
    with browser.new_context(viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        page.goto(app_url + path)

        assert page.evaluate(SHIFTS) == []
