"""The fake's hosted pages in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import client_of, creator, session
from tests.fakestripe.methods import CARDS

pytestmark = pytest.mark.browser


def _page(browser: Browser, scheme: Any = "light") -> Page:
    return browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_fan_pays_on_a_phone(browser: Browser, scheme: str) -> None:
    """A card is declined, another one is confirmed on the bank's page, the fan comes back, and all of it fits."""
    with FakeStripe.started() as fake:
        api = client_of(fake)
        opened = session(api, success_url=f"{fake.url}/back?{{CHECKOUT_SESSION_ID}}", cancel_url=f"{fake.url}/no")
        page = _page(browser, scheme)
        page.goto(opened.url or "")
        assert _fits(page)
        page.get_by_label("Email").fill("fan@example.com")
        page.get_by_label("Card number or IBAN").fill(CARDS["chargeDeclined"].number)
        page.get_by_role("button", name="Pay 12.00 EUR").click()
        expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
        assert _fits(page)
        number = CARDS["authenticationRequired"].number
        page.get_by_label("Or one for tests").select_option(number)
        page.get_by_role("button", name="Pay 12.00 EUR").click()
        expect(page).to_have_title(re.compile("Your bank asks"))
        assert _fits(page)
        page.get_by_role("button", name="Confirm").click()

        assert page.url == f"{fake.url}/back?{opened.id}"
        assert api.v1.checkout.sessions.retrieve(opened.id).payment_status == "paid"
        page.goto(f"{fake.url}/_fake/")
        page.get_by_role("button", name="Dispute").first.click()
        assert [dispute.status for dispute in api.v1.disputes.list()] == ["needs_response"]
        assert _fits(page)
        page.close()


def test_a_creator_is_onboarded_on_a_phone(browser: Browser) -> None:
    """The owner of an account sees what is asked and tells it; the link is used up then."""
    with FakeStripe.started() as fake:
        api = client_of(fake)
        account = creator(api)
        urls = {"refresh_url": f"{fake.url}/again", "return_url": f"{fake.url}/back"}
        asked: Any = {"account": account, "use_case": {"type": "account_onboarding", "account_onboarding": urls}}
        link = api.v2.core.account_links.create(asked).url
        page = _page(browser)
        page.goto(link)
        assert _fits(page)
        expect(page.get_by_role("listitem").first).to_have_text("identity.individual.given_name")
        page.get_by_role("button", name="Complete", exact=True).click()
        assert page.url == f"{fake.url}/back"
        page.goto(link)
        assert page.url == f"{fake.url}/again"
        page.close()

        found: Any = api.v2.core.accounts.retrieve(account, {"include": ["configuration.recipient"]})
        transfers = found.configuration.recipient.capabilities.stripe_balance.stripe_transfers
        assert transfers.status == "active"
