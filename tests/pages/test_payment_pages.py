"""Payments: their pages tell how far they are and lead on; what is charged is saved, shown and forgotten."""

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from flattr.period import Period
from payouts.gateway import Outcome, Result
from payouts.gateway.sandbox.gateway import SandboxGateway
from payouts.models import Deposit
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

NOVEMBER = Period(2026, 11)
PATH = "/subscription/"


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


@pytest.mark.parametrize("amount", ["", "1.99", "1500.01", "5 USD", "1.234"])
def test_a_wrong_deposit_is_refused(amount: str, subscriber: User, client: StrictClient) -> None:
    """The page says what is wrong, and no payment is begun."""
    response = client.post(reverse("payouts:new_deposit"), world.once(amount_cents=amount), follow=True)

    assert len(world.messages(response)) == 1
    assert subscriber.deposits.count() == 1


def test_a_fan_pays_in(subscriber: User, client: StrictClient) -> None:
    """Any amount between 2 EUR and three months of the largest budget."""
    response = client.post(reverse("payouts:new_deposit"), world.once(amount_cents="1500"))
    deposit = Deposit.objects.get(amount_cents=150_000)

    assert response.headers["Location"] == reverse("sandbox:pay", args=[deposit.pk])
    assert deposit.fan == subscriber


@pytest.mark.parametrize(
    ("state", "reason", "words", "link"),
    [
        ("pending", "", "We are waiting for the payment provider.", None),
        ("succeeded", "", "It has arrived and is in your balance.", "/cake/"),
        ("declined", "card_declined", "Declined. The card was declined.", "/subscription/"),
        ("expired", "", "Nobody paid it in time, so it is closed.", "/subscription/"),
        ("review", "amount: 600, not 500", "Our staff look at it; you need not do anything.", None),
    ],
)
def test_a_payments_page_tells_how_far_it_is(  # noqa: PLR0917  The fixtures are what is arranged.
    state: str, reason: str, words: str, link: str | None, fan: User, client: StrictClient
) -> None:
    """It looks again by itself only while there is something to wait for, and then offers the way on."""
    deposit = world.pay_page_opened(fan, amount_cents=500)
    client.post(reverse("sandbox:pay", args=[deposit.pk]), {"choice": "succeed"})
    Deposit.objects.filter(pk=deposit.pk).update(state=state, reason=reason, processor_fee_cents=0)
    page = client.get(reverse("payouts:deposit", args=[deposit.pk]))
    document = world.document(page)

    assert words in world.text(page)
    assert len(document.query("[data-waiting]")) == (state == "pending")
    assert [each.attrs["href"] for each in document.query("main a.button")] == ([link] if link else [])


def test_a_payment_that_failed_is_tried_again_on_the_same_way(fan: User, client: StrictClient) -> None:
    """Who paid for a click that waits, and was declined, comes back to that click after the second try."""
    deposit = world.pay_page_opened(fan, amount_cents=500)
    Deposit.objects.filter(pk=deposit.pk).update(state="declined", reason="card_declined")
    page = client.get(reverse("payouts:deposit", args=[deposit.pk]), {"next": "/b/abc/click/?resume=x&y=1"})
    (again,) = (each.attrs["href"] for each in world.document(page).query("main a.button"))

    assert again == "/subscription/?next=%2Fb%2Fabc%2Fclick%2F%3Fresume%3Dx%26y%3D1"
    assert "/b/abc/click/?resume=x&amp;y=1" in client.get(again).content.decode()


def gone_on(client: StrictClient, document: Any) -> str:
    """Press the page's only button and return where it leads."""
    (form,) = document.query("main form")
    return client.post(form.attrs["action"]).headers["Location"]


def test_who_comes_back_to_a_payment_goes_on_where_they_wanted_to(fan: User, client: StrictClient) -> None:
    """The way on survives the second way to the provider's page."""
    deposit = world.pay_page_opened(fan, amount_cents=500)
    page = client.get(reverse("payouts:deposit", args=[deposit.pk]), {"next": "/creator/"})
    (form,) = world.document(page).query("main form")

    assert form.attrs["action"].endswith("/pay/?next=%2Fcreator%2F")


