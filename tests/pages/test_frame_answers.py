"""Frames: with which headers, to whom, and when one press is said to be enough."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from buttons.embed import frame as frames
from buttons.models import Button, OriginStanding
from buttons.operations import buttons as buttons_operations
from buttons.operations import keys
from tests import given, pressing
from tests.client import StrictClient
from tests.pages import world
from tests.pages.framing import EMBED, KEY, frame, press, query_of, said, send, ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def policy_of(response: Any) -> dict[str, str]:
    """Return the policy by its directives."""
    parts = (part.split(None, 1) for part in response["Content-Security-Policy"].split("; "))
    return {name: value for name, value in parts}  # noqa: C416  The pairs are lists.


def test_a_frame_has_the_headers_of_the_study(button: Button, client: StrictClient) -> None:
    """Nobody keeps it, the verified site alone shows it, also isolated, and only our own code runs in it."""
    response = frame(client, button)
    policy = policy_of(response)

    assert response.status_code == 200
    for name, value in {
        "Cache-Control": "private, no-store",
        "Vary": "Cookie, Referer, Accept-Language, Sec-Fetch-Storage-Access",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Referrer-Policy": "strict-origin",
        "X-Content-Type-Options": "nosniff",
        "Origin-Agent-Cluster": "?1",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), storage-access=(self)",
    }.items():
        assert response[name] == value, name
    assert "X-Frame-Options" not in response
    assert policy["frame-ancestors"] == pressing.origin_of(button)
    assert (policy["default-src"], policy["base-uri"], policy["form-action"]) == ("'none'",) * 3
    for directive in ("script-src", "style-src"):
        assert policy[directive].startswith("'sha256-")
    assert not response.cookies
    assert "Set-Cookie" not in response


@pytest.mark.parametrize(
    "referer", ["", "https://elsewhere.example/", "null", "https://site-1.example.evil.example/"]
)
def test_any_secure_page_shows_a_frame_that_asks_for_confirmation(
    referer: str, button: Button, client: StrictClient
) -> None:
    """Where the page isn't known to be the creator's, each press opens our window."""
    response = frame(client, button, referer=referer)

    assert policy_of(response)["frame-ancestors"].split()[-1] == "https:"
    assert said(response)["mode"] == "window"


@pytest.mark.parametrize(
    "referer",
    [
        "https://site-1.example:443; script-src *",
        "https://[fe80::1%25" + "a" * 400 + "]/",
        "https://u[@h]/",
        "https://" + "a" * 300 + "/",
        "https://a'b/",
        "https://\xa0.example/",
        "file:///etc/passwd",
    ],
)
def test_what_no_browser_says_of_a_page_is_no_page(referer: str, button: Button, client: StrictClient) -> None:
    """It gets into no header, and breaks no frame."""
    response = frame(client, button, referer=referer)

    assert (response.status_code, said(response)["origin"]) == (200, "")
    assert policy_of(response)["frame-ancestors"].split()[-1] == "https:"


@pytest.mark.parametrize(
    ("scheme", "port"), [("http", ""), ("http", ":443"), ("https", ":8443"), ("https", ":443"), ("https", ".")]
)
def test_what_is_not_the_very_site_that_was_proven_asks_for_confirmation(
    scheme: str, port: str, presser: User, button: Button, client: StrictClient
) -> None:
    """Plain HTTP is whoever's the network is; at another port a site that lost its name would begin anew."""
    host, verifier = pressing.origin_of(button).partition("//")[2], world.new_id()
    origin = f"{scheme}://{host}{port}"
    pressing.confirmed(presser, button, now=world.NOW, verifier=verifier, origin=origin)
    client.cookies[KEY] = keys.redeem(verifier=verifier, replaced="", now=world.NOW).secret
    response = frame(client, button, referer=origin + "/")

    assert said(response)["mode"] == "window"
    assert policy_of(response)["frame-ancestors"].split()[-1] == "https:"
    pressed = press(button, site=origin, ticket=ticket(button, origin=origin))
    assert send(client, "click", pressed).status_code == 409


