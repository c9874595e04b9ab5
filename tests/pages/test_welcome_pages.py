"""The way of somebody new: a sum, its payment, the first click; each may be left out, and is gone on with."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from buttons.models import Button, Click
from buttons.operations import buttons as buttons_operations
from flattr.period import Period
from payouts.gateway import Outcome, Result
from payouts.models import Deposit
from payouts.operations import deposits
from tests import given, pressing
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

NOVEMBER = Period(2026, 11)
PATH = "/welcome/"


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


def step(response: Any) -> tuple[str, int]:
    """Return the title of the step that is shown, and how many are done."""
    page = world.document(response)
    (at,) = page.query('.progress [aria-current="step"]')
    return " ".join(at.to_text().split()).lstrip("123✓ "), len(page.query(".progress .done"))


def choose(client: StrictClient, **sent: str) -> Any:
    """Send the first step."""
    return client.post(PATH, world.once(**{"choice": "500", "term_months": "1", **sent}), follow=True)


def pay(client: StrictClient, page: Any, clock: time_machine.Traveller) -> Any:
    """Pay as the second step asks for, and come back to where that leads."""
    sent = {name: world.hidden_value(page, name) for name in ("row_id", "next")}
    pay_page = client.post(reverse("payouts:pay_first"), sent).headers["Location"]
    back = client.post(pay_page, {"choice": "succeed"}).headers["Location"]
    clock.shift(timedelta(seconds=3))
    (on,) = world.document(client.get(back)).query("main a.button")
    return client.get(on.attrs["href"])


def test_three_steps_lead_to_the_first_click(
    fan: User, button: Button, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """A sum, its payment, a click on what is suggested; after that the way leads to the cake."""
    assert step(client.get(PATH)) == ("Choose a sum", 0)
    chosen = choose(client, choice="1000", term_months="3")
    assert step(chosen) == ("Pay it in", 1)
    assert "The first payment is €30.00, for 3 months." in world.text(chosen)
    assert fan.consents.get().text.endswith("(€30.00)")
    paid = pay(client, chosen, clock)
    assert step(paid) == ("Click what you love", 2)
    (form,) = world.document(paid).query(".cards form")
    names = ("click_id", "next")
    clicked = client.post(form.attrs["action"], {each: world.hidden_value(paid, each) for each in names}, follow=True)

    assert clicked.request["PATH_INFO"] == "/cake/"
    assert world.messages(clicked) == ["Thank you! “A song” has one more slice of your cake."]
    assert Click.objects.get().button == button
    assert Deposit.objects.get().amount_cents == 3000


def test_the_way_is_gone_on_with_where_one_left(fan: User, client: StrictClient) -> None:
    """What is open is read from what was done, in any browser and however it was done."""
    assert step(client.get(PATH))[0] == "Choose a sum"
    given.subscription(fan, budget_cents=500, period=NOVEMBER)
    assert step(client.get(PATH))[0] == "Pay it in"
    given.deposit(fan, amount_cents=500, now=world.NOW)
    assert step(client.get(PATH))[0] == "Click what you love"
    given.click(fan, given.button(), now=world.NOW)
    assert client.get(PATH).headers["Location"] == "/cake/"


def test_each_step_can_be_left_out(fan: User, button: Button, client: StrictClient) -> None:
    """Links lead to the last one, which says what a click asks for, and on to the cake; nothing is marked as done."""
    for done in range(2):
        assert 'href="?step=3"' in client.get(PATH).content.decode()
        looked = client.get(PATH, {"step": "3"})
        assert step(looked) == ("Click what you love", done)
        assert ("You will be asked for a monthly budget first" in world.text(looked)) == (done == 0)
        assert button.title in world.text(looked)
        assert 'href="/cake/"' in world.document(looked).query("main")[0].to_html()
        given.subscription(fan, budget_cents=500, period=NOVEMBER)
    assert step(client.get(PATH, {"step": "2"}))[0] == "Pay it in"


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        ({"choice": "other", "other": "1.99"}, "Please choose between €2.00 and €500.00."),
        ({"choice": "other"}, "This field is required."),
        ({"choice": "x"}, "Select a valid choice. x is not one of the available choices."),
        ({"term_months": "2"}, "Select a valid choice. 2 is not one of the available choices."),
    ],
)
@pytest.mark.usefixtures("fan")
def test_a_wrong_sum_is_refused_at_its_field(sent: dict[str, str], complaint: str, client: StrictClient) -> None:
    """The first step stays, with what was chosen."""
    response = client.post(PATH, world.once(**{"choice": "500", "term_months": "1", **sent}))

    assert response.status_code == 422
    errors = [" ".join(each.to_text().split()) for each in world.document(response).query(".errorlist")]
    assert errors == [complaint]


def test_the_second_step_pays_nothing_twice(fan: User, client: StrictClient) -> None:
    """Who sends it again after it was paid, or a broken form, is led on."""
    given.subscription(fan, budget_cents=500, period=NOVEMBER)
    broken = client.post(reverse("payouts:pay_first"), {"row_id": "x"})
    given.deposit(fan, amount_cents=500, now=world.NOW)
    again = client.post(reverse("payouts:pay_first"), world.once())

    assert [each.headers["Location"] for each in (broken, again)] == [PATH, PATH]
    assert Deposit.objects.count() == 1


def test_money_on_its_way_counts_as_paid(fan: User, client: StrictClient) -> None:
    """A bank takes days over a debit; nobody is asked to pay again meanwhile."""
    given.subscription(fan, budget_cents=500, period=NOVEMBER)
    deposit = given.opened_deposit(fan, amount_cents=500, now=world.NOW)
    deposits.record_deposit(deposit_id=deposit.pk, outcome=Outcome(result=Result.PROCESSING), now=world.NOW)

    assert step(client.get(PATH))[0] == "Click what you love"


def test_who_clicked_in_months_before_is_not_new(fan: User, client: StrictClient) -> None:
    """Though they haven't clicked in this one."""
    given.subscription(fan, budget_cents=500, period=NOVEMBER.previous)
    given.deposit(fan, amount_cents=1000, now=NOVEMBER.previous.start)
    given.click(fan, given.button(), now=given.MOMENT)
    given.settled(NOVEMBER.previous, now=world.NOW)

    assert client.get(PATH).headers["Location"] == "/cake/"


