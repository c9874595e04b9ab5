"""The badge on other people's pages: small, well-formed, the same for everybody, and cheap."""

import base64
import hashlib
import re
from typing import Any, Final
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import brotli
import pytest
from django.conf import settings
from django.core.cache import caches
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from buttons.badge import SIZES, THEMES, badge, short_count
from buttons.models import Button
from buttons.operations import clicks
from buttons.queries.frames import frame_memory
from tests import given
from tests.client import StrictClient
from tests.pages import world

SVG: Final = "{http://www.w3.org/2000/svg}"
EMBED_HOST: Final = settings.EMBED_URL.partition("//")[2]
BUDGET_BYTES: Final = 500
READABLE: Final = 4.5
"""The contrast that WCAG 2.2 wants of texts (1.4.3)."""

DRAWINGS: Final = [(size, theme) for size in SIZES for theme in THEMES]


@pytest.fixture
def button(db: None) -> Button:
    """Return a button with two clicks."""
    del db
    made = given.button()
    given.click(given.user(), made, now=world.NOW, times=2)
    return made


def by_id(client: StrictClient, button: Button, **headers: str) -> Any:
    """Ask for the badge of one button, wherever its page is."""
    return client.get(reverse("buttons:badge", args=[button.public_id]), headers=headers)


def by_page(client: StrictClient, button: Button, **headers: str) -> Any:
    """Ask for the badge of a creator's page."""
    path = f"/{button.creator.creator_profile.slug}.svg?{urlencode({'url': button.url})}"
    return client.get(path, headers={"host": EMBED_HOST, **headers})


def as_json(client: StrictClient, button: Button, **headers: str) -> Any:
    """Ask for the count of a creator's page as Shields does."""
    path = f"/{button.creator.creator_profile.slug}.json?{urlencode({'url': button.url})}"
    return client.get(path, headers={"host": EMBED_HOST, **headers})


both_addresses = pytest.mark.parametrize("ask", [by_id, by_page])
all_addresses = pytest.mark.parametrize("ask", [by_id, by_page, as_json])


def shown(response: Any) -> str:
    """Return the count that a badge shows."""
    texts = ET.fromstring(response.content.decode()).findall(f".//{SVG}text")  # noqa: S314  It is ours.
    return str(texts[-1].text)


@all_addresses
def test_anybody_may_keep_a_badge_for_half_a_minute(ask: Any, button: Button, client: StrictClient) -> None:
    """It depends on nobody: no cookie is set or asked for, whoever looks; every site may show it."""
    as_nobody = ask(client, button)
    client.force_login(button.creator)
    as_creator = ask(client, button)

    assert as_nobody.content == as_creator.content
    for answer in (as_nobody, as_creator):
        assert set(answer.headers["Cache-Control"].split(", ")) == {"public", "max-age=30", "stale-if-error=86400"}
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in answer.headers
        assert not answer.cookies


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 123_456_789])
@pytest.mark.parametrize(("size", "theme"), DRAWINGS)
def test_a_badge_is_a_drawing_with_words(size: str, theme: str, count: int) -> None:
    """It is well-formed, has its box, names the exact count to those who can't see it, and loads nothing."""
    text = badge(count=count, size=size, theme=theme)
    drawing = ET.fromstring(text)  # noqa: S314  It is ours.
    name, number = drawing.findall(f".//{SVG}text")
    (title,) = drawing.findall(f"{SVG}title")

    assert (drawing.tag, drawing.attrib["role"], title.text) == (f"{SVG}svg", "img", f"Flattr: {count}")
    assert (name.text, number.text) == ("Flattr", short_count(count))
    assert [drawing.attrib[each] for each in ("width", "height")] == [
        str(SIZES[size].width),
        str(SIZES[size].height),
    ]
    # The widest letters take nine tenths of the size, on the average of a word; both words have their room.
    room = float(number.attrib["x"]) - float(name.attrib["x"])
    assert room >= 0.65 * SIZES[size].font * len(f"{name.text}{number.text}")
    assert not re.search(r"href|url\(|@import|<script", text)
    assert len(brotli.compress(text.encode())) <= BUDGET_BYTES


@pytest.mark.parametrize(
    ("asked", "box"),
    [
        ({}, ("132", "28")),
        ({"size": "small"}, ("96", "20")),
        ({"size": "large"}, ("164", "44")),
        ({"size": "<huge>", "theme": "<pink>"}, ("132", "28")),
    ],
)
def test_a_page_chooses_the_size(
    asked: dict[str, str], box: tuple[str, str], button: Button, client: StrictClient
) -> None:
    """Both addresses take it; whatever is no size is the usual one."""
    addresses = [
        (reverse("buttons:badge", args=[button.public_id]), "testserver"),
        (f"/{button.creator.creator_profile.slug}.svg", EMBED_HOST),
    ]
    for path, host in addresses:
        answer = client.get(path, asked, headers={"host": host})
        drawing = ET.fromstring(answer.content.decode())  # noqa: S314  It is ours.
        assert (drawing.attrib["width"], drawing.attrib["height"]) == box