@pytest.mark.parametrize("name", ["payouts:deposit", "payouts:resume_deposit"])
def test_a_return_address_that_another_fan_opens_is_nobodys(name: str, fan: User, client: StrictClient) -> None:
    """A return address that another fan opens shows and does nothing."""
    del fan
    theirs = world.pay_page_opened(given.user(), amount_cents=500)
    address = reverse(name, args=[theirs.pk])

    assert (client.post if name.endswith("resume_deposit") else client.get)(address).status_code == 404


def test_a_debit_on_its_way_says_so(fan: User, client: StrictClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits at a page for what takes the bank days."""
    deposit = world.pay_page_opened(fan, amount_cents=500)
    outcome = Outcome(result=Result.PROCESSING)
    monkeypatch.setattr(SandboxGateway, "deposit_outcome", lambda *_, **__: outcome)
    page = client.get(reverse("payouts:deposit", args=[deposit.pk]))

    assert "Your bank is sending the money" in world.text(page)
    assert not world.document(page).query("[data-waiting]")
    deposit.refresh_from_db()
    assert deposit.state == Deposit.State.PROCESSING


def test_a_card_is_saved_shown_and_removed(
    subscriber: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Without paying anything: the page names what is charged, and forgets it when asked to."""
    pay_page = client.post(reverse("payouts:payment_method")).headers["Location"]
    client.post(pay_page, {"choice": "succeed"})
    clock.shift(3)
    back = client.get(reverse("payouts:payment_method"), follow=True)

    assert "Sandbox •••• 4242" in world.text(back)
    assert subscriber.payment_method.method == "sandbox-card"
    removed = client.post(reverse("payouts:remove_payment_method"), follow=True)
    assert "Nothing is saved yet" in world.text(removed)
    assert subscriber.deposits.count() == 1


def test_a_page_of_a_payment_that_was_left_leads_back_to_it(fan: User, client: StrictClient) -> None:
    """Who came back without paying can go on with it, and the page doesn't wait for what can't come by itself."""
    deposit = world.pay_page_opened(fan, amount_cents=500)
    page = client.get(reverse("payouts:deposit", args=[deposit.pk]))
    document = world.document(page)

    assert "You haven't paid yet." in world.text(page)
    assert gone_on(client, document) == reverse("sandbox:pay", args=[deposit.pk])
    assert not document.query("[data-waiting]")


def test_a_page_of_a_payment_to_confirm_leads_to_the_bank(fan: User, client: StrictClient) -> None:
    """It doesn't reload while the fan has to do something."""
    deposit = world.pay_page_opened(fan, amount_cents=500)
    pay_page = reverse("sandbox:pay", args=[deposit.pk])
    client.post(pay_page, {"choice": "challenge"})
    page = client.get(reverse("payouts:deposit", args=[deposit.pk]))
    document = world.document(page)

    assert "Your bank wants you to confirm this payment." in world.text(page)
    assert gone_on(client, document) == pay_page
    assert not document.query("[data-waiting]")


def test_a_page_of_a_payment_that_was_confirmed_waits(
    fan: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Once the fan has answered the bank there is nothing left to confirm, until the provider knows the end."""
    deposit = world.pay_page_opened(fan, amount_cents=500)
    page, pay_page = (reverse(name, args=[deposit.pk]) for name in ("payouts:deposit", "sandbox:pay"))
    client.post(pay_page, {"choice": "challenge"})
    client.get(page)
    client.post(pay_page, {"choice": "succeed"})
    waiting = client.get(page)
    document = world.document(waiting)

    assert "We are waiting for the payment provider." in world.text(waiting)
    assert document.query("[data-waiting]")
    assert not document.query("main a.button")
    clock.shift(3)
    assert "It has arrived and is in your balance." in world.text(client.get(page))
