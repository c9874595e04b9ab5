"""The provider finds what we ask of it wrong: people are led back with a word, nothing is half done."""

import pytest
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Notification, User
from payouts.gateway.sandbox.gateway import SandboxGateway
from payouts.models import Deposit, PayoutAccount
from payouts.queries import books
from tests import given
from tests.client import StrictClient
from tests.fakestripe.fake import FakeStripe
from tests.pages import world
from tests.pages.world import World
from tests.payouts.paying import assert_books_are_stripes

REFUSED = (
    "Our payment provider refused what we asked of it. That is our fault: nothing is lost, and our staff are told."
    " Please try again later."
)
CUSTOMERS = (
    "open_customer",
    "open_pay_page",
    "open_method_page",
    "saved_method",
    "remove_methods",
    "deposit_outcome",
)
ACCOUNTS = ("open_account", "account_page", "account_state")


@pytest.fixture
def refusing(town: World, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the provider refuse whatever pages ask; return what takes that back."""
    del town
    for call in CUSTOMERS + ACCOUNTS:
        monkeypatch.setattr(SandboxGateway, call, given.refused)
    return monkeypatch


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("post", "/deposits/", {"amount_cents": "5"}),
        ("get", "/deposits/{deposit}/", {}),
        ("post", "/deposits/{deposit}/pay/", {}),
        ("post", "/payment-method/", {}),
        ("get", "/payment-method/", {}),
        ("post", "/payment-method/remove/", {}),
    ],
)
def test_a_fan_is_led_back(  # noqa: PLR0917  The fixtures are what is arranged.
    method: str, path: str, form: dict[str, str], town: World, as_fan: StrictClient, refusing: pytest.MonkeyPatch
) -> None:
    """No page ends in an error, what was there stays, and staff hear of it once however often it happens."""
    del refusing
    for _ in range(2):
        answer = getattr(as_fan, method)(path.format(deposit=town.deposit.pk), world.once(**form), follow=True)

        assert answer.redirect_chain == [("/subscription/", 302)]
        assert REFUSED in world.messages(answer)
    assert world.is_unchanged(town.deposit)
    (alarm,) = Notification.objects.filter(kind=Notification.Kind.ALARM)
    assert alarm.recipient == town.staff
    assert "amount: not that" in alarm.context["lines"][0]
    assert books.check_books() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/earnings/account/"),
        ("post", "/earnings/account/page/"),
        ("get", "/earnings/account/page/"),
        ("get", "/earnings/account/told/"),
    ],
)
@pytest.mark.usefixtures("refusing")
def test_a_creator_is_led_back(method: str, path: str, town: World, as_creator: StrictClient) -> None:
    """Their account stays as it was known, or unopened where it was to be opened."""
    account = PayoutAccount.objects.get(creator=town.creator)
    if path.endswith("/account/"):
        account.delete()
    answer = getattr(as_creator, method)(path, {"country": "FR"}, follow=True)

    assert answer.redirect_chain == [("/earnings/", 302)]
    assert world.messages(answer) == [REFUSED]
    assert not PayoutAccount.objects.filter(creator=town.creator).exclude(pk=account.pk).exists()


@pytest.mark.django_db
def test_what_stripe_refused_can_be_gone_on_with(
    stripe: FakeStripe, fan: User, client: StrictClient, settings: Settings
) -> None:
    """With a wrong key the promise is kept and the payment stays open; with a good one it leads to Stripe."""
    key, settings.STRIPE_KEY = stripe.key, "sk_test_wrong"
    refused = client.post("/subscription/", world.once(budget_cents="5", term_months="3"), follow=True)
    assert world.messages(refused) == [REFUSED]
    assert fan.subscriptions.get().term_months == 3
    settings.STRIPE_KEY = key
    deposit = Deposit.objects.get(fan=fan)
    page = client.get(reverse("payouts:deposit", args=[deposit.pk]))
    assert "You haven't paid yet." in world.text(page)
    resumed = client.post(reverse("payouts:resume_deposit", args=[deposit.pk]))

    assert (deposit.state, deposit.amount_cents) == (Deposit.State.PENDING, 1500)
    assert resumed.headers["Location"].startswith(stripe.url)
    assert_books_are_stripes()
