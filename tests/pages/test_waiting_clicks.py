"""A click that waits while its fan logs in, signs up or sets a budget: done once, and by that way back alone."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from accounts.models import User
from buttons.models import Button, Click
from buttons.operations import buttons as buttons_operations
from flattr.period import Period
from payouts.queries import books
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

NOVEMBER = Period(2026, 11)
THANKS = "Thank you! “A song” has one more slice of your cake."


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


@pytest.fixture
def button() -> Button:
    """Return a creator's button."""
    return given.button(given.creator("Ada"), title="A song")


@pytest.fixture
def fan() -> User:
    """Return a fan with a budget that is paid."""
    return given.funded_fan("Grace", budget_cents=500, period=NOVEMBER)


def page_of(button: Button) -> str:
    """Return the address to which the badge leads."""
    return reverse("buttons:click", args=[button.public_id])


def ask(client: StrictClient, button: Button, **form: str) -> str:
    """Press the button; return the address of the step that is missing."""
    form.setdefault("click_id", world.new_id())
    return str(client.post(page_of(button), form).headers["Location"])


def way_back(step: str) -> str:
    """Return the address to which a step leads back."""
    return parse_qs(urlsplit(step).query)["next"][0]


def subscribe_and_pay(client: StrictClient, path: str, clock: time_machine.Traveller) -> Any:
    """Set a budget at that address, pay it, wait for the provider, and go on; return where that leads."""
    page = client.get(path)
    hidden = {name: world.hidden_value(page, name) for name in ("row_id", "next")}
    form = {"budget_cents": "5", "term_months": "1", **hidden}
    pay_page = client.post(path, form).headers["Location"]
    waiting = client.post(pay_page, {"choice": "succeed"}, follow=True)
    assert "We are waiting for the payment provider." in world.text(waiting)
    clock.shift(3)
    paid = client.get(waiting.request["PATH_INFO"], query_params={"next": form["next"]})
    assert "It has arrived and is in your balance." in world.text(paid)
    return client.get(world.document(paid).query("main a.button")[0].attrs["href"], follow=True)


def test_a_visitor_logs_in_and_the_click_is_made_once(fan: User, button: Button, client: StrictClient) -> None:
    """The click waits in the session, is made after the login, and not again by a reload."""
    click_id = world.new_id()
    asked = ask(client, button, click_id=click_id, origin="https://artist.example")
    assert asked.startswith("/accounts/login/?next=")
    assert Click.objects.count() == 0
    back = world.log_in(client, asked, fan)

    assert back.headers["Location"] == way_back(asked)
    thanked = client.get(way_back(asked), follow=True)
    client.get(page_of(button))

    assert thanked.redirect_chain == [(page_of(button), 302)]
    assert world.messages(thanked)[-1] == THANKS
    click = Click.objects.get()
    assert (str(click.pk), click.fan, click.origin) == (click_id, fan, "https://artist.example")


