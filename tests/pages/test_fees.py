"""The budget's page tells what the payment provider keeps, who bears it, and when to pay for three months at once."""

from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from accounts.models import User
from flattr.period import Period
from payouts.models import Deposit
from payouts.queries import balances
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

PATH = "/subscription/"
NOVEMBER = Period(2026, 11)


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


def rows(page: Any) -> list[list[str]]:
    """Return the table's rows of figures."""
    found = world.document(page).query("table[data-fees] tbody tr")
    return [[" ".join(cell.to_text().split()) for cell in row.query("th, td")] for row in found]


def term(page: Any) -> str:
    """Return the term that is selected."""
    (option,) = world.document(page).query("select[name=term_months] option[selected]")
    return str(option.attrs["value"])


@pytest.mark.usefixtures("fan")
def test_the_figures_are_there_before_anything_is_chosen(client: StrictClient) -> None:
    """For the usual budget and for others, by both terms; nothing is paid on top."""
    page = client.get(PATH)

    assert rows(page) == [
        ["€5.00", "€0.33 of €5.00", "€0.48 of €15.00"],
        ["€2.00", "€0.28 of €2.00", "€0.34 of €6.00"],
        ["€10.00", "€0.40 of €10.00", "€0.70 of €30.00"],
    ]
    assert term(page) == "1"
    assert "You pay nothing on top, and your whole budget is cut." in world.text(page)
    assert "our fee of 10 % of what you give has to cover" in world.text(page)
    assert "For less than €2.95 a month we suggest to pay every 3 months" in world.text(page)


@pytest.mark.usefixtures("fan")
def test_three_months_are_selected_where_a_month_would_cost_more_than_our_fee(
    client: StrictClient, settings: Settings
) -> None:
    """With a fee of 5 %, 5 EUR are such a budget; who has chosen by themselves keeps what they chose."""
    settings.PLATFORM_FEE_BASIS_POINTS = 500
    first = client.get(PATH)
    client.post(PATH, world.once(budget_cents="5", term_months="1"))
    later = client.get(PATH)

    assert "For less than €7.15 a month" in world.text(first)
    assert (term(first), term(later)) == ("3", "1")


@pytest.mark.parametrize(
    ("budget", "term_months", "shown"),
    [
        ("2", "2", ["€2.00", "€0.28 of €2.00", "€0.34 of €6.00"]),
        ("1.99", "1", ["€5.00", "€0.33 of €5.00", "€0.48 of €15.00"]),
        ("much", "3", ["€5.00", "€0.33 of €5.00", "€0.48 of €15.00"]),
    ],
)
@pytest.mark.usefixtures("fan")
def test_a_form_that_comes_back_has_the_figures_of_what_was_sent(
    budget: str, term_months: str, shown: list[str], client: StrictClient
) -> None:
    """Where that is no budget, those of the usual one."""
    page = client.post(PATH, world.once(budget_cents=budget, term_months=term_months))

    assert rows(page)[0] == shown
    assert not Deposit.objects.exists()


def test_who_pays_by_debit_sees_what_a_debit_costs(subscriber: User, client: StrictClient) -> None:
    """The same for each payment, whatever its amount."""
    given.saved_method(subscriber, kind="sepa_debit")
    page = client.get(PATH)

    assert rows(page)[0] == ["€5.00", "€0.35 of €5.00", "€0.35 of €15.00"]
    assert "For less than €3.50 a month" in world.text(page)


def test_the_sandbox_keeps_what_the_page_says(fan: User, client: StrictClient, clock: time_machine.Traveller) -> None:
    """2 EUR for 3 months are 6 EUR at once, all of them the fan's to give, and the platform bears 34 cents."""
    pay_page = client.post(PATH, world.once(budget_cents="2", term_months="3")).headers["Location"]
    client.post(pay_page, {"choice": "succeed"})
    clock.shift(3)
    deposit = fan.deposits.get()
    client.get(f"/deposits/{deposit.pk}/")
    deposit.refresh_from_db()

    assert (deposit.amount_cents, deposit.processor_fee_cents) == (600, 34)
    assert balances.fan_balance_micros(fan=fan) == 6_000_000
    for month in (NOVEMBER, NOVEMBER.shift(1), NOVEMBER.shift(2)):
        assert balances.charge_cents(fan=fan, period=month) == 0


def test_another_term_counts_from_the_next_month_on(subscriber: User, client: StrictClient) -> None:
    """Nothing is charged now, and the next charge is for three months."""
    given.click(subscriber, given.button(), now=world.NOW)
    assert balances.charge_cents(fan=subscriber, period=NOVEMBER.next) == 500
    client.post(PATH, world.once(budget_cents="5", term_months="3"))

    assert balances.charge_cents(fan=subscriber, period=NOVEMBER) == 0
    assert balances.charge_cents(fan=subscriber, period=NOVEMBER.next) == 1500
    assert Deposit.objects.count() == 1