@pytest.mark.usefixtures("secret")
def test_a_frame_says_whether_one_press_is_enough(presser: User, button: Button, client: StrictClient) -> None:
    """It is where all is known and trusted; where few fans speak for the site, the browser has to prove more."""
    standing = OriginStanding.objects.create(origin=pressing.origin_of(button))

    def mode() -> str:
        return said(frame(client, button))["mode"]

    assert mode() == "proven"
    OriginStanding.objects.update(has_good_name=True)
    assert mode() == "one"
    OriginStanding.objects.update(demoted_until=world.NOW + timedelta(seconds=1))
    assert mode() == "window"
    OriginStanding.objects.update(demoted_until=world.NOW)
    assert mode() == "one"
    OriginStanding.objects.update(frozen_at=world.NOW)
    assert mode() == "window"
    standing.delete()
    assert mode() == "proven"
    keys.revoke_keys(fan=presser, origin=pressing.origin_of(button), now=world.NOW)
    assert mode() == "window"


@pytest.mark.usefixtures("secret")
def test_a_key_is_worth_nothing_in_a_frame_elsewhere(button: Button, client: StrictClient) -> None:
    """On another site, or on none, the frame knows nobody."""
    own = said(frame(client, button))["own"]
    for referer in ("", "https://elsewhere.example/"):
        elsewhere = said(frame(client, button, referer=referer))
        assert (elsewhere["mode"], elsewhere["own"]) == ("window", "0")

    assert own == "1"


@pytest.mark.usefixtures("secret")
def test_a_revoked_confirmation_is_none(presser: User, button: Button, client: StrictClient) -> None:
    """Also where a later key, for another creator there, is good."""
    origin, verifier = pressing.origin_of(button), secrets.token_hex(32)
    keys.revoke_keys(fan=presser, origin=origin, now=world.NOW)
    guest = given.button(given.creator("Bob"))
    pressing.confirmed(presser, guest, now=world.NOW, verifier=verifier, origin=origin)
    client.cookies[KEY] = keys.redeem(verifier=verifier, replaced="", now=world.NOW).secret

    assert said(frame(client, button))["mode"] == "window"


@pytest.mark.usefixtures("secret")
def test_a_frame_is_one_query_and_none_when_remembered(
    button: Button, client: StrictClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """With a key one each time; without, one each half minute, by which no other site's frame is answered."""
    frame(client, button)
    with django_assert_num_queries(1):
        frame(client, button)
    del client.cookies[KEY]
    frame(client, button)
    with django_assert_num_queries(0):
        assert said(frame(client, button))["mode"] == "window"
    with django_assert_num_queries(1):
        frame(client, button, referer="https://elsewhere.example/")


def test_what_is_asked_at_length_is_answered_and_not_remembered(button: Button, client: StrictClient) -> None:
    """Else whoever asks for thousands of pages with the longest addresses that there are fills our memory."""
    before = frames._remembered.cache_info().currsize
    responses = [
        frame(client, button, more="x" * 3000),
        frame(client, button, referer=pressing.origin_of(button) + "/" + "x" * 3000),
    ]

    assert [response.status_code for response in responses] == [200, 200]
    assert frames._remembered.cache_info().currsize == before


def test_where_there_is_no_button_a_frame_says_so(button: Button, client: StrictClient) -> None:
    """For an unknown creator, for what is none at all, and for a hidden button; nothing can be pressed there."""
    for query in ("", "?to=nobody", "?to=%00", "?to=" + "x" * 5000, "?to=<script>"):
        response = client.get(f"/b{query}", headers={"host": EMBED})
        assert response.status_code == 404, query
        assert not world.document(response).query("button:not([disabled]), script")
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)
    assert frame(client, button).status_code == 404


def test_frames_and_presses_are_on_their_own_host_alone(button: Button, client: StrictClient) -> None:
    """On ours, where sessions are sent, there is no frame; on theirs there is no page of ours."""
    assert client.get(f"/b{query_of(button)}").status_code == 404
    for path in ("/", "/cake/", "/accounts/login/", f"/c/{ticket(button)}/"):
        for host in (EMBED, EMBED.upper(), EMBED.replace(":", ".:"), EMBED.partition(":")[0]):
            assert client.get(path, headers={"host": host}).status_code == 404, (path, host)