@both_addresses
def test_a_badge_keeps_its_style_where_it_is_opened_alone(ask: Any, button: Button, client: StrictClient) -> None:
    """Its policy names the hash of each style that a badge may have, and nothing else may be in it."""
    policy = ask(client, button).headers["Content-Security-Policy"]

    assert re.fullmatch(r"default-src 'none'; style-src( 'sha256-[\w+/=]+'){3}; frame-ancestors 'none'", policy)
    for size, theme in DRAWINGS:
        (style,) = re.findall(r"<style>(.*)</style>", badge(count=1, size=size, theme=theme))
        assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy


def luminance(color: str) -> float:
    """Return the relative luminance of a color as #rgb or #rrggbb, by WCAG 2.2."""
    digits = color[1:] if len(color) == 7 else "".join(each * 2 for each in color[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_stand_out_in_both_themes() -> None:
    """Text on its ground has a contrast of 4.5:1 at least; a reader's choice is one of the two."""
    for theme in ("light", "dark"):
        ground, ink = re.findall(r"fill:(#\w+)", THEMES[theme])
        darker, lighter = sorted([luminance(ground), luminance(ink)])
        assert (lighter + 0.05) / (darker + 0.05) >= READABLE
    assert THEMES["auto"] == f"{THEMES['light']}@media(prefers-color-scheme:dark){{{THEMES['dark']}}}"


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


def test_shields_is_told_the_count(button: Button, client: StrictClient) -> None:
    """In the form that its endpoint badge wants, with a color that white words stand out on."""
    answer = as_json(client, button)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"schemaVersion": 1, "label": "Flattr", "message": "2", "color": "b3405f"}
    assert 1.05 / (luminance("#b3405f") + 0.05) >= READABLE


@both_addresses
def test_a_badge_follows_clicks(ask: Any, button: Button, client: StrictClient) -> None:
    """New clicks and undone ones show in it within a minute."""
    assert shown(ask(client, button)) == "2"
    fan = given.user()
    made = given.click(fan, button, now=world.NOW, times=3)
    clicks.undo_click(click_id=made[0].pk, fan=fan, now=world.NOW)

    assert shown(ask(client, button)) == "2"
    caches["process"].clear()
    frame_memory.clear()
    assert shown(ask(client, button)) == "4"


@all_addresses
def test_who_has_a_badge_is_not_sent_it_again(ask: Any, button: Button, client: StrictClient) -> None:
    """By its tag, also one that a proxy weakened, among others or any; until somebody clicks."""
    first = ask(client, button)
    tag = first.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = ask(client, button, **{"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert [again.headers[name] for name in ("ETag", "Cache-Control")] == [tag, first.headers["Cache-Control"]]
    given.click(given.user(), button, now=world.NOW)
    caches["process"].clear()
    frame_memory.clear()
    changed = ask(client, button, **{"if-none-match": tag})

    assert (changed.status_code, changed.headers["ETag"] == tag) == (200, False)


@all_addresses
def test_a_badge_needs_one_query_each_half_minute(
    ask: Any, button: Button, client: StrictClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Its clicks are counted twice a minute, for everybody together, and nothing else is asked."""
    button.creator.creator_profile  # noqa: B018  It is read for the address.
    with django_assert_num_queries(1):
        ask(client, button)
    with django_assert_num_queries(0):
        ask(client, button)


@pytest.mark.parametrize(
    ("path", "host"),
    [("/b/nothing/badge.svg", "testserver"), ("/nobody.svg", EMBED_HOST), ("/nobody.json", EMBED_HOST)],
)
@pytest.mark.django_db
def test_what_is_not_there_is_nobodys_to_keep(path: str, host: str, client: StrictClient) -> None:
    """Neither a button nor a creator."""
    unknown = client.get(path, headers={"host": host})

    assert (unknown.status_code, unknown.headers["Cache-Control"]) == (404, "private, no-store")


def test_looking_at_a_badge_needs_no_login_and_no_form(button: Button, client: StrictClient) -> None:
    """It is only to be looked at."""
    path = reverse("buttons:badge", args=[button.public_id])

    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200


@pytest.mark.usefixtures("redis_away")
def test_a_badge_is_shown_while_redis_is_away(button: Button, client: StrictClient) -> None:
    """Other people's pages don't break with our cache: each process remembers counts by itself."""
    assert shown(by_id(client, button)) == "2"
    given.click(given.user(), button, now=world.NOW)
    assert shown(by_id(client, button)) == "2"
