"""What is somebody's own: others don't find it, and can't change it by asking in any other way."""

from typing import Any

import pytest
from django.urls import reverse

from buttons.models import Click
from payouts.gateway.sandbox.models import SandboxPayment
from payouts.models import Deposit, Payout, Refund
from payouts.queries import balances
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import ROLES, World

STRANGERS = [role for role in ROLES if role != "fan"]


def visit(town: World, client: StrictClient, role: str) -> StrictClient:
    """Return the client, logged in as the role unless that is nobody."""
    person = town.person(role)
    if person is not None:
        client.force_login(person)
    return client


def is_refused(response: Any, role: str) -> bool:
    """Tell whether a stranger got a page that isn't there, and nobody the login page."""
    if role == "anonymous":
        return bool(response.status_code == 302 and response.headers["Location"].startswith("/accounts/login/?next="))
    return bool(response.status_code == 404)


@pytest.mark.parametrize("role", STRANGERS)
def test_a_click_is_undone_by_its_fan_alone(role: str, town: World, client: StrictClient) -> None:
    """Another's click isn't there, and stays as it is."""
    response = visit(town, client, role).post(reverse("buttons:undo", args=[town.click.pk]))

    assert is_refused(response, role)
    assert world.is_unchanged(town.click)


@pytest.mark.parametrize("role", STRANGERS)
def test_a_pay_page_is_there_for_its_payer_alone(role: str, town: World, client: StrictClient) -> None:
    """Nobody pays, declines or sees another's payment."""
    payment = SandboxPayment.objects.get(pk=town.deposit.pk)
    response = visit(town, client, role).post(reverse("sandbox:pay", args=[payment.pk]), {"choice": "decline"})

    assert is_refused(response, role)
    assert world.is_unchanged(payment)


@pytest.mark.parametrize("role", ["other_creator", "creator"])
def test_a_button_is_hidden_by_its_creator_alone(role: str, town: World, client: StrictClient) -> None:
    """Another creator doesn't find it; its own creator hides it and shows it again."""
    path = reverse("buttons:hide", args=[town.button.public_id])
    response = visit(town, client, role).post(path, {"hidden": "1"})

    assert is_refused(response, role) == (role == "other_creator")
    assert world.is_unchanged(town.button) == (role == "other_creator")
    if role == "creator":
        client.post(path, {"hidden": "0"})

        assert world.is_unchanged(town.button)


@pytest.mark.parametrize("role", ["anonymous", "fan", "other_fan", "staff"])
def test_who_has_no_page_hides_no_button(role: str, town: World, client: StrictClient) -> None:
    """Not even staff: they are led to open a page as creators."""
    response = visit(town, client, role).post(reverse("buttons:hide", args=[town.button.public_id]), {"hidden": "1"})

    assert response.status_code == 302
    assert world.is_unchanged(town.button)


@pytest.mark.parametrize("role", ["anonymous", "fan", "other_fan", "creator", "other_creator"])
@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_payout_is_reviewed_by_staff_alone(decision: str, role: str, town: World, client: StrictClient) -> None:
    """Not by its creator, and by nobody else who isn't staff."""
    path = reverse("admin:payouts_payout_review", args=[town.payout.pk])
    response = visit(town, client, role).post(path, {"decision": decision, "reason": "No."})

    assert response.headers["Location"] == f"/admin/login/?next={path}"
    assert world.is_unchanged(town.payout)


@pytest.mark.parametrize("role", ["anonymous", "fan", "creator", "other_creator", "staff"])
def test_a_hidden_button_is_seen_by_its_creator_alone(role: str, town: World, client: StrictClient) -> None:
    """Its page is gone for all others, and no creator's page lists it."""
    visit(town, client, role)
    button = client.get(reverse("buttons:button", args=[town.hidden_button.public_id]))
    listed = client.get(reverse("buttons:creator", args=[f"ada-{town.creator.pk}"]))

    assert button.status_code == (200 if role == "creator" else 404)
    assert "Hidden song" not in world.text(listed)
    assert "Song & <dance>" in world.text(listed)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("payouts:subscription", {"budget_cents": "5", "term_months": "1"}),
        ("payouts:change_state", {"state": "cancelled"}),
        ("payouts:new_deposit", {"amount_cents": "5"}),
        ("payouts:new_refund", {"amount_cents": "5"}),
        ("payouts:earnings", {"amount_cents": "10"}),
        ("accounts:become_creator", {"slug": "me", "name": "Me"}),
        ("accounts:edit_creator", {"name": "Me"}),
        ("buttons:new", {"url": "https://me.example/", "title": "Me", "category": "text"}),
    ],
)
def test_nobody_posts_anything_without_a_login(
    name: str, form: dict[str, str], town: World, client: StrictClient
) -> None:
    """Every form leads to the login page, which leads back."""
    path = reverse(name)
    response = client.post(path, form)

    assert response.headers["Location"] == f"/accounts/login/?next={path}"
    assert not Refund.objects.exists()
    assert Payout.objects.get() == town.payout
    assert Deposit.objects.count() == 4


def test_statements_show_only_ones_own(town: World, client: StrictClient) -> None:
    """Two fans see the same month, each with their own money; the creator's entries are in neither."""
    path = reverse("payouts:statement", args=["2026-10"])
    visit(town, client, "other_fan")
    henry = world.text(client.get(path))
    visit(town, client, "other_creator")
    bob = world.text(client.get(path))

    assert "€30.00" in henry
    assert "Nothing has been settled for you" in bob
    assert "€30.00" not in bob


def test_earnings_show_only_ones_own(town: World, client: StrictClient) -> None:
    """Each creator finds their own buttons and their own sums."""
    path = reverse("payouts:earnings_of", args=["2026-10"])
    visit(town, client, "other_creator")
    bob = world.text(client.get(path))

    assert "A program" in bob
    assert "Song & <dance>" not in bob
    assert "€20.0000" in bob
    assert balances.creator_balance_micros(creator=town.other_creator) == 18_000_000


@pytest.mark.parametrize("role", ["creator", "other_fan"])
def test_every_form_is_refused_without_its_token(role: str, town: World) -> None:
    """A form that another site sends changes nothing."""
    client = StrictClient(enforce_csrf_checks=True)
    person = town.person(role)
    assert person is not None
    client.force_login(person)
    names = ("payouts:subscription", "payouts:change_state", "payouts:new_deposit", "payouts:new_refund")
    paths = [reverse(name) for name in names] + [reverse("buttons:click", args=[town.button.public_id])]
    if role == "creator":
        paths += [reverse("payouts:earnings"), reverse("buttons:hide", args=[town.button.public_id])]
    before = Click.objects.count()
    for path in paths:
        response = client.post(path, {"amount_cents": "10", "click_id": world.new_id(), "state": "cancelled"})

        assert response.status_code == 403, path
        assert "This form was too old" in world.text(response)
    assert Click.objects.count() == before
    assert Payout.objects.get() == town.payout
