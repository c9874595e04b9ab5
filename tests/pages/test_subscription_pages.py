"""The budget: set, changed, paused; paid where the balance doesn't cover it, refused in words where it's wrong."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from accounts.models import User
from flattr.period import Period
from payouts.models import Deposit, Refund
from payouts.queries import balances, books
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

NOVEMBER = Period(2026, 11)
PATH = "/subscription/"


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


def send(client: StrictClient, *, budget: str, term: str = "1", **more: str) -> Any:
    """Send the budget form."""
    return client.post(PATH, {"budget_cents": budget, "term_months": term, "row_id": world.new_id(), **more})


def promises(fan: User) -> list[tuple[int, str, str]]:
    """Return all that the fan promised, oldest first: cents, state, from when."""
    rows = fan.subscriptions.order_by("id")
    return [(row.budget_cents, str(row.state), str(row.effective_from)) for row in rows]


@pytest.mark.parametrize(
    ("budget", "complaint"),
    [
        ("1.99", "Please choose between €2.00 and €500.00."),
        ("0", "Please choose between €2.00 and €500.00."),
        ("500.01", "Please choose between €2.00 and €500.00."),
        ("999999999", "Please choose between €2.00 and €500.00."),
        ("much", "“much” is not an amount such as 5 or 5.50."),
        ("-5", "“-5” is not an amount such as 5 or 5.50."),
        ("5e2", "“5e2” is not an amount such as 5 or 5.50."),
        ("½", "“½” is not an amount such as 5 or 5.50."),
        ("1.234", "“1.234” is not an amount such as 5 or 5.50."),
        ("1,000.00", "“1,000.00” is not an amount such as 5 or 5.50."),
        ("<b>5</b>", "“<b>5</b>” is not an amount such as 5 or 5.50."),
        ("5 USD", "Please give the amount in euros."),
        ("$5", "Please give the amount in euros."),
        ("", "This field is required."),
    ],
)
def test_a_wrong_budget_is_refused_at_its_field(
    budget: str, complaint: str, subscriber: User, client: StrictClient
) -> None:
    """The complaint is tied to the field, the person's text stays in it, and nothing is changed."""
    before = promises(subscriber)
    page = world.document(send(client, budget=budget))
    (field,) = page.query('input[name="budget_cents"]')
    (error,) = page.query(f"#{field.attrs['aria-describedby'].split()[-1]}")

    assert " ".join(error.to_text().split()) == complaint
    assert field.attrs["aria-invalid"] == "true"
    assert promises(subscriber) == before
    assert Deposit.objects.count() == 1


@pytest.mark.parametrize("term", ["", "2", "12", "x"])
def test_an_unknown_term_is_refused_at_its_field(term: str, fan: User, client: StrictClient) -> None:
    """One or three months, nothing else."""
    page = world.document(send(client, budget="5", term=term))

    assert page.query('select[name="term_months"]')[0].attrs["aria-invalid"] == "true"
    assert promises(fan) == []


@pytest.mark.parametrize(
    ("budget", "months", "cents"),
    [("2", 1, 200), ("€ 5,50", 1, 550), ("500", 1, 50_000), ("5.00 EUR", 3, 500), ("500", 3, 50_000)],
)
def test_a_first_budget_leads_to_the_pay_page(
    budget: str, months: int, cents: int, fan: User, client: StrictClient
) -> None:
    """It counts from this month on, and one charge pays for the whole term."""
    response = send(client, budget=budget, term=str(months))
    deposit = Deposit.objects.get()

    assert response.headers["Location"] == reverse("sandbox:pay", args=[deposit.pk])
    assert (deposit.amount_cents, deposit.fan) == (cents * months, fan)
    assert promises(fan) == [(cents, "active", "2026-11")]


def test_a_first_budget_that_is_sent_twice_leads_to_the_payment_twice(fan: User, client: StrictClient) -> None:
    """Who presses the button again is not told that it counts from the next month, and finds the payment."""
    form = world.once(budget_cents="5", term_months="1")
    answers = [client.post(PATH, form).headers["Location"] for _ in range(2)]
    answers.append(send(client, budget="5").headers["Location"])

    assert all(answer.startswith("/sandbox/pay/") for answer in answers)
    assert len(set(answers)) == Deposit.objects.count() == 2
    assert promises(fan) == [(500, "active", "2026-11")]


def test_a_change_leads_to_the_payment_of_this_month_where_that_is_missing(fan: User, client: StrictClient) -> None:
    """The new budget counts from the next month on; this month's costs what was promised for it."""
    given.subscription(fan, budget_cents=500, period=NOVEMBER)
    response = client.post(PATH, world.once(budget_cents="20", term_months="1"), follow=True)

    assert Deposit.objects.get().amount_cents == 500
    assert response.request["PATH_INFO"].startswith("/sandbox/pay/")
    assert world.messages(response) == ["Saved. It counts from December 2026 on."]


