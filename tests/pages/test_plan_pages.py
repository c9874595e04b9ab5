"""The budget's page in words: what counts until when, how long the balance lasts, and when the next charge is."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from flattr.period import Period
from payouts.models import Deposit
from payouts.queries import balances
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

NOVEMBER = Period(2026, 11)
PATH = "/subscription/"


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


def shown(client: StrictClient) -> tuple[str, list[str]]:
    """Return the sentence that the page begins with, and its three figures."""
    page = world.document(client.get(PATH))
    sentence = " ".join(page.query(".plan .lead")[0].to_text(separator=" ").split())
    figures = [" ".join(each.to_text(separator=" ").split()) for each in page.query("main .facts dd")]
    return sentence, figures


def change(client: StrictClient, state: str) -> None:
    """Press one of the buttons that stop or go on."""
    client.post(reverse("payouts:change_state"), {"state": state})


def test_a_budget_that_stays_says_how_long_it_is_paid_for(subscriber: User, client: StrictClient) -> None:
    """8 EUR are one month of 5; December is charged five days before it begins."""
    assert shown(client) == (
        "Your budget is €5.00 a month.",
        ["€8.00", "November 2026", "Nov. 26, 2026 · €5.00"],
    )
    given.deposit(subscriber, amount_cents=1200, now=world.NOW)
    assert shown(client)[1] == ["€20.00", "February 2027", "Feb. 24, 2027 · €5.00"]


def test_a_debit_is_announced_ten_days_before(subscriber: User, client: StrictClient) -> None:
    """As it is made then; what it is made by stands beside it."""
    given.saved_method(subscriber, kind="sepa_debit")
    page = world.text(client.get(PATH))

    assert "On Nov. 21, 2026 we charge €5.00 by Sandbox •••• 4242." in page
    assert "try again after 3 and after 7 days" in page


def test_who_has_saved_nothing_is_told_to_pay_in(subscriber: User, client: StrictClient) -> None:
    """Nothing could be charged then."""
    del subscriber
    assert "Pay in before Dec. 1, 2026" in world.text(client.get(PATH))


def test_a_new_budget_stands_beside_the_old_one(subscriber: User, client: StrictClient) -> None:
    """Each with its day; the balance is counted by both, and three months are charged at once."""
    given.deposit(subscriber, amount_cents=800, now=world.NOW)
    client.post(PATH, world.once(budget_cents="8", term_months="3"))

    assert shown(client) == (
        "Your budget is €5.00 until Nov. 30, 2026. From Dec. 1, 2026 on it is €8.00, paid every 3 months.",
        ["€16.00", "December 2026", "Dec. 27, 2026 · €24.00"],
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("paused", "From Dec. 1, 2026 on it rests: nothing is cut and nothing is charged until you resume."),
        ("cancelled", "From Dec. 1, 2026 on it has ended: nothing is cut and nothing is charged any more."),
    ],
)
def test_a_stop_is_one_press_and_says_its_day(
    state: str, words: str, subscriber: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """No charge is to come, the balance stays and can be paid back; resuming before that day leaves no month out."""
    change(client, state)
    sentence, figures = shown(client)
    page = world.document(client.get(PATH))

    assert sentence == f"Your budget is €5.00 until Nov. 30, 2026. {words}"
    assert figures == ["€8.00", "you use it", "none"]
    assert page.query('a[href="#refund"]')
    assert page.query("section #refund")
    assert "no month is left out" in world.text(client.get(PATH))
    assert balances.fan_balance_micros(fan=subscriber) == 8_000_000
    change(client, "active")
    assert shown(client)[0].startswith("Your budget is €5.00 until Nov. 30, 2026. From Dec. 1, 2026 on it is €5.00")
    change(client, state)
    clock.move_to(datetime(2026, 12, 5, tzinfo=UTC))
    client.force_login(subscriber)
    assert (
        shown(client)[0]
        == {
            "paused": "Your budget rests since Dec. 1, 2026. Nothing is cut and nothing is charged until you resume.",
            "cancelled": "Your budget has ended on Dec. 1, 2026. Nothing is cut and nothing is charged.",
        }[state]
    )
    assert "It counts for this month already, with €5.00" in world.text(client.get(PATH))


def test_a_budget_that_rests_can_still_be_cancelled(
    subscriber: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """There is no cake to wait for."""
    change(client, "paused")
    clock.move_to(datetime(2026, 12, 5, tzinfo=UTC))
    client.force_login(subscriber)

    assert "One press is enough. Nothing is charged any more." in world.text(client.get(PATH))
    change(client, "cancelled")
    assert subscriber.subscriptions.latest("id").state == "cancelled"


def test_a_month_that_isnt_covered_says_what_is_due(fan: User, client: StrictClient) -> None:
    """And that clicks are kept."""
    given.subscription(fan, budget_cents=500, period=NOVEMBER)
    given.deposit(fan, amount_cents=300, now=world.NOW)

    assert shown(client)[1] == ["€3.00", "too short for this month", "due now · €5.00"]
    assert "Your balance doesn’t cover November 2026. Until €5.00 are paid" in world.text(client.get(PATH))


def test_a_promise_for_later_alone_counts_nothing_yet(fan: User, client: StrictClient) -> None:
    """As an import may leave one."""
    given.subscription(fan, budget_cents=500, period=NOVEMBER.next)

    assert shown(client) == ("No budget counts yet.", ["€0.00", "November 2026", "Nov. 26, 2026 · €5.00"])


def test_what_was_said_is_listed(subscriber: User, client: StrictClient) -> None:
    """Each with its day, its first month, its sum and its state, newest first."""
    client.post(PATH, world.once(budget_cents="8", term_months="3"))
    change(client, "paused")
    rows = [
        [" ".join(cell.to_text().split()) for cell in row.query("td")]
        for row in world.document(client.get(PATH)).query("#history tbody tr")
    ]

    assert rows == [
        ["Nov 15, 2026", "December 2026", "€8.00", "3 months", "paused"],
        ["Nov 15, 2026", "December 2026", "€8.00", "3 months", "active"],
        ["Oct 1, 2026", "October 2026", "€5.00", "1 month", "active"],
    ]
    assert subscriber.subscriptions.count() == 3


def test_the_page_asks_for_little(
    subscriber: User, client: StrictClient, django_assert_max_num_queries: world.QueryCounter
) -> None:
    """At most twelve queries, with payments, refunds and a change that is to come."""
    given.saved_method(subscriber)
    given.click(subscriber, given.button(), now=world.NOW)
    given.refund(subscriber, amount_cents=100, now=world.NOW)
    change(client, "paused")
    assert Deposit.objects.exists()
    with django_assert_max_num_queries(12):
        client.get(PATH)


@pytest.mark.parametrize("state", ["", "paused", "cancelled"])
def test_the_page_speaks_french(state: str, subscriber: User, client: StrictClient) -> None:
    """With the dates as French writes them."""
    subscriber.language = "fr"
    subscriber.save()
    client.cookies["django_language"] = "fr"
    if state:
        change(client, state)
    sentence, _figures = shown(client)

    assert sentence.startswith(
        "Votre budget est de 5,00 € jusqu’au 30 novembre 2026." if state else "Votre budget est de 5,00 € par mois."
    )
