"""axe finds nothing on the button in any state and the pages around it: in both themes, directions and languages."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from accounts.models import User
from buttons import snippets, tickets
from buttons.badge import SIZES
from buttons.models import Button, SiteCheck
from buttons.operations.buttons import order_for
from tests import given, pressing
from tests.browser.axe import findings
from tests.browser.hosts import Sites
from tests.browser.people import be, press
from tests.browser.states import show_states
from tests.outside import proofs
from tests.outside.servers import Outside

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COLORS: Final = ["color-contrast", "link-in-text-block"]
LANGUAGES: Final = [code for code, _ in settings.LANGUAGES]
OVERFLOWS: Final = "document.documentElement.scrollWidth > innerWidth"


def wrong(where: Page | Frame, page: Page) -> list[str]:
    """Return what axe finds in light and dark, from the left and from the right, and whether the page is too wide."""
    page.emulate_media(color_scheme="light")
    found = findings(where)
    page.emulate_media(color_scheme="dark")
    found += findings(where, rules=COLORS)
    where.evaluate("document.documentElement.dir = 'rtl'")
    found += findings(where, rules=["target-size"])
    if where.evaluate(OVERFLOWS):
        found.append("from the right the page is wider than the window")
    where.evaluate("document.documentElement.dir = ''")
    return found


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Return each language."""
    return str(request.param)


@pytest.fixture
def context(browser: Browser, language: str) -> Iterator[BrowserContext]:
    """Return a browser of somebody who speaks a language."""
    with browser.new_context(locale=language) as opened:
        yield opened


NAMES: Final = {
    "en": {
        "idle": ("Flattr 0 in all", "Give it a slice of your cake", False),
        "thanked": ("Thanks ×3 3 in all", "3 this month. Press to give one more.", True),
        "undo": ("Undo 1 in all", "Thank you! 1 this month. Press to undo.", True),
        "confirm": ("Confirm 0 in all", "Confirm in the window, or press to open it again.", False),
        "again": ("Confirm 0 in all", "Press once more to confirm.", False),
        "login": ("Log in 0 in all", "Press once more to log in.", False),
        "budget": ("Set budget 0 in all", "Press once more to set a budget.", False),
        "limit": ("Limit today 0 in all", "That is the limit for today.", False),
        "offline": ("Offline 0 in all", "That didn’t reach us. Press to try again.", False),
        "closed": ("Closed 0 in all", "This button takes no clicks.", False),
    },
    "fr": {
        "idle": ("Flattr 0 en tout", "Une part de votre gâteau", False),
        "thanked": ("Merci ×3 3 en tout", "3 ce mois-ci. Encore un appui pour un de plus.", True),
    },
}
"""What a screen reader says of the button in a state: its name, what it is described by, whether it is pressed."""


def test_every_state_is_named_and_axe_finds_nothing(
    context: BrowserContext, fan: User, song: Button, sites: Sites, language: str
) -> None:
    """Each state is told in words, and what came of a press once more to who listens."""
    page = context.new_page()
    frames = show_states(page, fan, song, sites, lang=language)
    for state, (name, description, is_pressed) in NAMES[language].items():
        button = frames[state].get_by_role("button", name=name, exact=True, pressed=is_pressed)
        expect(button).to_have_accessible_description(description)
        said = "" if state in {"idle", "thanked"} else description
        expect(frames[state].get_by_role("status")).to_have_text(said)

    assert {state: found for state, frame in frames.items() if (found := wrong(frame, page))} == {}


TEXTS: Final = """(button, longest) => {
    const [label, count] = button.querySelectorAll("span, b");
    count.textContent = longest;
    const texts = document.body.dataset.texts.split("\\n").map((text) => text.split("~")[1].replace("#", "99"));
    return texts.filter((text) => {
        label.textContent = text;
        const [words, number] = [label, count].map((each) => each.getBoundingClientRect());
        return words.right > innerWidth || words.bottom > innerHeight || number.right > innerWidth
            || number.top < innerHeight && number.bottom > innerHeight;
    });
}"""
"""The labels that don't fit into the box, or beside which the longest count is neither shown in full nor left out."""


