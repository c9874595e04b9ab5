"""Presses on a frame: what is answered with which status, and nothing to anybody but the frame's own script."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings

from accounts.models import Subscription, User
from buttons import tickets
from buttons.models import Button, Click, OneClick, OriginStanding, Site, SiteKey
from buttons.operations import buttons as buttons_operations
from flattr.period import Period
from tests import given, pressing
from tests.client import StrictClient
from tests.pages import world
from tests.pages.framing import KEY, OURS, press, query_of, send, ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_one_press_is_answered_with_the_count_and_a_new_key(
    secret: str, presser: User, button: Button, client: StrictClient
) -> None:
    """The key goes to frames on this site alone, in no script's hands; the next press of the button is confirmed."""
    response = send(client, "click", press(button))
    told = response.json()
    click = Click.objects.get(id=told["undo"])

    assert response.status_code == 200
    assert (told["count"], told["shown"], told["own"], told["mode"]) == (2, "2", 2, "window")
    assert (click.fan, click.button, click.origin) == (presser, button, pressing.origin_of(button))
    cookie, *attributes = response["Set-Cookie"].split("; ")
    assert cookie.startswith(f"{KEY}=")
    assert cookie != f"{KEY}={secret}"
    assert attributes == ["Path=/", "Secure", "HttpOnly", "SameSite=None", "Partitioned", "Max-Age=7776000"]
    client.cookies[KEY] = cookie.partition("=")[2]
    again = send(client, "click", press(button, ticket=told["ticket"]))
    assert again.status_code == 409


@pytest.mark.usefixtures("secret")
def test_a_replayed_ticket_is_the_same_click(button: Button, client: StrictClient) -> None:
    """However often it is sent, with the old key or the new one."""
    pressed = press(button)
    answers = [send(client, "click", pressed) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.json()["undo"] for answer in answers}) == 1
    assert OneClick.objects.count() == 1


@pytest.mark.usefixtures("secret")
def test_a_finger_hovers_over_nothing(button: Button, client: StrictClient) -> None:
    """It needs no time over the button; a mouse does."""
    assert send(client, "click", press(button, hover=0)).status_code == 409
    assert send(client, "click", press(button, hover=0, pointer="touch")).status_code == 200


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": None},
        {"origin": "null"},
        {"origin": settings.APP_URL},
        {"origin": "https://evil.example"},
        {"origin": settings.EMBED_URL + ".evil.example"},
        {"sec_fetch_site": None},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_mode": None},
        {"sec_fetch_mode": "no-cors"},
        {"sec_fetch_mode": "navigate"},
        {"sec_fetch_dest": None},
        {"sec_fetch_dest": "document"},
        {"sec_fetch_dest": "iframe"},
    ],
    ids=str,
)
@pytest.mark.parametrize("way", ["click", "undo", "redeem"])
def test_only_our_frames_script_is_heard(
    way: str, headers: dict[str, str | None], button: Button, client: StrictClient
) -> None:
    """A form or script of another page, also one of ours, or what leaves a header out, does nothing."""
    response = send(client, way, press(button), **headers)

    assert response.status_code == 403
    assert not OneClick.objects.exists()
    assert "Set-Cookie" not in response