@pytest.mark.usefixtures("fan")
def test_creators_find_their_own_way(client: StrictClient) -> None:
    """The first step leads to the page by which one becomes one."""
    assert 'href="/creator/new/"' in world.document(client.get(PATH)).query("main")[0].to_html()


@pytest.mark.usefixtures("fan")
def test_what_is_suggested_is_open_proven_and_somebody_elses(button: Button, client: StrictClient) -> None:
    """One button of each creator, the newest; nothing hidden, nothing on a site that nobody has proven."""
    newer = pressing.more_buttons(button, 2)[-1]
    given.button(title="Unproven")
    hidden = pressing.verified_button()
    buttons_operations.set_hidden(button=hidden, hidden=True, now=world.NOW)
    links = [each.attrs["href"] for each in world.document(client.get(PATH, {"step": "3"})).query(".cards h2 a")]

    assert f"/b/{newer.public_id}/" in links
    assert f"/b/{button.public_id}/" not in links
    assert f"/b/{hidden.public_id}/" not in links
    assert len(links) == 1
    client.force_login(button.creator)
    assert newer.public_id not in client.get(PATH, {"step": "3"}).content.decode()


@pytest.mark.usefixtures("fan")
def test_without_any_button_the_page_says_so(client: StrictClient) -> None:
    """And leads on."""
    assert "There are no buttons here yet." in world.text(client.get(PATH, {"step": "3"}))


def test_the_pages_ask_for_little(
    fan: User, button: Button, client: StrictClient, django_assert_max_num_queries: world.QueryCounter
) -> None:
    """At most twelve queries each."""
    for _ in range(3):
        with django_assert_max_num_queries(12):
            client.get(PATH)
        if not fan.subscriptions.exists():
            given.subscription(fan, budget_cents=500, period=NOVEMBER)
        else:
            given.deposit(fan, amount_cents=500, now=world.NOW)
    assert button.title in world.text(client.get(PATH))


@pytest.mark.usefixtures("fan", "button")
def test_the_way_speaks_french(client: StrictClient) -> None:
    """Every step of it."""
    client.cookies["django_language"] = "fr"

    assert "Combien voulez-vous donner par mois" in world.text(client.get(PATH))
    assert "Offrir une part" in world.text(client.get(PATH, {"step": "3"}))
    assert "Vous donnez 5,00 € par mois." in world.text(choose(client))