def test_every_text_fits_into_the_box(context: BrowserContext, song: Button, sites: Sites, language: str) -> None:
    """In each size, beside the longest count, so that nothing is cut off."""
    page, profile = context.new_page(), song.creator.creator_profile
    orders = {size: order_for(profile, url=song.url, size=size, lang=language) for size in SIZES}
    page.goto(sites.put("artist", "/sizes", "".join(snippets.frame(order) for order in orders.values())))
    cut = {}
    for size, order in orders.items():
        framed = page.frame_locator(f'iframe[width="{order.box["width"]}"]').locator("button")
        cut[size] = framed.evaluate(TEXTS, "9.9k")

    assert cut == {size: [] for size in SIZES}


def window_of(button: Button, origin: str, **asked: str) -> str:
    """Return the address of our window for a button, as a frame on a site opens it."""
    place = given.place(button, origin=origin)
    query = urlencode({"to": place.to, "url": place.url, "site": place.origin, **asked})
    return f"{reverse('buttons:window', args=[tickets.mint(place=place)])}?{query}"


def test_axe_finds_nothing_on_the_pages_of_a_fan(
    context: BrowserContext, fan: User, song: Button, sites: Sites, app_url: str
) -> None:
    """Our window before and after the login, for one's own button and too late; what comes after; one's clicks."""
    page, origin = context.new_page(), sites.origin("artist")
    click_page = reverse("buttons:click", args=[song.public_id])
    seen = {}

    def look(name: str, path: str) -> None:
        page.goto(app_url + path)
        seen[name] = wrong(page, page)

    look("window", window_of(song, origin))
    look("link", f"/pay?{urlencode({'to': song.creator.creator_profile.slug, 'url': song.url})}")
    look("click", click_page)
    be(context, given.user("Without a budget"))
    look("no budget", window_of(song, origin))
    be(context, song.creator)
    look("own", window_of(song, origin))
    be(context, fan)
    (other,) = pressing.more_buttons(song, 1)
    pressing.key_for(fan, other, now=timezone.now())
    look("budget", window_of(song, origin, ch="0" * 64))
    press(page)
    page.wait_for_selector("[data-close]", state="attached")
    seen["done"] = wrong(page, page)
    look("click again", click_page)
    look("clicks", reverse("buttons:activity"))

    assert {name: found for name, found in seen.items() if found} == {}


def test_axe_finds_nothing_on_the_builder(context: BrowserContext, song: Button, app_url: str) -> None:
    """With each form chosen, and with what is no address."""
    be(context, song.creator)
    page = context.new_page()
    page.goto(f"{app_url}{reverse('buttons:builder')}?{urlencode({'url': song.url})}")
    seen = {"html": wrong(page, page)}
    # What changes with the form is the snippet and what stands around it.
    for form in page.locator("#id_form option").evaluate_all("(all) => all.map((option) => option.value)"):
        page.locator("#id_form").select_option(form)
        page.wait_for_url(f"**form={form}&**")
        seen[form] = findings(page, "[data-made]")
    page.goto(f"{app_url}{reverse('buttons:builder')}?url=mailto:me")
    seen["wrong"] = wrong(page, page)

    assert {name: found for name, found in seen.items() if found} == {}


def test_axe_finds_nothing_on_the_pages_of_sites(
    context: BrowserContext, song: Button, app_url: str, outside: Outside
) -> None:
    """The list, and a site that isn't proven yet, that waits for its check, that failed it, and that was proven."""
    be(context, song.creator)
    page = context.new_page()
    outside.host("alice.example")
    site = proofs.claimed(song.creator)
    page.goto(app_url + reverse("buttons:site", args=[site.host]))
    seen = {"claimed": wrong(page, page)}
    for name in ("failed", "proven"):
        page.locator("button[value=file]").click()
        page.wait_for_selector("[data-waiting]")
        seen["waiting"] = wrong(page, page)
        proofs.run(SiteCheck.objects.latest("pk"), now=timezone.now())
        page.wait_for_selector("[role=status].message")
        seen[name] = wrong(page, page)
        proofs.show(outside, site)
    page.goto(app_url + reverse("buttons:sites"))
    seen["list"] = wrong(page, page)

    assert {name: found for name, found in seen.items() if found} == {}