@pytest.mark.parametrize("way", ["click", "undo", "redeem"])
def test_nothing_is_done_by_looking(way: str, client: StrictClient) -> None:
    """A link or a picture can't press."""
    for method in (client.get, client.head, client.put, client.delete):
        assert method(f"/b/{way}", headers=OURS).status_code == 405


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "1", '{"ticket": {}}', "[" * 2000])
@pytest.mark.parametrize("way", ["click", "undo", "redeem"])
def test_what_is_no_message_of_ours_is_refused(way: str, body: str, client: StrictClient) -> None:
    """The answer says which part is wrong, and nothing breaks."""
    response = send(client, way, body)

    assert response.status_code == 400
    assert response.json()["error"]


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    "change",
    [
        {"ticket": ""},
        {"ticket": "x"},
        {"ticket": "x" * 201},
        {"ticket": None},
        {"hover": -1},
        {"hover": 2**40},
        {"hover": "soon"},
        {"hover": 1.5},
        {"seen": None},
        {"proven": "perhaps"},
        {"pointer": "eye"},
        {"x": -1},
        {"x": 1001},
        {"y": 32_001},
        {"page": 7},
        {"site": "x" * 301},
    ],
    ids=str,
)
def test_a_press_with_a_part_that_cannot_be_is_refused(
    change: dict[str, Any], button: Button, client: StrictClient
) -> None:
    """None of it is guessed."""
    assert send(client, "click", press(button, **change)).status_code == 400
    assert not OneClick.objects.exists()


@pytest.mark.usefixtures("secret")
def test_a_ticket_is_good_for_its_own_place_alone(button: Button, client: StrictClient) -> None:
    """Not for another page, creator or site, nor with a letter changed, nor signed by somebody else's secret."""
    other = pressing.verified_button(given.creator("Bob"))
    (page,) = pressing.more_buttons(button, 1)
    good = ticket(button)
    wrong = [
        press(button, ticket=ticket(other)),
        press(button, ticket=ticket(page)),
        press(button, ticket=ticket(button, origin="")),
        press(button, ticket=ticket(button, origin="https://elsewhere.example")),
        press(button, page=query_of(other)),
        press(button, site="https://elsewhere.example"),
        press(button, ticket=good[:-1] + ("A" if good[-1] != "A" else "B")),
        press(button, ticket=good.replace(good[0], "0" if good[0] != "0" else "1", 1)),
    ]

    assert [send(client, "click", each).status_code for each in wrong] == [400] * len(wrong)
    assert not OneClick.objects.exists()


@pytest.mark.usefixtures("secret")
def test_a_stale_ticket_is_gone(button: Button, client: StrictClient, clock: time_machine.Traveller) -> None:
    """After a quarter of an hour the frame asks in our window."""
    old = ticket(button)
    clock.move_to(world.NOW + timedelta(minutes=15, seconds=2))

    assert send(client, "click", press(button, ticket=old)).status_code == 410


@pytest.mark.parametrize("cookie", [None, "", "made-up", "x" * 3000])
def test_without_a_key_a_press_is_nobodys(cookie: str | None, button: Button, client: StrictClient) -> None:
    """The frame is told to let them log in, in our window."""
    if cookie is not None:
        client.cookies[KEY] = cookie

    assert send(client, "click", press(button)).status_code == 401


def test_another_sites_key_is_nobodys(presser: User, button: Button, client: StrictClient) -> None:
    """Whichever way it got into the request."""
    client.cookies[KEY] = pressing.key_for(presser, pressing.verified_button(), now=world.NOW)

    assert send(client, "click", press(button)).status_code == 401
    assert not OneClick.objects.exists()


@pytest.mark.usefixtures("secret")
def test_without_a_budget_a_press_asks_for_one(presser: User, button: Button, client: StrictClient) -> None:
    """The frame leads to it in our window."""
    paused = Subscription.State.PAUSED
    given.subscription(presser, budget_cents=500, period=Period.at(world.NOW), state=paused)

    assert send(client, "click", press(button)).status_code == 402


@pytest.mark.usefixtures("secret")
def test_what_takes_no_clicks_says_so(button: Button, client: StrictClient) -> None:
    """A hidden button is forbidden; a creator that isn't there is not found."""
    nobody = replace(given.place(button, origin=pressing.origin_of(button)), to="nobody")
    query = "?" + urlencode({"to": "nobody", "url": button.url})
    unknown = press(button, ticket=tickets.mint(place=nobody), page=query)
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)

    assert send(client, "click", press(button)).status_code == 403
    assert send(client, "click", unknown).status_code == 404


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("change", [{"seen": 10}, {"hover": 10}, {"proven": False}], ids=str)
def test_what_may_be_a_trick_is_to_be_confirmed(change: dict[str, Any], button: Button, client: StrictClient) -> None:
    """The click isn't lost: the frame's next press opens our window."""
    response = send(client, "click", press(button, **change))

    assert response.status_code == 409
    assert "Set-Cookie" not in response


