"""Money in and out by Stripe, as people see it: a fan pays, a creator is paid, staff stand between."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from csp.constants import SELF
from django.conf import LazySettings
from django.utils import translation
from django.utils.formats import date_format
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.models import User
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import durable
from payouts import tasks
from payouts.gateway import stripe as api
from payouts.models import Deposit, Payout, StripeEvent
from payouts.operations import demo_people, reconciliation
from tests import given
from tests.browser.people import confirm_access, log_in
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.webhooks import KINDS
from tests.pages.world import confirmed
from tests.payouts.paying import assert_books_are_stripes, moment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _told(stripe: FakeStripe, app_url: str, settings: LazySettings) -> None:
    """Let Stripe tell the web server of everything, and browsers go on to its pages."""
    settings.STRIPE_WEBHOOK_SECRETS = [f"whsec_{kind}" for kind in KINDS]
    for kind in KINDS:
        stripe.webhooks.add_endpoint(url=f"{app_url}/webhooks/stripe/", secret=f"whsec_{kind}", kind=kind)
    directives = {**settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "form-action": [SELF, stripe.url]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}


@pytest.fixture
def earner() -> User:
    """Return a creator who has earned 27 EUR that can be withdrawn, and has told nobody where to send it."""
    month = Period.at(moment()).shift(-2)
    durable(periods.make_partition)(period=month)
    person = confirmed(given.creator("Ada"))
    person.payout_account.delete()
    grace = given.user("Grace")
    given.subscription(grace, budget_cents=3000, period=month)
    paid = given.opened_deposit(grace, amount_cents=3000, now=month.start)
    demo_people.pay(deposit=paid, now=month.start)
    given.click(grace, given.button(person), now=month.start)
    given.settled(month, now=moment())
    return person


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page of a browser of one's own."""
    with browser.new_context(locale="en-GB") as context:
        yield context.new_page()


def as_one(browser: Browser, app_url: str, person: User) -> Page:
    """Return a page of somebody who is logged in, beside the others."""
    page = browser.new_context(locale="en-GB").new_page()
    log_in(page, app_url, person)
    return page


def handle_events(stripe: FakeStripe) -> set[str]:
    """Wait for what Stripe tells, do what a worker does about it, and return the kinds that were heard of."""
    stripe.webhooks.drain()
    assert {delivery["code"] for delivery in stripe.webhooks.deliveries} == {200}
    news = StripeEvent.objects.filter(state__in=StripeEvent.OPEN_STATES).order_by("occurred_at")
    heard = list(news.values_list("pk", "kind"))
    for event_id, _kind in heard:
        tasks.handle_event(event_id)
    assert not news.exists()
    return {kind for _event_id, kind in heard}


def test_a_fan_pays_on_the_hosted_page_and_the_webhook_brings_the_money(
    page: Page, app_url: str, stripe: FakeStripe
) -> None:
    """Nobody can ask Stripe when the fan comes back: the page waits, the webhook arrives, the balance shows it."""
    fan = confirmed(given.user("Hedy"))
    log_in(page, app_url, fan)
    page.goto(f"{app_url}/subscription/")
    page.get_by_label("Monthly budget in euros").fill("5")
    page.get_by_role("button", name="Set the budget and pay").click()
    expect(page.get_by_text("Prepaid for Flattr")).to_be_visible()
    stripe.faults.add("500", method="GET", times=1000)
    page.get_by_role("button", name="Pay 5.00 EUR").click()

    expect(page.get_by_text("We are waiting for the payment provider.")).to_be_visible()
    assert page.url.startswith(f"{app_url}/deposits/")

    back = page.url
    page.goto("about:blank")
    stripe.faults.clear()
    assert {"checkout.session.completed", "payment_intent.succeeded"} <= handle_events(stripe)
    assert Deposit.objects.get(fan=fan).state == Deposit.State.SUCCEEDED
    page.goto(back)

    expect(page.get_by_text("It has arrived and is in your balance.")).to_be_visible()

    page.goto(f"{app_url}/subscription/")

    expect(page.locator("dl.facts > div", has_text="Balance")).to_contain_text("€5.00")
    expect(page.get_by_text("Visa •••• 4242, until")).to_be_visible()

    assert_all_is_well()


def test_a_creator_is_paid(browser: Browser, app_url: str, stripe: FakeStripe, earner: User) -> None:
    """An account is opened, 25 EUR are refused with a reason, asked for again, approved, sent; all of it is shown."""
    staff = confirmed(given.user("Chief", is_staff=True, is_superuser=True))
    creators, admins = as_one(browser, app_url, earner), as_one(browser, app_url, staff)
    creators.goto(f"{app_url}/earnings/")
    creators.get_by_label("Country you live in").select_option("France")
    creators.get_by_role("button", name="Open the account").click()
    confirm_access(creators)
    creators.get_by_role("button", name="Complete", exact=True).click()

    expect(creators.get_by_text("It is ready: payouts can be sent.")).to_be_visible()

    ask_for_payout(creators)
    review(admins, app_url, "Reject", "Tell us more first.")
    creators.reload()

    expect(entry(creators, "rejected")).to_contain_text(f"reviewed {today()}")
    expect(entry(creators, "rejected")).to_contain_text("Tell us more first.")

    ask_for_payout(creators)
    review(admins, app_url, "Approve")
    creators.reload()

    expect(entry(creators, "approved")).to_contain_text(f"reviewed {today()}")

    payout = Payout.objects.get(state=Payout.State.APPROVED)
    tasks.advance_payout(str(payout.pk))
    creators.reload()

    for words in ("€25.00", f"requested {today()}", f"reviewed {today()}", f"sent {today()}"):
        expect(entry(creators, "sent")).to_contain_text(words)

    (sent,) = api.transfers_in(group=f"payout-{payout.pk}")
    assert (sent.amount_cents, sent.target) == (2500, payout.creator.payout_account.account)
    assert {"transfer.created", "v2.core.account[requirements].updated"} <= handle_events(stripe)
    assert_all_is_well()
    creators.context.close()
    admins.context.close()


def ask_for_payout(page: Page) -> None:
    """Ask for 25 EUR."""
    page.get_by_label("Amount in euros").fill("25")
    page.get_by_role("button", name="Request a payout").click()

    expect(page.get_by_text("Your payout is requested.")).to_be_visible()
    expect(entry(page, "waiting for review")).to_contain_text(f"requested {today()}")


def review(page: Page, app_url: str, decision: str, reason: str = "") -> None:
    """Decide in the admin about the payout that waits."""
    page.goto(f"{app_url}/admin/payouts/payout/")
    page.get_by_role("link", name="Review", exact=True).click()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=decision).click()

    expect(page.locator(".messagelist")).to_contain_text(decision)


def entry(page: Page, state: str) -> Locator:
    """Return the payout of that state in the creator's list."""
    return page.locator("#payouts + ul > li").filter(has_text=f"· {state}")


def today() -> str:
    """Return the day as pages write it."""
    with translation.override("en"):
        return date_format(moment(), "DATE_FORMAT")


def assert_all_is_well() -> None:
    """Both books are the same, now and after the next night."""
    assert [(item.kind, item.subject, item.detail) for item in reconciliation.reconcile(now=tonight())] == []
    assert_books_are_stripes()


def tonight() -> datetime:
    """Return a moment at which nothing of today is too young to be compared."""
    return moment() + timedelta(days=1)
