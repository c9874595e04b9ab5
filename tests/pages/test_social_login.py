"""Logging in by accounts elsewhere, asked over HTTP at a small server that speaks as GitHub and Mastodon do."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.core import mail
from pytest_django import Settings

from accounts.models import User
from flattr import social
from tests import given, second_factor
from tests.client import StrictClient
from tests.pages import elsewhere, world
from tests.pages.elsewhere import CLIENT_ID, SECRET, Elsewhere

pytestmark = pytest.mark.django_db

GITHUB = "/accounts/github/login/"
MASTODON = "/accounts/oidc/mastodon/login/"
CONNECTIONS = "/accounts/3rdparty/"
SIGN_UP = "/accounts/3rdparty/signup/"


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """Serve it, and let it be GitHub and a Mastodon server whose keys are set."""
    with elsewhere.served() as found:
        for name, path in {
            "access_token_url": "/oauth/token",
            "authorize_url": "/oauth/authorize",
            "profile_url": "/user",
            "emails_url": "/user/emails",
        }.items():
            monkeypatch.setattr(GitHubOAuth2Adapter, name, found.url + path)
        settings.SOCIALACCOUNT_PROVIDERS = {
            "github": {
                "APPS": [{"client_id": CLIENT_ID, "secret": SECRET, "key": ""}],
                "OAUTH_PKCE_ENABLED": True,
                "EMAIL_AUTHENTICATION": True,
            },
            "openid_connect": {"APPS": [social.mastodon_app(CLIENT_ID, SECRET, server=found.url)]},
        }
        yield found


def at_github(server: Elsewhere, *, email: str, verified: bool = True) -> None:
    """Let Grace have an account at GitHub, with an address that it has verified or not."""
    server.person = {"id": 42, "login": "grace", "name": "Grace Hopper"}
    server.emails = [{"email": email, "primary": True, "verified": verified}]


def go(client: StrictClient, server: Elsewhere, path: str, query: str = "") -> Any:
    """Press the button on the way there, agree there, and come back."""
    asked = client.post(path + query)
    assert asked.status_code == 302, asked.content
    back = server.agree(asked.headers["Location"])
    return client.get(f"{path}callback/", back, follow=True)


def is_in(client: StrictClient) -> bool:
    """Tell whether the client sees the pages of a person."""
    return bool(client.get("/cake/").status_code == 200)


def test_nothing_is_offered_without_keys(client: StrictClient) -> None:
    """The login page names no provider, and none can be begun."""
    page = client.get("/accounts/login/")

    assert not world.document(page).query('a[href*="github"]')
    assert client.post(GITHUB).status_code == 404


def test_what_has_keys_is_offered(server: Elsewhere, client: StrictClient) -> None:
    """To log in, to sign up, and to be connected."""
    del server
    for path in ("/accounts/login/", "/accounts/signup/"):
        links = [link.attrs["href"] for link in world.document(client.get(path)).query("main li a")]
        assert [link.partition("?")[0] for link in links] == [GITHUB, MASTODON]
    client.force_login(given.user("Grace"))

    assert world.document(client.get(CONNECTIONS)).query(f'a[href^="{GITHUB}"]')


def test_a_new_person_is_in_at_once(server: Elsewhere, client: StrictClient) -> None:
    """With the name and the verified address from there, in the language of the page, and without a code."""
    at_github(server, email="grace@example.com")
    client.get("/accounts/login/", headers={"accept-language": "fr"})
    back = go(client, server, GITHUB)
    person = User.objects.get()

    assert back.request["PATH_INFO"] == "/welcome/"
    assert (person.email, person.name) == ("grace@example.com", "Grace Hopper")
    assert not person.has_usable_password()
    assert SocialAccount.objects.get().uid == "42"
    assert not SocialToken.objects.exists()


def test_they_come_back_as_the_same(server: Elsewhere, client: StrictClient) -> None:
    """The account is known by its id there, whatever its address is by then."""
    at_github(server, email="grace@example.com")
    go(client, server, GITHUB)
    client.post("/accounts/logout/")
    at_github(server, email="other@example.com")
    go(client, server, GITHUB)

    assert is_in(client)
    assert User.objects.count() == 1


def test_a_verified_address_is_its_owners_account(server: Elsewhere, client: StrictClient) -> None:
    """Who has an account here with that address is logged in to it, and the two are connected."""
    person = world.confirmed(given.user("Grace"))
    at_github(server, email=person.email)
    go(client, server, GITHUB)

    assert is_in(client)
    assert User.objects.count() == 1
    assert SocialAccount.objects.get().user == person


def test_an_unverified_address_opens_nobodys_account(server: Elsewhere, client: StrictClient) -> None:
    """Whoever types somebody's address into an account elsewhere gets nowhere; its owner is told by email."""
    person = world.confirmed(given.user("Grace"))
    at_github(server, email=person.email, verified=False)
    back = go(client, server, GITHUB)

    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1
    assert back.status_code == 200
    assert [email.to for email in mail.outbox] == [[person.email]]


