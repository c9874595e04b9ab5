"""The click that a script sends: recorded in two queries, refused with a status that says what is missing."""

import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import tasks
from accounts.models import Session, Subscription, User
from buttons.models import Button, Click
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks
from flattr.period import Period
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def fan() -> User:
    """Return a fan with a budget this month."""
    return given.funded_fan("Grace", period=Period.at(world.NOW))


@pytest.fixture
def button() -> Button:
    """Return a button of somebody else."""
    return given.button()


@pytest.fixture
def as_fan(client: StrictClient, fan: User) -> StrictClient:
    """Return the client with the fan logged in."""
    client.force_login(fan, backend="django.contrib.auth.backends.ModelBackend")
    return client


def click(client: Client, button: Button, *, click_id: uuid.UUID | None = None, **headers: str) -> Any:
    """Send a click as the script does."""
    form = {"click_id": str(click_id or uuid.uuid4()), "origin": "https://artist.example/song"}
    return client.post(
        f"/b/{button.public_id}/clicks/",
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": "http://testserver", **headers},
    )


def test_a_click_is_recorded_by_two_queries(
    as_fan: StrictClient,
    fan: User,
    button: Button,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """One finds who asks and whether they have a budget, the other records; a repeat is a no-op."""
    click_id = uuid.uuid4()
    # In a test's transaction the single statement has a savepoint around it, which isn't there otherwise.
    with django_assert_num_queries(4):
        answer = click(as_fan, button, click_id=click_id)
    again = click(as_fan, button, click_id=click_id)

    assert (answer.status_code, answer.json()) == (200, {"click_id": str(click_id)})
    assert again.status_code == 200
    made = Click.objects.get()
    assert (made.id, made.fan, made.button, made.origin) == (click_id, fan, button, "https://artist.example")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_who_is_not_logged_in_is_told_so(client: StrictClient, button: Button) -> None:
    """Neither no session nor a made-up one is anybody's."""
    assert click(client, button).status_code == 401
    for made_up in ("made-up", "0" * 32):
        client.cookies["sessionid"] = made_up
        assert click(client, button).status_code == 401
    assert not Click.objects.exists()


def test_a_session_that_is_no_text_for_the_database_is_nobodys(client: StrictClient, button: Button) -> None:
    """A cookie can hold a NUL, written as an escape, which PostgreSQL takes in no text."""
    cookie = 'sessionid="\\000aaaaaaaaaaaa"'
    assert click(client, button, Cookie=cookie).status_code == 401
    assert client.get("/cake/", headers={"Cookie": cookie}).status_code == 302


@pytest.mark.parametrize("end", ["password", "inactive", "expired", "logged out", "backend"])
def test_a_session_that_is_over_clicks_nothing(end: str, as_fan: StrictClient, fan: User, button: Button) -> None:
    """A changed password, a closed account, an old session, a logout and a backend that is gone all end it."""
    if end == "password":
        fan.set_password("another one")
        fan.save()
    elif end == "inactive":
        User.objects.update(is_active=False)
    elif end == "expired":
        Session.objects.update(expire_date=world.NOW.replace(year=2020))
    elif end == "logged out":
        as_fan.post("/accounts/logout/")
    else:
        session = as_fan.session
        session["_auth_user_backend"] = "gone.Backend"
        session.save()

    assert click(as_fan, button).status_code == 401
    assert not Click.objects.exists()


@pytest.mark.parametrize("state", [None, Subscription.State.PAUSED, Subscription.State.CANCELLED])
def test_who_has_no_budget_is_told_so(state: Subscription.State | None, client: StrictClient, button: Button) -> None:
    """The form then leads to the budget."""
    person = given.user()
    if state:
        given.subscription(person, budget_cents=500, period=Period.at(world.NOW), state=state)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    assert click(client, button).status_code == 402
    assert not Click.objects.exists()


def test_what_can_not_be_clicked_is_refused(as_fan: StrictClient, fan: User, button: Button) -> None:
    """An unknown, an own and a hidden button, an id that is taken, an undone click and a form without an id."""
    assert click(as_fan, Button(public_id="nothing")).status_code == 404
    unnamed = as_fan.post(f"/b/{button.public_id}/clicks/", headers={"Origin": "http://testserver"})
    assert (unnamed.status_code, unnamed.json()) == (400, {"error": "click_id: this is no UUID"})
    assert click(as_fan, given.button(fan)).status_code == 409
    (undone,) = given.click(fan, button, now=world.NOW)
    clicks.undo_click(click_id=undone.id, fan=fan, now=world.NOW)
    assert click(as_fan, button, click_id=undone.id).status_code == 409
    (other,) = given.click(fan, given.button(), now=world.NOW)
    assert click(as_fan, button, click_id=other.id).status_code == 409
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)
    refused = click(as_fan, button)
    assert (refused.status_code, refused.json()) == (409, {"error": "button: it is hidden"})
    assert Click.objects.count() == 2


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "https://testserver", "http://testserver.evil.example"]
)
def test_another_site_can_not_click(origin: str | None, as_fan: StrictClient, button: Button) -> None:
    """Whoever isn't a page of ours gets a no, and whoever doesn't say so too: the form is still there for them."""
    headers = {} if origin is None else {"Origin": origin}
    answer = as_fan.post(f"/b/{button.public_id}/clicks/", {"click_id": str(uuid.uuid4())}, headers=headers)

    assert answer.status_code == 403
    assert not Click.objects.exists()


def test_an_unknown_host_is_refused_by_the_short_way_too(button: Button) -> None:
    """Whose name we don't answer to gets nothing here either."""
    assert Client(headers={"Host": "evil.example"}).get(f"/b/{button.public_id}/badge.svg").status_code == 400


def test_sessions_that_have_ended_are_forgotten(as_fan: StrictClient, fan: User) -> None:
    """The daily task leaves those that go on."""
    tasks.clear_sessions()
    assert [session.user for session in Session.objects.all()] == [fan]
    Session.objects.update(expire_date=world.NOW.replace(year=2020))
    tasks.clear_sessions()
    assert not Session.objects.exists()
    assert as_fan.get("/cake/").status_code == 302
