"""The admin: payouts are reviewed there, once, by others than their creator; everything else about money is shown."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.urls import reverse

from accounts.models import CreatorProfile, Notification, User
from payouts.models import Dispute, Payout, ReconciliationItem
from payouts.queries import balances, books
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in MODELS if model._meta.app_label not in {"auth", "account", "mfa", "socialaccount"}]
EDITED = [User, CreatorProfile]
"""Ours that staff may change; all others are only shown."""


@pytest.fixture
def as_staff(town: World, client: StrictClient) -> StrictClient:
    """Return the client, logged in as staff who may do everything."""
    client.force_login(town.staff)
    return client


def review_of(payout: Payout) -> str:
    """Return the address of the payout's review."""
    return reverse("admin:payouts_payout_review", args=[payout.pk])


def page(model: type[Model], name: str, *arguments: object) -> str:
    """Return the address of an admin page."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=arguments)


def staff_with(*permissions: str) -> User:
    """Return staff who may do only that."""
    person = given.user("Reviewer", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


def errors_of(response: Any) -> list[str]:
    """Return the complaints of a form."""
    return [each.to_text() for each in world.document(response).query(".errorlist li")]


def notes(response: Any) -> list[str]:
    """Return what the admin tells about what was just done."""
    return [each.to_text() for each in world.document(response).query(".messagelist li")]


def test_a_payout_is_approved(town: World, as_staff: StrictClient) -> None:
    """The list leads to the review, which shows the sums; approving tells the creator and leaves it to a worker."""
    changelist = as_staff.get(page(Payout, "changelist"))
    shown = as_staff.get(review_of(town.payout))
    done = as_staff.post(review_of(town.payout), {"decision": "approve"}, follow=True)
    town.payout.refresh_from_db()

    assert review_of(town.payout) in {link.attrs["href"] for link in world.document(changelist).query("td a")}
    assert "Ada asks for €10.00; €26.00 stay in the balance." in shown.content.decode()
    assert notes(done) == ["Approved. A worker sends it now."]
    assert (town.payout.state, town.payout.reviewed_by) == (Payout.State.APPROVED, town.staff)
    assert Notification.objects.get(kind__startswith="payout").recipient == town.creator
    assert "Review" not in [link.to_text() for link in world.document(done).query("td a")]


def test_a_payout_is_rejected_with_a_reason(town: World, as_staff: StrictClient) -> None:
    """The money is back, and the creator can read why."""
    done = as_staff.post(review_of(town.payout), {"decision": "reject", "reason": " Not you. "}, follow=True)
    town.payout.refresh_from_db()

    assert notes(done) == ["Rejected. The creator's balance has the money back."]
    assert (town.payout.state, town.payout.reason) == (Payout.State.REJECTED, "Not you.")
    assert balances.creator_balance_micros(creator=town.creator) == 36_000_000
    assert books.check_books() == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_rejection_says_why(reason: str, town: World, as_staff: StrictClient) -> None:
    """Without a reason, or with an endless one, nothing is decided, and the field says so."""
    refused = as_staff.post(review_of(town.payout), {"decision": "reject", "reason": reason})

    assert len(errors_of(refused)) == 1
    assert world.is_unchanged(town.payout)


@pytest.mark.parametrize("decision", ["", "send", "APPROVE"])
def test_an_unknown_decision_is_none(decision: str, town: World, as_staff: StrictClient) -> None:
    """The form is shown again."""
    assert as_staff.post(review_of(town.payout), {"decision": decision, "reason": "So."}).status_code == 200
    assert world.is_unchanged(town.payout)


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_nobody_reviews_their_own_payout(decision: str, town: World, client: StrictClient) -> None:
    """Not even staff who may review all others."""
    User.objects.filter(pk=town.creator.pk).update(is_staff=True, is_superuser=True)
    client.force_login(town.creator)
    refused = client.post(review_of(town.payout), {"decision": decision, "reason": "So."})

    assert errors_of(refused) == ["Nobody reviews their own payout."]
    assert world.is_unchanged(town.payout)


@pytest.mark.parametrize(("first", "second"), [("approve", "reject"), ("reject", "approve")])
def test_a_decision_stands(first: str, second: str, town: World, as_staff: StrictClient) -> None:
    """Who comes later with another one is told, and nothing changes."""
    as_staff.post(review_of(town.payout), {"decision": first, "reason": "So."})
    town.payout.refresh_from_db()
    refused = as_staff.post(review_of(town.payout), {"decision": second, "reason": "No."})

    assert errors_of(refused) == ["Somebody has decided about this payout before."]
    assert world.is_unchanged(town.payout)
    assert books.check_books() == []


def test_the_same_decision_twice_is_one(town: World, as_staff: StrictClient) -> None:
    """A double press moves money once."""
    for _ in range(2):
        as_staff.post(review_of(town.payout), {"decision": "reject", "reason": "So."})

    assert balances.creator_balance_micros(creator=town.creator) == 36_000_000
    assert town.creator.notifications.filter(kind="payout_rejected").count() == 1


@pytest.mark.parametrize("permissions", [(), ("view_payout", "change_payout")])
def test_reviewing_needs_its_own_permission(permissions: tuple[str, ...], town: World, client: StrictClient) -> None:
    """Seeing payouts is not deciding about them."""
    client.force_login(staff_with(*permissions))

    assert client.get(review_of(town.payout)).status_code == 403
    assert client.post(review_of(town.payout), {"decision": "approve"}).status_code == 403
    assert world.is_unchanged(town.payout)


def test_a_reviewer_needs_nothing_else(town: World, client: StrictClient) -> None:
    """The permission to review and to see the list is enough."""
    reviewer = staff_with("review_payout", "view_payout")
    client.force_login(reviewer)
    client.post(review_of(town.payout), {"decision": "approve"})

    assert client.get(page(Payout, "changelist")).status_code == 200
    assert Payout.objects.get().reviewed_by == reviewer


def test_an_unknown_payout_is_not_there(as_staff: StrictClient) -> None:
    """There is no review of it."""
    assert as_staff.get(review_of(Payout())).status_code == 404


@pytest.mark.walk
def test_every_list_can_be_searched_and_filtered(town: World, as_staff: StrictClient) -> None:
    """Each list answers to a search and to each of its filters."""
    assert town.person("staff") is not None
    for model in MODELS:
        path = page(model, "changelist")
        filters = {link.attrs["href"] for link in world.document(as_staff.get(path)).query("#changelist-filter a")}
        for query in {"?q=ada", *filters}:
            assert as_staff.get(path + query).status_code in {200, 302}, path + query


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_single_rows_are_shown(model: type[Model], town: World, as_staff: StrictClient) -> None:
    """Each row has a page and a history."""
    assert town.person("staff") is not None
    row = model._default_manager.first()
    if row is None:
        assert as_staff.get(page(model, "change", 1)).status_code == 302
    else:
        assert as_staff.get(page(model, "change", row.pk)).status_code == 200
        assert as_staff.get(page(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_what_has_happened_is_not_edited(model: type[Model], town: World, as_staff: StrictClient) -> None:
    """What only operations may write can't be added or changed by hand, and nothing of ours is deleted."""
    assert town.person("staff") is not None
    row = model._default_manager.first()
    if model not in EDITED:
        assert as_staff.get(page(model, "add")).status_code == 403
        assert as_staff.post(page(model, "add")).status_code == 403
    if row is not None:
        if model not in EDITED:
            assert as_staff.post(page(model, "change", row.pk)).status_code == 403
        assert as_staff.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert world.is_unchanged(row)


