"""Badges and clicks by the short way, past Django and its middleware, are what they are by the long one."""

import json
import uuid
from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from buttons.models import Button, Click
from flattr.handler import Handler
from flattr.period import Period
from tests import given
from tests.asgi import Answer, ask, scope
from tests.pages import world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


@pytest.fixture
def short_way(monkeypatch: pytest.MonkeyPatch) -> Handler:
    """Return the web server's handler without the long way."""
    made = Handler()
    monkeypatch.setattr(made, "handle", None)
    return made


def click(short_way: Handler, button: Button, *, session: str, headers: dict[str, str] | None = None) -> Answer:
    """Send a click as the script does."""
    body = urlencode({"click_id": str(uuid.uuid4()), "origin": "https://artist.example/song"}).encode()
    sent = {"cookie": f"theme=dark; sessionid={session}", "origin": "http://testserver", **(headers or {})}
    return async_to_sync(ask)(short_way, scope("POST", f"/b/{button.public_id}/clicks/", headers=sent), body)


def test_a_badge_is_the_same_by_both_ways(short_way: Handler, client: Client) -> None:
    """Its drawing and whatever a browser or a cache goes by; what isn't there is missing by both."""
    button = given.button()
    given.click(given.user(), button, now=world.NOW, times=3)
    for public_id, status in ((button.public_id, 200), ("nothing", 404)):
        address = f"/b/{public_id}/badge.svg"
        short, long = async_to_sync(ask)(short_way, scope("GET", address)), client.get(address)
        assert (short.status, short.body) == (status, long.content)
        # The long way knows languages, on which neither depends.
        of_django = {"Content-Length", "Content-Language", "Vary"}
        named = {name.lower(): value for name, value in long.headers.items() if name not in of_django}
        assert short.headers == named


def test_who_has_a_badge_is_told_so_by_the_short_way(
    short_way: Handler, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """By its tag, in a few bytes and without a question to the database; with the headers of the whole answer."""
    address = f"/b/{given.button().public_id}/badge.svg"
    whole = async_to_sync(ask)(short_way, scope("GET", address))
    with django_assert_num_queries(0):
        known = async_to_sync(ask)(
            short_way, scope("GET", address, headers={"if-none-match": f"W/{whole.headers['etag']}"})
        )

    assert (whole.status, known.status, known.body) == (200, 304, b"")
    assert known.headers == whole.headers


def test_a_click_is_recorded_and_refused_by_the_short_way(short_way: Handler) -> None:
    """It finds out by itself whose session it is and who sent it."""
    fan, button = given.funded_fan(period=Period.at(world.NOW)), given.button()
    client = Client()
    client.force_login(fan, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies["sessionid"].value

    assert click(short_way, button, session=session, headers={"origin": "https://evil.example"}).status == 403
    assert click(short_way, button, session="made-up").status == 401
    assert not Click.objects.exists()
    recorded = click(short_way, button, session=session)
    assert recorded.status == 200
    assert json.loads(recorded.body) == {"click_id": str(Click.objects.get(fan=fan, button=button).pk)}
    assert recorded.headers["cache-control"] == "private, no-store"