def test_a_pause_that_is_taken_back_by_the_form_charges_nothing(subscriber: User, client: StrictClient) -> None:
    """The balance covers the month, so the fan goes on at once."""
    client.post(reverse("payouts:change_state"), {"state": "paused"})
    response = client.post(PATH, world.once(budget_cents="5", term_months="1"), follow=True)

    assert world.messages(response)[-1] == "Saved. It counts from December 2026 on."
    assert promises(subscriber)[-1] == (500, "active", "2026-12")


def test_nothing_is_charged_where_the_balance_covers_the_month(fan: User, client: StrictClient) -> None:
    """The fan goes to the cake at once."""
    given.deposit(fan, amount_cents=500, now=NOVEMBER.start)
    response = client.post(PATH, world.once(budget_cents="5", term_months="1"), follow=True)

    assert response.redirect_chain == [("/cake/", 302)]
    assert world.messages(response) == ["Your budget is set, and your balance covers it."]
    assert Deposit.objects.count() == 1


def test_a_cent_too_little_is_charged(fan: User, client: StrictClient) -> None:
    """A balance that doesn't cover the month leads to the pay page."""
    given.deposit(fan, amount_cents=500, now=NOVEMBER.start)

    assert send(client, budget="5.01").headers["Location"].startswith("/sandbox/pay/")


def test_a_change_counts_from_the_next_month_on(subscriber: User, client: StrictClient) -> None:
    """This month's cake stays as it was shown, and nothing is charged now."""
    response = client.post(PATH, world.once(budget_cents="20", term_months="1"), follow=True)

    assert world.messages(response) == ["Saved. It counts from December 2026 on."]
    assert promises(subscriber) == [(500, "active", "2026-10"), (2000, "active", "2026-12")]
    assert Deposit.objects.count() == 1
    assert "€5.00" in world.text(client.get(reverse("payouts:cake")))
    assert "From Dec. 1, 2026 on it is €20.00, paid every month." in world.text(client.get(PATH))


@pytest.mark.parametrize(
    ("state", "told", "button"),
    [
        ("paused", "Your subscription is paused from December 2026 on.", "Resume"),
        ("cancelled", "Your subscription is cancelled from December 2026 on.", "Resume"),
    ],
)
def test_a_subscription_is_stopped_from_the_next_month_on(
    state: str, told: str, button: str, subscriber: User, client: StrictClient
) -> None:
    """And taken up again by one press."""
    change = reverse("payouts:change_state")
    stopped = client.post(change, {"state": state}, follow=True)
    resumed = client.post(change, {"state": "active"}, follow=True)

    assert world.messages(stopped) == [told]
    assert button in world.text(stopped)
    assert world.messages(resumed) == ["Your subscription is active from December 2026 on."]
    assert promises(subscriber)[-2:] == [(500, state, "2026-12"), (500, "active", "2026-12")]


