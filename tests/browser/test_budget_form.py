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
    """The button says so and sends nothing twice; who comes back by the browser finds it as it was, and can go on."""
    fan = confirmed(given.user("Hedy"))
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        log_in(page, app_url, fan)
        page.goto(f"{app_url}/subscription/")
        # A browser that is on its way answers no questions, so this one is kept from leaving.
        page.evaluate(
            "self.sent = 0; self.addEventListener('submit', (event) => {"
            " if (!event.defaultPrevented) self.sent += 1; if (self.sent < 2) event.preventDefault(); })"
        )
        button = page.get_by_role("button", name="Set the budget and pay")
        button.click()
        busy = page.get_by_role("button", name="One moment …")
        expect(busy).to_have_attribute("aria-busy", "true")
        busy.click()
        assert page.evaluate("self.sent") == 1
        page.evaluate("self.dispatchEvent(new Event('pageshow'))")
        expect(page.locator("[aria-busy]")).to_have_count(0)
        button.click()

        page.wait_for_url("**/sandbox/pay/**")
