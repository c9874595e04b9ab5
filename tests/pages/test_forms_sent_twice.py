"""Forms about money: sent twice they move it once and answer the same, and nobody's id is anybody else's."""

import uuid
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from flattr.period import Period
from payouts.models import Deposit, Payout, Refund
from payouts.queries import books
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

TAKEN = ["This form was sent before, with something else in it. Please try again."]

FORMS = [
    ("payouts:new_refund", "fan", "5"),
    ("payouts:new_deposit", "fan", "5"),
    ("payouts:earnings", "creator", "10"),
    ("payouts:subscription", "stranger", "5"),
]
"""Each form with who sends it, and an amount of which that person has more than two."""


@pytest.fixture(autouse=True)
def _ready(town: World) -> None:
    """Let nobody's click claim the fan's balance."""
    town.click.delete()


def rows() -> dict[str, set[object]]:
    """Return what there is of everything that a form makes."""
    return {str(model): set(model.objects.values_list("pk", flat=True)) for model in (Deposit, Refund, Payout)}


def person(town: World, role: str) -> User:
    """Return who plays the role; a stranger has nothing yet."""
    found = given.user("Iris") if role == "stranger" else town.person(role)
    assert found is not None
    return found


def filled_in(name: str, amount: str, **more: str) -> dict[str, str]:
    """Return the form, filled in with an amount."""
    if name == "payouts:subscription":
        return world.once(budget_cents=amount, term_months="1", **more)
    return world.once(amount_cents=amount, **more)


def answer(response: Any) -> tuple[object, ...]:
    """Return what a person sees of an answer."""
    return response.status_code, response.request["PATH_INFO"], world.messages(response)


@pytest.mark.parametrize(("name", "role", "amount"), FORMS)
def test_a_form_that_is_sent_twice_makes_one_row(
    name: str, role: str, amount: str, town: World, client: StrictClient
) -> None:
    """Whoever presses twice, or sends again after a connection was lost, reads the same answer."""
    client.force_login(person(town, role))
    form, before = filled_in(name, amount), rows()
    answers = [answer(client.post(reverse(name), form, follow=True)) for _ in range(3)]
    made = [pk for model, keys in rows().items() for pk in keys - before[model]]

    assert answers[0] == answers[1] == answers[2]
    assert [str(pk) for pk in made] == [form["row_id"]]
    assert books.check_books() == []


@pytest.mark.parametrize(("name", "role", "amount"), FORMS[:3])
def test_a_form_with_another_amount_under_its_id_is_refused(
    name: str, role: str, amount: str, town: World, client: StrictClient
) -> None:
    """What was asked for stays, and the page has a new id for the next try."""
    client.force_login(person(town, role))
    form = filled_in(name, amount)
    client.post(reverse(name), form)
    before = rows()
    refused = client.post(reverse(name), {**form, "amount_cents": "12"}, follow=True)

    assert world.messages(refused)[-1:] == TAKEN
    assert world.hidden_value(refused, "row_id") != form["row_id"]
    assert rows() == before


@pytest.mark.parametrize(("name", "role", "amount"), FORMS)
def test_the_id_of_somebody_elses_row_is_refused(
    name: str, role: str, amount: str, town: World, client: StrictClient
) -> None:
    """Whoever learns it neither moves money by it nor reads anything of theirs."""
    client.force_login(person(town, role))
    other = given.creator("Cleo")
    deposit = given.opened_deposit(other, amount_cents=500, now=world.NOW)
    refund = Refund.objects.create(fan=other, deposit=deposit, amount_cents=500, requested_at=world.NOW)
    payout = Payout.objects.create(creator=other, amount_cents=1000, requested_at=world.NOW)
    theirs = {"payouts:new_refund": refund.pk, "payouts:earnings": payout.pk}.get(name, deposit.pk)
    before = rows()
    refused = client.post(reverse(name), {**filled_in(name, amount), "row_id": str(theirs)}, follow=True)

    assert world.messages(refused)[-1:] == TAKEN
    assert rows() == before
    assert all(world.is_unchanged(each) for each in (deposit, refund, payout))


@pytest.mark.parametrize("row_id", ["", "1", "\x00", "x" * 36])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_without_an_id_makes_nothing(
    form: tuple[str, str, str], row_id: str, town: World, client: StrictClient
) -> None:
    """No page of ours sends one; it is refused in words, with a new id for the next try."""
    name, role, amount = form
    client.force_login(person(town, role))
    before = rows()
    refused = client.post(reverse(name), {**filled_in(name, amount), "row_id": row_id}, follow=True)

    assert "Please send the form again." in refused.content.decode()
    assert uuid.UUID(world.hidden_value(refused, "row_id")).version == 4
    assert rows() == before


def test_a_payment_that_has_ended_is_shown_to_who_sends_its_form_again(town: World, client: StrictClient) -> None:
    """Going back in the browser and pressing again leads to what became of it, not to paying twice."""
    client.force_login(town.fan)
    form = filled_in("payouts:new_deposit", "5")
    client.post(reverse("payouts:new_deposit"), form)
    Deposit.objects.filter(pk=form["row_id"]).update(state="succeeded", processor_fee_cents=0)
    again = client.post(reverse("payouts:new_deposit"), form)

    assert again.headers["Location"].endswith(reverse("payouts:deposit", args=[form["row_id"]]))


@pytest.mark.parametrize("name", ["payouts:subscription", "payouts:earnings"])
def test_every_page_brings_new_ids(name: str, town: World, client: StrictClient) -> None:
    """Two tabs are two requests, and so are two forms of one page."""
    client.force_login(town.creator)
    given.deposit(town.creator, amount_cents=500, now=world.NOW)
    given.subscription(town.creator, budget_cents=500, period=Period.at(world.NOW))
    pages = [world.document(client.get(reverse(name))) for _ in range(2)]
    ids = [each.attrs["value"] for page in pages for each in page.query('input[name="row_id"]')]

    assert len(ids) == len(set(ids)) == (6 if name == "payouts:subscription" else 2)
