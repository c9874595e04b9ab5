"""Signing up with a code from an email, logging in, and resetting a password, without telling who is known."""

import re
from typing import Any

import pytest
from django.core import mail

from accounts.models import User
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

SIGN_UP = "/accounts/signup/"
LOG_IN = "/accounts/login/"
RESET = "/accounts/password/reset/"
PASSWORD = "a long enough one"


def code_in(number: int = -1) -> str:
    """Return the code in an email."""
    return str(re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", str(mail.outbox[number].body), re.MULTILINE)[0])


def sign_up(client: StrictClient, email: str = "grace@example.com", password: str = PASSWORD) -> Any:
    """Send the form."""
    return client.post(SIGN_UP, {"email": email, "password1": password}, follow=True)


def is_logged_in(client: StrictClient) -> bool:
    """Tell whether the client sees the pages of a person."""
    return bool(client.get("/cake/").status_code == 200)


def test_a_person_signs_up_with_a_code(client: StrictClient) -> None:
    """The address is kept in lower case and proved by the code; then the person is in."""
    asked = sign_up(client, "Grace@Example.com")

    assert not is_logged_in(client)
    assert mail.outbox[0].to == ["grace@example.com"]
    entered = client.post(asked.request["PATH_INFO"], {"code": code_in()}, follow=True)

    assert entered.request["PATH_INFO"] == "/welcome/"
    assert "Logged in as grace@example.com." in entered.content.decode()
    assert User.objects.get().check_password(PASSWORD)


def test_a_wrong_code_lets_nobody_in(client: StrictClient) -> None:
    """After a few tries the code is worth nothing any more."""
    asked = sign_up(client)
    code = code_in()
    for _ in range(4):
        client.post(asked.request["PATH_INFO"], {"code": "WRNG-CODE"})
    client.post(asked.request["PATH_INFO"], {"code": code})

    assert not is_logged_in(client)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("", PASSWORD),
        ("grace", PASSWORD),
        ("grace@example.com", ""),
        ("grace@example.com", "short"),
        ("grace@example.com", "1234567890123"),
        ("grace@example.com", "password1234"),
        ("gracehopper@example.com", "gracehopper"),
    ],
)
def test_a_wrong_form_is_refused(email: str, password: str, client: StrictClient) -> None:
    """No address, or a password that is easily guessed; the form says so at its field and nobody is made."""
    refused = sign_up(client, email, password)

    assert world.document(refused).query('main [aria-invalid="true"]')
    assert not User.objects.exists()
    assert mail.outbox == []


@pytest.mark.parametrize("email", ["known@example.com", "KNOWN@example.com"])
def test_signing_up_doesnt_tell_who_is_known(email: str, client: StrictClient) -> None:
    """The page is the same for a known address; its owner gets an email that says so, without a code."""
    known = given.user("Grace")
    User.objects.filter(pk=known.pk).update(email="known@example.com")
    for_known = sign_up(client, email)
    for_new = sign_up(StrictClient(), "new@example.com")

    assert for_known.redirect_chain == for_new.redirect_chain
    assert world.text(for_known).replace(email.lower(), "new@example.com") == world.text(for_new)
    assert User.objects.count() == 2
    assert mail.outbox[0].to == ["known@example.com"]
    assert "already exists" in str(mail.outbox[0].body)


def test_a_person_logs_in_and_out(client: StrictClient) -> None:
    """By the address in any case; logging out needs a press."""
    person = given.user("Grace")
    entered = world.log_in(client, LOG_IN, person)
    assert entered.headers["Location"] == "/cake/"
    client.get("/accounts/logout/")
    assert is_logged_in(client)
    out = client.post("/accounts/logout/")

    assert out.headers["Location"] == "/"
    assert not is_logged_in(client)
    client.post(LOG_IN, {"login": person.email.upper(), "password": "password"})
    assert is_logged_in(client)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_wrong_login_says_the_same_for_all(*, known: bool, client: StrictClient) -> None:
    """It doesn't tell whether the address or the password is wrong."""
    email = given.user("Grace").email if known else "nobody@example.com"
    refused = client.post(LOG_IN, {"login": email, "password": "wrong"})

    assert refused.status_code == 200
    assert "The email address and/or password you specified are not correct." in world.text(refused)


def test_guessing_passwords_is_stopped(client: StrictClient) -> None:
    """After some wrong tries even the right password isn't tried for a while."""
    person = given.user("Grace")
    for _ in range(12):
        client.post(LOG_IN, {"login": person.email, "password": "wrong"})
    refused = world.log_in(client, LOG_IN, person)

    assert refused.status_code == 200
    assert "Too many failed login attempts. Try again later." in world.text(refused)
    assert not is_logged_in(client)


def test_who_is_shut_out_stays_out(client: StrictClient) -> None:
    """A person that staff have made inactive doesn't get in."""
    person = given.user("Grace", is_active=False)
    entered = world.log_in(client, LOG_IN, person)

    assert entered.headers["Location"] == "/accounts/inactive/"
    assert not is_logged_in(client)


def test_a_password_is_reset_by_email(client: StrictClient) -> None:
    """The link in the email works once, and the new password from then on."""
    person = given.user("Grace")
    client.post(RESET, {"email": person.email})
    link = re.findall(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))[0]
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    person.refresh_from_db()

    assert person.check_password(PASSWORD)
    assert "password1" not in StrictClient().get(link, follow=True).content.decode()


def test_resetting_doesnt_tell_who_is_known(client: StrictClient) -> None:
    """Known or not, the page says that an email was sent."""
    known = client.post(RESET, {"email": given.user("Grace").email}, follow=True)
    unknown = client.post(RESET, {"email": "nobody@example.com"}, follow=True)

    assert world.text(known) == world.text(unknown)
    assert known.redirect_chain == [(f"{RESET}done/", 302)]
