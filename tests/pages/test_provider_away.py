"""The provider doesn't answer: a creator's pages say so and lose nothing."""

import pytest
from django.urls import reverse
from pytest_django import Settings

from payouts.gateway.sandbox.gateway import SandboxGateway
from payouts.gateway.sandbox.models import SandboxAccount
from payouts.models import Payout, PayoutAccount
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

AWAY = "Our payment provider doesn't answer. Please try again in a few minutes."


@pytest.mark.parametrize(("method", "path"), [("post", "page/"), ("get", "page/"), ("get", "told/")])
def test_the_account_waits_for_the_provider(
    method: str, path: str, as_creator: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The creator is led back with a word of why."""
    for name in ("account_page", "account_state"):
        monkeypatch.setattr(SandboxGateway, name, given.away)
    answer = getattr(as_creator, method)(f"/earnings/account/{path}", follow=True)

    assert answer.redirect_chain == [("/earnings/", 302)]
    assert world.messages(answer) == [AWAY]


def test_no_account_is_kept_that_was_not_opened(
    town: World, as_creator: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Choosing the country again opens it."""
    PayoutAccount.objects.all().delete()
    SandboxAccount.objects.all().delete()
    with monkeypatch.context() as away:
        away.setattr(SandboxGateway, "open_account", given.away)
        refused = as_creator.post("/earnings/account/", {"country": "FR"}, follow=True)
    assert world.messages(refused) == [AWAY]
    assert not PayoutAccount.objects.exists()
    opened = as_creator.post("/earnings/account/", {"country": "FR"})

    assert opened.headers["Location"] == "/sandbox/onboard/"
    assert PayoutAccount.objects.get().creator == town.creator


def test_the_review_says_that_it_takes_two(town: World, client: StrictClient, settings: Settings) -> None:
    """Before the first approval and after it, with the name of who gave it."""
    settings.SECOND_REVIEW_CENTS = 0
    client.force_login(town.staff)
    path = f"/admin/payouts/payout/{town.payout.pk}/review/"
    before = client.get(path).content.decode()
    done = client.post(path, {"decision": "approve"}, follow=True).content.decode()
    after = client.get(path).content.decode()
    again = client.post(path, {"decision": "approve"}).content.decode()

    assert "It is so large that two people have to approve it." in before
    assert "Approved by you. A second person has to approve it, too." in done
    assert "Staff has approved it. A second person has to, too." in after
    assert "You have approved it before; a second person has to." in again
    assert Payout.objects.get().state == Payout.State.REQUESTED


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("payouts:new_deposit", {"amount_cents": "5"}),
        ("payouts:payment_method", {}),
        ("payouts:remove_payment_method", {}),
    ],
)
def test_a_fans_pages_wait_for_the_provider(
    name: str, form: dict[str, str], as_fan: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fan is led back with a word of why, and what was promised is kept."""
    for method in ("open_customer", "open_pay_page", "open_method_page", "remove_methods"):
        monkeypatch.setattr(SandboxGateway, method, given.away)
    answer = as_fan.post(reverse(name), world.once(**form), follow=True)

    assert answer.status_code == 200
    assert AWAY in world.messages(answer)


def test_a_payments_page_looks_again_while_the_provider_is_away(
    town: World, as_fan: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told that a payment failed of which nobody knows."""
    monkeypatch.setattr(SandboxGateway, "deposit_outcome", given.away)
    page = as_fan.get(reverse("payouts:deposit", args=[town.deposit.pk]))

    assert "We are waiting for the payment provider." in world.text(page)
    assert world.document(page).query("[data-waiting]")