def test_a_stranger_signs_up_subscribes_pays_and_the_click_is_made_once(
    button: Button, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """The whole way from a badge to a first click, pressed once: sign-up, code from the email, budget, payment."""
    click_id = world.new_id()
    login = ask(client, button, click_id=click_id)
    sign_up = login.replace("/login/", "/signup/")
    assert sign_up in [link.attrs["href"] for link in world.document(client.get(login)).query("main a")]
    form = {"email": "New@Example.com", "password1": "a long enough one", "next": way_back(login)}
    code_page = client.post(sign_up, form)
    code = re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", str(mail.outbox[0].body), re.MULTILINE)[0]
    confirmed = client.post(code_page.headers["Location"], {"code": code}, follow=True)

    assert Click.objects.count() == 0
    assert confirmed.request["PATH_INFO"] == reverse("payouts:subscription")
    thanked = subscribe_and_pay(client, confirmed.redirect_chain[-1][0], clock)

    assert thanked.request["PATH_INFO"] == page_of(button)
    assert thanked.request["QUERY_STRING"] == ""
    assert world.messages(thanked)[-1] == THANKS
    client.get(page_of(button))
    click = Click.objects.get()
    assert (str(click.pk), click.fan.email) == (click_id, "new@example.com")
    assert "1 click · €5.00" in world.text(client.get(reverse("payouts:cake")))
    assert books.check_books() == []


def test_a_fan_without_a_budget_logs_in_subscribes_and_the_click_is_made_once(
    button: Button, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """After the login the fan is led on to the budget, each time by a new token, and back."""
    click_id = world.new_id()
    login = ask(client, button, click_id=click_id)
    world.log_in(client, login, given.user("Grace"))
    subscription = client.get(way_back(login)).headers["Location"]

    assert subscription.startswith("/subscription/?next=")
    assert way_back(subscription) != way_back(login)
    assert client.get(way_back(login)).status_code == 200
    assert Click.objects.count() == 0
    thanked = subscribe_and_pay(client, subscription, clock)

    assert world.messages(thanked)[-1] == THANKS
    assert str(Click.objects.get().pk) == click_id


@pytest.mark.parametrize("minutes", [59, 61])
def test_an_intended_click_waits_an_hour(
    minutes: int, fan: User, button: Button, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Who comes back much later is asked again."""
    asked = ask(client, button)
    clock.shift(timedelta(minutes=minutes))
    client.force_login(fan)
    answer = client.get(way_back(asked))

    assert answer.status_code == (302 if minutes < 60 else 200)
    assert Click.objects.count() == (1 if minutes < 60 else 0)


@pytest.mark.parametrize(
    "query",
    ["", "?resume=", "?resume=guessed", "?resume=%C3%A9%00", "?resume", "?next=/cake/", "?click_id=1"],
)
def test_only_the_way_back_completes_a_waiting_click(
    query: str, fan: User, button: Button, client: StrictClient
) -> None:
    """A reload, another tab or somebody's link to the page shows the form, and the click goes on waiting."""
    asked = ask(client, button)
    client.force_login(fan)
    shown = client.get(page_of(button) + query, headers={"referer": "https://elsewhere.example/"})

    assert shown.status_code == 200
    assert world.document(shown).query("main form")
    assert Click.objects.count() == 0
    assert world.messages(client.get(way_back(asked), follow=True))[-1] == THANKS
    assert Click.objects.count() == 1


def test_looking_for_the_head_alone_records_nothing(fan: User, button: Button, client: StrictClient) -> None:
    """A HEAD of the very way back changes nothing; the GET after it completes the click."""
    asked = ask(client, button)
    client.force_login(fan)

    assert client.head(way_back(asked)).status_code == 200
    assert Click.objects.count() == 0
    assert client.get(way_back(asked)).status_code == 302
    assert Click.objects.count() == 1


def test_a_way_back_works_once(fan: User, button: Button, client: StrictClient) -> None:
    """Coming by it again shows the form, whether the click stands or was taken back."""
    asked = ask(client, button)
    client.force_login(fan)
    client.get(way_back(asked))

    assert client.get(way_back(asked)).status_code == 200
    client.post(reverse("buttons:undo", args=[Click.objects.get().pk]))
    again = client.get(way_back(asked))
    assert again.status_code == 200
    assert THANKS not in world.messages(again)
    assert Click.objects.filter(undone_at=None).count() == 0


def test_a_way_back_is_worth_nothing_to_others(fan: User, button: Button, client: StrictClient) -> None:
    """It goes with the session that asked; a link to it clicks for nobody else."""
    asked = ask(client, button)
    other = StrictClient()
    other.force_login(fan)
    ask(StrictClient(), button)

    assert other.get(way_back(asked)).status_code == 200
    assert Click.objects.count() == 0


def test_an_intended_click_is_for_its_own_button(fan: User, button: Button, client: StrictClient) -> None:
    """Its token on another button's page doesn't click that one, and the intended click still waits."""
    other = given.button()
    asked = ask(client, button)
    client.force_login(fan)

    assert client.get(way_back(asked).replace(button.public_id, other.public_id)).status_code == 200
    assert Click.objects.count() == 0
    client.get(way_back(asked))
    assert Click.objects.get().button == button


def test_a_press_takes_the_place_of_a_click_that_waits(fan: User, button: Button, client: StrictClient) -> None:
    """Who presses again instead of coming back clicks once; a press on another button lets the click wait."""
    other = given.button()
    asked = ask(client, button)
    client.force_login(fan)
    client.post(page_of(other), {"click_id": world.new_id()})
    client.get(way_back(asked))
    assert Click.objects.filter(button=button).count() == 1
    client.logout()

    asked = ask(client, button)
    client.force_login(fan)
    client.post(page_of(button), {"click_id": world.new_id()})
    assert client.get(way_back(asked)).status_code == 200
    assert Click.objects.filter(button=button).count() == 2


def test_who_turns_out_to_be_the_creator_is_refused(button: Button, client: StrictClient) -> None:
    """Only the login tells that the button is theirs; no budget is asked for."""
    asked = ask(client, button)
    client.force_login(button.creator)
    refused = client.get(way_back(asked), follow=True)

    assert refused.redirect_chain == [(page_of(button), 302)]
    assert world.messages(refused) == ["This button is yours, so you can't click it."]
    assert Click.objects.count() == 0


def test_a_button_hidden_meanwhile_is_refused(fan: User, button: Button, client: StrictClient) -> None:
    """The page says so when the fan comes back."""
    asked = ask(client, button)
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)
    client.force_login(fan)
    refused = client.get(way_back(asked), follow=True)

    assert refused.status_code == 410
    assert world.messages(refused) == ["This button is hidden."]
    assert Click.objects.count() == 0
