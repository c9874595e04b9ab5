"""The form of the budget: what it costs while it is typed, and the way from there to the payment."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import given
from tests.browser.people import log_in
from tests.pages.world import confirmed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def figures(page: Page) -> list[str]:
    """Return the figures of the budget in the form."""
    return page.locator("table[data-fees] .own > *").all_inner_texts()


@pytest.mark.parametrize(
    ("language", "typed", "shown"),
    [
        ("en", "2", ["€2.00", "€0.28 of €2.00", "€0.34 of €6.00"]),
        ("fr", "2,34", ["2,34\xa0€", "0,29\xa0€ de 2,34\xa0€", "0,36\xa0€ de 7,02\xa0€"]),
    ],
)
def test_the_figures_follow_what_is_typed(
    browser: Browser, app_url: str, language: str, typed: str, shown: list[str]
) -> None:
    """As the page would write them; what is no budget has none, and the term is suggested until one is chosen."""
    fan = confirmed(given.user("Hedy"))
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        log_in(page, app_url, fan)
        context.add_cookies([{"name": "django_language", "value": language, "url": app_url}])
        page.goto(f"{app_url}/subscription/")
        budget, term = page.locator("#id_budget_cents"), page.locator("#id_term_months")
        as_served = figures(page)
        budget.fill(typed)
        assert figures(page) == shown
        budget.blur()
        expect(term).to_have_value("3")
        budget.fill("1.234")
        assert figures(page)[0] == "–"
        budget.fill("5")
        assert figures(page) == as_served
        budget.blur()
        expect(term).to_have_value("1")
        term.select_option("3")
        budget.fill("20")
        budget.blur()
        expect(term).to_have_value("3")


def test_the_way_to_the_payment_shows_that_it_is_under_way(browser: Browser, app_url: str) -> None:
    """The button says so at once and sends nothing twice; who comes back by the browser finds it as it was."""
    fan = confirmed(given.user("Hedy"))
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        log_in(page, app_url, fan)
        page.goto(f"{app_url}/subscription/")
        seen: list[tuple[str, str, bool]] = []
        page.expose_function("noted", lambda *noted: seen.append(noted))
        page.evaluate("""
            document.addEventListener("submit", ({ submitter, defaultPrevented }) => {
                noted(submitter.textContent, submitter.getAttribute("aria-busy"), defaultPrevented);
            })
        """)
        page.get_by_role("button", name="Set the budget and pay").dblclick(no_wait_after=True)
        page.wait_for_url("**/sandbox/pay/**")

        assert seen[0] == ("One moment …", "true", False)
        assert all(is_stopped for _text, _busy, is_stopped in seen[1:])
        assert fan.deposits.count() == 1

        page.go_back()

        expect(page.get_by_role("button", name="Set the budget and pay")).to_be_visible()