@pytest.mark.usefixtures("secret")
def test_a_site_that_lost_its_proof_confirms_each_click(button: Button, client: StrictClient) -> None:
    """From the next press on, whatever the frame was told when it was loaded."""
    pressed = press(button)
    Site.objects.update(verified_at=None)

    assert send(client, "click", pressed).status_code == 409


@pytest.mark.usefixtures("secret")
def test_undo_takes_back_what_was_just_made(button: Button, client: StrictClient) -> None:
    """It says the new count; a click that isn't there is not found, and without a key it is nobody's."""
    made = send(client, "click", press(button)).json()["undo"]
    undone = send(client, "undo", {"click": made})

    assert (undone.status_code, undone.json()) == (200, {"count": 1, "shown": "1", "own": 1})
    assert send(client, "undo", {"click": world.new_id()}).status_code == 404
    assert send(client, "undo", {"click": "x"}).status_code == 400
    del client.cookies[KEY]
    assert send(client, "undo", {"click": made}).status_code == 401


def test_a_key_is_fetched_once_a_click_was_confirmed(presser: User, button: Button, client: StrictClient) -> None:
    """Until then and after that there is nothing; nobody else's frame gets it."""
    verifier = world.new_id()
    asked = {"verifier": verifier, "page": query_of(button), "site": pressing.origin_of(button)}
    waiting = send(client, "redeem", asked)
    pressing.confirmed(presser, button, now=world.NOW, verifier=verifier)
    other = send(client, "redeem", {**asked, "verifier": world.new_id()})
    done = send(client, "redeem", asked)
    again = send(client, "redeem", asked)

    assert [each.status_code for each in (waiting, other, done, again)] == [202, 202, 200, 202]
    assert all("Set-Cookie" not in each for each in (waiting, other, again))
    assert done["Set-Cookie"].startswith(f"{KEY}=")
    assert done.json()["own"] == 1
    assert SiteKey.objects.get().origin == pressing.origin_of(button)


def test_a_fetched_key_says_what_the_next_press_does(presser: User, button: Button, client: StrictClient) -> None:
    """As a frame loaded now would: none is one too many, on a site that has lost a proof or a good name."""
    asked = {"page": query_of(button), "site": pressing.origin_of(button)}

    def mode() -> str:
        verifier = world.new_id()
        pressing.confirmed(presser, button, now=world.NOW, verifier=verifier)
        told = send(client, "redeem", {"verifier": verifier, **asked})
        client.cookies[KEY] = told["Set-Cookie"].partition(";")[0].partition("=")[2]
        return str(told.json()["mode"])

    assert mode() == "proven"
    standing = OriginStanding.objects.create(origin=pressing.origin_of(button), has_good_name=True)
    assert mode() == "one"
    standing.demoted_until = world.NOW + timedelta(days=1)
    standing.save()
    assert mode() == "window"
    standing.delete()
    Site.objects.update(verified_at=None)
    assert mode() == "window"
    Site.objects.update(verified_at=world.NOW)
    # One press a day is enough for a button.
    assert mode() == "proven"
    assert send(client, "click", press(button)).status_code == 200
    assert mode() == "window"


@pytest.mark.parametrize("verifier", ["", "x" * 36, "0" * 31, "0" * 64, [], None])
def test_a_verifier_has_one_form(verifier: str | None, button: Button, client: StrictClient) -> None:
    """Nothing else is looked for."""
    asked = {"verifier": verifier, "page": query_of(button), "site": ""}

    assert send(client, "redeem", asked).status_code == 400
