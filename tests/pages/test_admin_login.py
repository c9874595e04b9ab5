"""The way into the admin: by the login page of everybody, whose limits count there too."""

import re
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

ADMIN_LOG_IN = "/admin/login/"
USERS = "/admin/accounts/user/?q=ada"


@pytest.fixture
def chief() -> User:
    """Return staff who may do everything."""
    return given.user("Chief", is_staff=True, is_superuser=True)


def who_is_in(client: StrictClient) -> str | None:
    """Return the id of who is logged in, or None."""
    identity = client.session.get("_auth_user_id")
    return None if identity is None else str(identity)


def log_in(client: StrictClient, asked: Any, person: User) -> Any:
    """Fill in the login page that was reached, and the code that is asked for then."""
    form = {
        "login": world.confirmed(person).email,
        "password": "password",
        "next": world.hidden_value(asked, "next"),
    }
    return world.enter_code(client, client.post(asked.request["PATH_INFO"], form, follow=True))


def test_staff_log_in_and_are_where_they_wanted_to_be(chief: User, client: StrictClient) -> None:
    """A page of the admin leads to the login page, and that leads back to it."""
    asked = client.get(USERS, follow=True)
    entered = log_in(client, asked, chief)

    assert asked.request["PATH_INFO"] == "/accounts/login/"
    assert entered.status_code == 200
    assert f"{entered.request['PATH_INFO']}?{entered.request['QUERY_STRING']}" == USERS


@pytest.mark.parametrize("path", ["/admin/", ADMIN_LOG_IN])
def test_the_front_door_leads_in(path: str, chief: User, client: StrictClient) -> None:
    """Who asks for the admin, or for its login, ends in the admin."""
    asked = client.get(path, follow=True)
    entered = log_in(client, asked, chief)

    assert (entered.status_code, entered.request["PATH_INFO"]) == (200, "/admin/")


def test_the_first_superuser_gets_in_with_a_code(
    client: StrictClient, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom a command made proves the address once, by a code, and is asked to set up a second factor then."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long enough one")
    call_command("createsuperuser", interactive=False, email="chief@example.com", verbosity=0)
    form = {"login": "chief@example.com", "password": "a long enough one", "next": "/admin/"}
    asked = client.post("/accounts/login/", form, follow=True)
    (code,) = re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", mailoutbox[0].body, re.MULTILINE)
    entered = client.post(asked.request["PATH_INFO"], {"code": code}, follow=True)

    assert (entered.status_code, entered.request["PATH_INFO"]) == (200, "/accounts/2fa/")
    assert client.session["second_factor_for"] == "/admin/"


def test_the_admin_takes_no_passwords_itself(chief: User, client: StrictClient) -> None:
    """There is no second place to guess them, without the limits of the first."""
    form = {"username": world.confirmed(chief).email, "password": "password", "next": "/admin/"}
    answer = client.post(ADMIN_LOG_IN, form)

    assert answer.status_code == 405
    assert who_is_in(client) is None


def test_staff_guess_no_passwords_of_other_staff(chief: User, client: StrictClient) -> None:
    """Not even who is logged in finds a form without limits."""
    clerk = given.user("Clerk", is_staff=True)
    client.force_login(clerk)
    answer = client.post(ADMIN_LOG_IN, {"username": chief.email, "password": "password", "next": "/admin/"})

    assert answer.status_code == 405
    assert who_is_in(client) == str(clerk.pk)


@pytest.mark.parametrize("path", ["/admin/", USERS, ADMIN_LOG_IN])
@pytest.mark.parametrize(
    ("language", "words"), [("en", "This page is not for you"), ("fr", "Cette page n’est pas pour vous")]
)
def test_who_isnt_staff_is_told(path: str, language: str, words: str, client: StrictClient) -> None:
    """A fan isn't sent round in circles: the page says that it is not for them, and who they are logged in as."""
    fan = given.user("Grace", language=language)
    client.force_login(fan)
    told = client.get(path, follow=True, headers={"accept-language": language})

    assert told.status_code == 403
    assert len(told.redirect_chain) <= 1
    assert words in world.text(told)
    assert fan.email in told.content.decode()
