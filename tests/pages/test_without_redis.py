"""People while Redis is away: they sign up, log in and see their pages, and guessing passwords stays limited."""

import re
from typing import Any

import pytest

from accounts.models import User
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_away")]

LOG_IN = "/accounts/login/"
SIGN_UP = "/accounts/signup/"
RESET = "/accounts/password/reset/"


def test_a_person_signs_up(client: StrictClient, mailoutbox: list[Any]) -> None:
    """From the form to the code to their first steps."""
    shown = client.get(SIGN_UP)
    asked = client.post(SIGN_UP, {"email": "grace@example.com", "password1": "a long enough one"}, follow=True)
    (code,) = re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", mailoutbox[0].body, re.MULTILINE)
    entered = client.post(asked.request["PATH_INFO"], {"code": code}, follow=True)

    assert (shown.status_code, entered.status_code) == (200, 200)
    assert entered.request["PATH_INFO"] == "/welcome/"
    assert User.objects.get().email == "grace@example.com"


def test_a_person_logs_in(client: StrictClient) -> None:
    """The page is shown and the password is taken."""
    shown = client.get(LOG_IN)
    entered = world.log_in(client, LOG_IN, given.user("Grace"))

    assert shown.status_code == 200
    assert entered.headers["Location"] == "/cake/"
    assert client.get("/cake/").status_code == 200


def test_a_person_resets_a_password(client: StrictClient, mailoutbox: list[Any]) -> None:
    """The email goes out."""
    person = given.user("Grace")
    client.post(RESET, {"email": person.email})

    assert [mail.to for mail in mailoutbox] == [[person.email]]


def test_guessing_passwords_is_stopped(client: StrictClient) -> None:
    """Each process counts by itself, so an attacker gains a few tries and no more."""
    person = given.user("Grace")
    for _ in range(12):
        client.post(LOG_IN, {"login": person.email, "password": "wrong"})
    refused = world.log_in(client, LOG_IN, person)

    assert refused.status_code == 200
    assert "Too many failed login attempts. Try again later." in world.text(refused)
