"""The pretended provider's pay page: pay, refuse, or be asked by the bank, once."""

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from payouts.gateway.sandbox.models import SandboxPayment
from payouts.queries import balances, books
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

BEFORE = 30_000_000


@pytest.fixture
def pay_page(town: World) -> str:
    """Return the address where the fan's deposit of 7 EUR waits."""
    return reverse("sandbox:pay", args=[town.deposit.pk])


@pytest.fixture
def back(town: World) -> str:
    """Return the address of the deposit's own page."""
    return reverse("payouts:deposit", args=[town.deposit.pk])


def test_a_payment_arrives_a_moment_later(
    town: World, as_fan: StrictClient, pay_page: str, back: str, clock: time_machine.Traveller
) -> None:
    """Right after paying the provider doesn't know yet; then the balance has the whole sum."""
    assert "€7.00" in world.text(as_fan.get(pay_page))
    paid = as_fan.post(pay_page, {"choice": "succeed"})
    as_fan.get(back)

    assert paid.headers["Location"] == f"{settings.APP_URL}{back}"
    assert balances.fan_balance_micros(fan=town.fan) == BEFORE
    clock.shift(3)
    for _ in range(2):
        assert "It has arrived and is in your balance." in world.text(as_fan.get(back))
    assert balances.fan_balance_micros(fan=town.fan) == BEFORE + 7_000_000
    assert books.check_books() == []


def test_a_declined_payment_moves_nothing(
    town: World, as_fan: StrictClient, pay_page: str, back: str, clock: time_machine.Traveller
) -> None:
    """The fan is told why and may try again."""
    as_fan.post(pay_page, {"choice": "decline"})
    clock.shift(3)

    assert "Declined. The card was declined." in world.text(as_fan.get(back))
    assert balances.fan_balance_micros(fan=town.fan) == BEFORE


def test_a_challenged_payment_asks_the_fan(
    town: World, as_fan: StrictClient, pay_page: str, back: str, clock: time_machine.Traveller
) -> None:
    """The bank's question stands on the same page; saying yes pays."""
    asked = as_fan.post(pay_page, {"choice": "challenge"})

    assert "Your bank asks: did you start this payment?" in world.text(asked)
    choices = [each.attrs["value"] for each in world.document(as_fan.get(pay_page)).query('button[name="choice"]')]
    assert choices == ["succeed", "decline"]
    as_fan.post(pay_page, {"choice": "succeed"})
    clock.shift(3)
    as_fan.get(back)

    assert balances.fan_balance_micros(fan=town.fan) == BEFORE + 7_000_000


def test_a_decided_payment_stays_decided(as_fan: StrictClient, pay_page: str, back: str) -> None:
    """Whoever goes back in the browser and chooses otherwise is led on, and nothing changes."""
    as_fan.post(pay_page, {"choice": "decline"})
    decided = SandboxPayment.objects.get(pk=pay_page.split("/")[-2])
    answers = [as_fan.post(pay_page, {"choice": choice}) for choice in ("succeed", "challenge")] + [
        as_fan.get(pay_page)
    ]

    assert {answer.headers["Location"] for answer in answers} == {f"{settings.APP_URL}{back}"}
    assert world.is_unchanged(decided)


@pytest.mark.parametrize("choice", ["", "free", "SUCCEED", "\x00"])
def test_an_unknown_choice_is_asked_again(choice: str, as_fan: StrictClient, pay_page: str) -> None:
    """The page stays where it is."""
    response = as_fan.post(pay_page, {"choice": choice})

    assert response.status_code == 200
    assert SandboxPayment.objects.get(pk=pay_page.split("/")[-2]).state == SandboxPayment.State.OPEN


def test_every_page_says_that_no_real_money_moves(as_fan: StrictClient, pay_page: str) -> None:
    """The banner stands above the pay page, the landing page, the forms and the pages that aren't there."""
    for path in (pay_page, "/", "/cake/", "/accounts/email/", "/nowhere/"):
        banner = world.document(as_fan.get(path)).query("p.sandbox")

        assert [each.to_text() for each in banner] == ["Sandbox: no real money moves here."], path