def test_a_paused_fan_resumes_for_this_month(
    subscriber: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Once the pause is in force, taking up again counts at once."""
    client.post(reverse("payouts:change_state"), {"state": "paused"})
    clock.move_to(NOVEMBER.next.start)
    client.force_login(subscriber)
    resumed = client.post(reverse("payouts:change_state"), {"state": "active"}, follow=True)

    assert world.messages(resumed)[-1] == "Your subscription is active from December 2026 on."
    assert promises(subscriber)[-1] == (500, "active", "2026-12")


@pytest.mark.parametrize("state", ["active", "", "broken", "\x00"])
def test_a_change_of_nothing_is_refused(state: str, subscriber: User, client: StrictClient) -> None:
    """A state that is there already, or that is none, changes nothing and says so."""
    response = client.post(reverse("payouts:change_state"), {"state": state}, follow=True)

    assert world.messages(response) == ["There is nothing to change."]
    assert len(promises(subscriber)) == 1


def test_who_promised_nothing_can_stop_nothing(fan: User, client: StrictClient) -> None:
    """The refusal is in words."""
    response = client.post(reverse("payouts:change_state"), {"state": "paused"}, follow=True)

    assert world.messages(response) == ["There is nothing to change."]
    assert promises(fan) == []


def test_a_promise_keeps_what_was_agreed_to(fan: User, client: StrictClient) -> None:
    """Word by word, with its time and version; the same promise again is no other consent."""
    for budget in ("5", "5", "6"):
        send(client, budget=budget)

    kept = list(fan.consents.order_by("id").values_list("version", "given_at", "text"))
    assert [(version, given_at) for version, given_at, _text in kept] == [("2026-11", world.NOW)] * 2
    assert [("€5.00" in text, "€6.00" in text) for _version, _given_at, text in kept] == [
        (True, False),
        (False, True),
    ]


def test_a_month_past_due_is_told_on_the_page(subscriber: User, client: StrictClient) -> None:
    """Who must do something sees it where they can, whatever the first page of their payments shows."""
    Deposit.objects.create(
        fan=subscriber,
        amount_cents=500,
        for_period=NOVEMBER,
        state=Deposit.State.DECLINED,
        reason="lost_or_stolen",
        started_at=world.NOW,
    )

    for days in range(1, 13):
        given.opened_deposit(subscriber, amount_cents=500, now=world.NOW + timedelta(days=days))

    assert "We couldn't charge you for this month" in world.text(client.get(PATH))


def test_a_month_that_is_tried_again_says_when(subscriber: User, client: StrictClient) -> None:
    """Three days after the first decline, and that one needn't wait for it."""
    Deposit.objects.create(
        fan=subscriber,
        amount_cents=500,
        for_period=NOVEMBER,
        state=Deposit.State.DECLINED,
        reason="insufficient_funds",
        started_at=world.NOW,
    )

    assert "We couldn't charge you for this month, and try again on Nov. 18, 2026." in world.text(client.get(PATH))


def test_words_that_are_for_staff_are_not_the_fans(subscriber: User, client: StrictClient) -> None:
    """What differs at the provider is told to those who look at it."""
    deposit = subscriber.deposits.get()
    words = "amount: 600, not 500"
    Deposit.objects.create(fan=subscriber, amount_cents=500, state="review", reason=words, started_at=world.NOW)
    Refund.objects.create(
        fan=subscriber, deposit=deposit, amount_cents=100, state="requested", reason=words, requested_at=world.NOW
    )
    page = world.text(client.get(PATH))

    assert "being looked at" in page
    assert words not in page


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("8.01", "That is more than your unused balance."),
        ("1000000", "That is more than your unused balance."),
        ("0", "Please choose between €0.01 and €1,000,000.00."),
        ("-1", "“-1” is not an amount such as 5 or 5.50."),
        ("", "This field is required."),
    ],
)
def test_a_wrong_refund_is_refused(amount: str, told: str, subscriber: User, client: StrictClient) -> None:
    """No more than is unused, and the balance stays."""
    response = client.post(reverse("payouts:new_refund"), world.once(amount_cents=amount), follow=True)

    assert world.messages(response) == [told]
    assert not Refund.objects.exists()
    assert balances.fan_balance_micros(fan=subscriber) == 8_000_000


def test_what_clicks_claim_is_not_refunded(subscriber: User, client: StrictClient) -> None:
    """With a click this month, the budget stays where it is; the rest is offered."""
    given.click(subscriber, given.button(), now=world.NOW)
    page = client.get(PATH)
    refused = client.post(reverse("payouts:new_refund"), world.once(amount_cents="3.01"), follow=True)

    assert "€3.00 of your balance is not claimed by any click." in world.text(page)
    assert world.document(page).query("#refund_amount")[0].attrs["value"] == "3.00"
    assert world.messages(refused) == ["That is more than your unused balance."]


def test_unused_money_goes_back(subscriber: User, client: StrictClient) -> None:
    """It is reserved at once and listed."""
    asked = client.post(reverse("payouts:new_refund"), world.once(amount_cents="8"), follow=True)

    assert world.messages(asked) == ["Your refund is on its way. We will write to you when it has arrived."]
    assert "€8.00 · requested" in world.text(asked)
    assert Refund.objects.get().amount_cents == 800
    assert balances.fan_balance_micros(fan=subscriber) == 0
    assert books.check_books() == []


@pytest.mark.usefixtures("fan")
def test_the_way_on_is_kept_through_the_payment(client: StrictClient) -> None:
    """An address of ours comes back after paying."""
    send(client, budget="5", next="/statements/?a=é&b=1")
    deposit = Deposit.objects.get()
    pay_page = reverse("sandbox:pay", args=[deposit.pk])
    back = client.post(pay_page, {"choice": "succeed"}).headers["Location"]

    assert back == f"{settings.APP_URL}/deposits/{deposit.pk}/?next=%2Fstatements%2F%3Fa%3D%C3%A9%26b%3D1"


@pytest.mark.usefixtures("fan")
def test_a_way_on_that_is_too_long_is_passed_over(client: StrictClient) -> None:
    """No provider would take it; the fan comes back without."""
    pay_page = send(client, budget="5", next="/cake/?" + "é" * 100).headers["Location"]

    assert client.post(pay_page, {"choice": "succeed"}).headers["Location"].endswith(f"/{Deposit.objects.get().pk}/")
