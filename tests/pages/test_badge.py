"""The badge on other people's pages: small, well-formed, the same for everybody, and cheap."""

from xml.etree import ElementTree as ET

import pytest
from django.core.cache import caches
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from buttons.badge import badge, short_count
from buttons.models import Button
from buttons.operations import clicks
from tests import given
from tests.client import StrictClient
from tests.pages import world

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def button(db: None) -> Button:
    """Return a button with two clicks."""
    del db
    made = given.button()
    given.click(given.user(), made, now=world.NOW, times=2)
    return made


def path_of(button: Button) -> str:
    """Return the address of the badge."""
    return reverse("buttons:badge", args=[button.public_id])


def shown(client: StrictClient, button: Button) -> str:
    """Return the count that the badge shows."""
    texts = ET.fromstring(client.get(path_of(button)).content.decode()).findall(f".//{SVG}text")  # noqa: S314  It is ours.
    return str(texts[-1].text)


def test_anybody_may_keep_a_badge_for_half_a_minute(button: Button, client: StrictClient) -> None:
    """It depends on nobody: no cookie is set or asked for, whoever looks; every site may show it."""
    as_nobody = client.get(path_of(button))
    client.force_login(button.creator)
    as_creator = client.get(path_of(button))

    assert as_nobody.content == as_creator.content
    for answer in (as_nobody, as_creator):
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert set(answer.headers["Cache-Control"].split(", ")) == {"public", "max-age=30"}
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in answer.headers
        assert not answer.cookies
        assert len(answer.content) < 1000


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 123_456_789])
def test_a_badge_is_a_drawing_with_words(count: int) -> None:
    """It is well-formed, says the exact count to those who can't see it, and its texts lie inside."""
    drawing = ET.fromstring(badge(count=count))  # noqa: S314  It is ours.
    name, number = drawing.findall(f".//{SVG}text")

    assert drawing.tag == f"{SVG}svg"
    assert drawing.attrib["aria-label"] == f"flattr: {count}"
    assert (name.text, number.text) == ("flattr", short_count(count))
    assert float(name.attrib["x"]) < float(number.attrib["x"]) < float(drawing.attrib["width"])


@pytest.mark.parametrize(
    ("count", "short"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (1099, "1k"),
        (1100, "1.1k"),
        (9999, "9.9k"),
        (10_000, "10k"),
        (10_999, "10k"),
        (999_999, "999k"),
        (1_000_000, "1m"),
        (1_250_000, "1.2m"),
        (34_900_000, "34m"),
        (999_999_999, "999m"),
    ],
)
def test_a_count_is_short_and_never_more_than_there_is(count: int, short: str) -> None:
    """At most four characters, rounded down."""
    assert short_count(count) == short


def test_a_badge_follows_clicks(button: Button, client: StrictClient) -> None:
    """New clicks and undone ones show in it within a minute."""
    assert shown(client, button) == "2"
    fan = given.user()
    made = given.click(fan, button, now=world.NOW, times=3)
    clicks.undo_click(click_id=made[0].pk, fan=fan, now=world.NOW)

    assert shown(client, button) == "2"
    caches["process"].clear()
    assert shown(client, button) == "4"


def test_a_badge_needs_one_query_each_half_minute(
    button: Button, client: StrictClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Its clicks are counted twice a minute, for everybody together, and nothing else is asked."""
    with django_assert_num_queries(1):
        client.get(path_of(button))
    with django_assert_num_queries(0):
        client.get(path_of(button))


def test_looking_at_a_badge_needs_no_login_and_no_form(button: Button, client: StrictClient) -> None:
    """It is only to be looked at; what isn't there is nobody's to keep."""
    unknown = client.get(reverse("buttons:badge", args=["nothing"]))

    assert client.post(path_of(button)).status_code == 405
    assert client.head(path_of(button)).status_code == 200
    assert unknown.status_code == 404
    assert "private" in unknown.headers["Cache-Control"]


@pytest.mark.usefixtures("redis_away")
def test_a_badge_is_shown_while_redis_is_away(button: Button, client: StrictClient) -> None:
    """Other people's pages don't break with our cache: each process remembers counts by itself."""
    assert shown(client, button) == "2"
    given.click(given.user(), button, now=world.NOW)
    assert shown(client, button) == "2"
