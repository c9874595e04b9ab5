"""The cake in a browser: clicks and undos without leaving the page, without a script, and by keyboard alone."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from buttons.models import Button, Click
from payouts.operations import caps
from tests import given
from tests.browser.axe import findings
from tests.browser.people import be
from tests.browser.test_axe import OVERFLOWS, wrong

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def buttons(fan: User) -> list[Button]:
    """Return a song of Ada, who is capped at 2 EUR, clicked twice, and a program of Bob, clicked once."""
    made = [
        given.button(given.creator("Ada"), title="First light"),
        given.button(given.creator("Bob"), title="A program"),
    ]
    for each, times in zip(made, (2, 1), strict=True):
        given.click(fan, each, now=timezone.now(), times=times)
    caps.set_cap(fan=fan, creator=made[0].creator, most_cents=200, now=timezone.now())
    return made


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def page(
    request: pytest.FixtureRequest, browser: Browser, app_url: str, fan: User, buttons: list[Button]
) -> Iterator[Page]:
    """Return the fan's cake in a browser, with and without a script."""
    del buttons
    with browser.new_context(java_script_enabled=request.param, locale="en-GB") as context:
        be(context, fan)
        opened = context.new_page()
        opened.goto(f"{app_url}/cake/")
        yield opened


def test_one_more_and_one_less_change_every_figure(page: Page, fan: User) -> None:
    """What was done is said, and the figures are those of the server."""
    page.get_by_role("button", name="One more click for A program").click()

    expect(page.get_by_text("Thank you! “A program” has one more slice of your cake.")).to_be_visible()
    expect(page.get_by_text("2 clicks · €3.00")).to_be_visible()
    expect(page.get_by_text("Your last click: A program")).to_be_visible()

    page.get_by_role("button", name="Undo", exact=True).click()

    expect(page.get_by_text("One click for “A program” is undone.")).to_be_visible()
    expect(page.get_by_text("1 click · €3.00")).to_be_visible()
    assert Click.objects.filter(fan=fan, undone_at__isnull=True).count() == 3


def test_a_cap_is_changed_and_lifted(page: Page) -> None:
    """By its page and back."""
    page.get_by_role("link", name="Cap for Ada").first.click()
    page.get_by_label("At most, in euros a month").fill("1.50")
    page.get_by_role("button", name="Change the cap").click()

    expect(page.get_by_text("Ada gets at most €1.50 of your cake a month.")).to_be_visible()
    expect(page.get_by_text("2 clicks · €1.50")).to_be_visible()

    page.get_by_role("button", name="Lift the cap for Ada").click()

    expect(page.get_by_text("There is no cap for Ada any more.")).to_be_visible()
    expect(page.get_by_text("2 clicks · €3.3333")).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True)
def test_by_keyboard_the_focus_stays_and_the_page_does(page: Page) -> None:
    """Where the slice goes with its last click, the focus goes to the heading of the list."""
    page.evaluate("window.isTheSame = true")
    for role, name, shown in (
        ("more", "One more click for A program", "2 clicks · €3.00"),
        ("less", "Undo one click for A program", "1 click · €3.00"),
    ):
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")

        expect(page.get_by_text(shown)).to_be_visible()
        expect(page.locator(f"[id^={role}-]:focus")).to_have_attribute("aria-label", name)
        expect(page.locator("[data-told] .message")).to_have_count(1)

    page.keyboard.press("Enter")

    expect(page.locator("#slices")).to_be_focused()
    expect(page.get_by_text("1 click ·")).to_have_count(0)
    assert page.evaluate("window.isTheSame") is True


@pytest.mark.parametrize("page", [True], indirect=True)
def test_two_presses_at_once_are_one_click(page: Page, fan: User) -> None:
    """And where the answer is lost, the page is sent as without a script, which counts the same click once."""
    page.get_by_role("button", name="One more click for A program").dblclick()
    expect(page.get_by_text("2 clicks · €3.00")).to_be_visible()
    page.route("**/click/", lambda route: (route.fetch(), route.abort())[1], times=1)
    page.get_by_role("button", name="One more click for A program").click()

    expect(page.get_by_text("3 clicks · €3.00")).to_be_visible()
    assert Click.objects.filter(fan=fan, undone_at__isnull=True).count() == 5


@pytest.mark.parametrize("page", [True], indirect=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_cake_and_its_caps(page: Page, app_url: str, width: int, fan: User) -> None:
    """Full, after a click, with an error beside the field, and empty: in both themes and directions."""
    page.set_viewport_size({"width": width, "height": 900})
    assert wrong(page, page) == []
    page.get_by_role("button", name="One more click for First light").click()
    expect(page.locator("[data-told] .message")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("link", name="Cap for Ada").first.click()
    page.get_by_label("At most, in euros a month").fill("much")
    page.get_by_role("button", name="Change the cap").click()
    page.get_by_text("“much” is not an amount such as 5 or 5.50.").wait_for()
    assert wrong(page, page) == []
    Click.objects.filter(fan=fan).update(undone_at=timezone.now())
    page.goto(f"{app_url}/cake/")
    assert wrong(page, page) == []
    assert not page.evaluate(OVERFLOWS)