def test_staff_add_people_and_mend_pages(town: World, as_staff: StrictClient) -> None:
    """A new person logs in by an address in lower case; a creator's texts change, and their address stays."""
    password = {"usable_password": "true", "password1": "a long enough one", "password2": "a long enough one"}
    added = as_staff.post(page(User, "add"), {"email": "New@Example.com", **password})
    form = {"name": "Ada L.", "text": "", "links": "", "slug": "mine"}
    mended = as_staff.post(page(CreatorProfile, "change", town.creator.pk), form)
    profile = CreatorProfile.objects.get(user=town.creator)

    assert (added.status_code, mended.status_code) == (302, 302)
    assert User.objects.filter(email="new@example.com").exists()
    assert (profile.name, profile.slug) == ("Ada L.", f"ada-{town.creator.pk}")


def test_a_list_ends_after_the_newest_rows(as_staff: StrictClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of rows aren't counted to show a hundred of them: a list has as many as anybody turns pages for."""
    monkeypatch.setattr("flattr.admin.LISTED_MAX", 3)
    monkeypatch.setattr(admin.site._registry[User], "list_per_page", 2)
    people = [given.user(f"Person {number}") for number in range(5)]
    first, second = (world.text(as_staff.get(page(User, "changelist"), {"p": number})) for number in (1, 2))

    assert "3 users" in first
    assert [person for person in people if person.email in first] == people[3:]
    assert [person for person in people if person.email in second] == [people[2]]


def test_a_dispute_shows_whose_money_was_taken(town: World, as_staff: StrictClient) -> None:
    """Who gave how much, and nothing that could be changed."""
    deposit = town.fan.deposits.filter(state="succeeded").latest("started_at")
    dispute = Dispute.objects.create(
        id="du_1", deposit=deposit, amount_cents=3000, is_taken=True, state="open", opened_at=world.NOW
    )
    dispute.shares.create(source="fan", owner=town.fan, amount_micros=12_340_000)
    dispute.shares.create(source="platform", amount_micros=17_660_000)
    shown = as_staff.get(page(Dispute, "change", quote(dispute.pk)))

    assert all(words in world.text(shown) for words in ("Grace", "€12.34", "€17.66"))
    assert world.document(shown).query("main input:not([type=hidden]), main select") == []


@pytest.mark.parametrize(("state", "shown"), [("open", ["po_2"]), ("over", ["po_1"]), ("", ["po_1", "po_2"])])
def test_differences_are_found_by_whether_they_are_open(
    state: str, shown: list[str], town: World, as_staff: StrictClient
) -> None:
    """Each with how much in euros."""
    for number, note in ((1, "By hand."), (2, "")):
        ReconciliationItem.objects.create(
            kind="unknown",
            subject=f"po_{number}",
            difference_cents=-1200,
            since=world.NOW,
            ended_at=world.NOW if note else None,
            ended_by=town.staff if note else None,
            note=note,
        )
    listed = as_staff.get(page(ReconciliationItem, "changelist"), {"state": state} if state else {})
    names = [each.to_text().strip() for each in world.document(listed).query("th.field-subject")]

    assert sorted(names) == shown
    assert "-€12.00" in world.text(listed)