def test_a_server_that_lies_of_addresses_opens_nobodys_account(server: Elsewhere, client: StrictClient) -> None:
    """Not even if a Mastodon server says that it has verified the address."""
    person = world.confirmed(given.user("Grace"))
    server.person = {"sub": f"{server.url}/users/eve", "email": person.email, "email_verified": True}
    go(client, server, MASTODON)

    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_a_server_without_addresses_leads_to_a_form(server: Elsewhere, client: StrictClient) -> None:
    """The address is asked for, and proven by a code, as for everybody who signs up."""
    server.person = {"sub": f"{server.url}/users/grace", "name": "Grace", "preferred_username": "grace"}
    form = go(client, server, MASTODON)
    assert form.request["PATH_INFO"] == SIGN_UP
    asked = client.post(SIGN_UP, {"email": "grace@example.com"}, follow=True)
    assert not is_in(client)
    (code,) = re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", str(mail.outbox[-1].body), re.MULTILINE)
    client.post(asked.request["PATH_INFO"], {"code": code}, follow=True)

    assert is_in(client)
    assert SocialAccount.objects.get().provider == "mastodon"


def test_the_second_factor_is_asked_for_all_the_same(server: Elsewhere, client: StrictClient) -> None:
    """An account elsewhere takes the place of the password alone."""
    person = second_factor.give(world.confirmed(given.user("Grace")))
    at_github(server, email=person.email)
    back = go(client, server, GITHUB)

    assert back.request["PATH_INFO"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    world.enter_code(client, back)
    assert is_in(client)


def test_accounts_are_connected_and_disconnected(server: Elsewhere, client: StrictClient) -> None:
    """By who is logged in, whatever its address; afterwards it logs in, and after the end it doesn't."""
    person = world.confirmed(given.user("Grace"))
    client.force_login(person)
    server.person = {"sub": f"{server.url}/users/grace", "preferred_username": "grace"}
    connected = go(client, server, MASTODON, "?process=connect")
    account = SocialAccount.objects.get()
    assert connected.request["PATH_INFO"] == CONNECTIONS
    assert account.user == person
    assert "Mastodon" in world.document(connected).query("label .badge")[0].to_text()
    client.post(CONNECTIONS, {"account": account.pk})

    assert not SocialAccount.objects.exists()


def test_nobodys_account_is_connected_twice(server: Elsewhere, client: StrictClient) -> None:
    """One that belongs to somebody here stays theirs."""
    at_github(server, email="grace@example.com")
    go(StrictClient(), server, GITHUB)
    client.force_login(given.user("Henry"))
    told = go(client, server, GITHUB, "?process=connect")

    assert "already connected to a different account" in " ".join(world.messages(told))
    assert SocialAccount.objects.get().user.email == "grace@example.com"


@pytest.mark.parametrize("trouble", ["down", "forged_state", "forged_code", "refused"])
def test_trouble_there_is_told_and_lets_nobody_in(trouble: str, server: Elsewhere, client: StrictClient) -> None:
    """A server that is down, a way back that we didn't begin, a made-up code, a person who says no."""
    at_github(server, email="grace@example.com")
    back = server.agree(client.post(GITHUB).headers["Location"])
    if trouble == "down":
        server.is_down = True
    elif trouble == "forged_state":
        back["state"] = "made-up"
    elif trouble == "forged_code":
        back["code"] = "made-up"
    else:
        back = {"error": "access_denied", "state": back["state"]}
    told = client.get(f"{GITHUB}callback/", back, follow=True)

    assert told.status_code in {200, 401}
    assert not is_in(client)
    assert not User.objects.exists()


def test_closed_people_are_kept_out(server: Elsewhere, client: StrictClient) -> None:
    """Whom staff have shut out doesn't come in by another door."""
    person = world.confirmed(given.user("Grace", is_active=False))
    at_github(server, email=person.email)
    go(client, server, GITHUB)

    assert not is_in(client)
