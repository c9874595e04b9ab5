"""Buttons made by a click learn from their pages what they are called, in which language, and where they are."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from buttons import tasks
from buttons.models import Button, ButtonAlias, Site
from buttons.operations import buttons as operations
from buttons.operations import clicks, moves, reading
from buttons.tickets import Place
from flattr.period import Period
from tests import given
from tests.conftest import Rung
from tests.outside.servers import Answer, Outside, html, leading_to

pytestmark = pytest.mark.django_db

NOW: Final = given.MOMENT
PAGE: Final = "https://ada.example/song"


@pytest.fixture
def ada() -> User:
    """Return a creator whose site ada.example is verified."""
    user = given.creator("Ada")
    Site.objects.create(creator=user, host="ada.example", verified_at=NOW)
    return user


def opened(creator: User, url: str = PAGE) -> Button:
    """Return the button that the first click on a page makes, or a later one finds."""
    place = Place(to=creator.creator_profile.slug, url=operations.canonical_url(url), origin="https://ada.example")
    return operations.open_button(place=place, now=NOW)


def read(button: Button, *, now: datetime = NOW) -> Button:
    """Let a worker read the button's page; return the button as it is then."""
    reading.read_page(button_id=button.pk, network=settings.OUTSIDE_NETWORK, clock=lambda: now)
    button.refresh_from_db()
    return button


def addresses(button: Button) -> list[str]:
    """Return where the button is, and what else leads there."""
    return [button.url, *button.aliases.order_by("pk").values_list("url", flat=True)]


def head(inside: str, *, lang: str = ' lang="en"') -> Answer:
    """Return a page with something in its head."""
    return html(f"<!doctype html><html{lang}><head>{inside}</head><body><title>No</title></body></html>")


@pytest.mark.parametrize(
    ("page", "title", "language"),
    [
        (head("<title>A song</title>"), "A song", "en"),
        (head("<title>Song | Ada</title><meta property=OG:title content='A song'>"), "A song", "en"),
        (head("<title>A song</title><meta property=og:title content=' '>"), "A song", "en"),
        (head("<title>\n A&nbsp;song &amp;\t&lt;b&gt;more&lt;/b&gt; </title>"), "A song & <b>more</b>", "en"),
        (head("<title>A</title><title>B</title>", lang=" lang=pt-BR"), "A", "pt-BR"),
        (head("<title>A\u202e\u0007\u200b song\u200d</title>", lang=" lang='x y'"), "A song\u200d", ""),
        (head("<title>A</title>", lang=" lang=zh-cmn-Hans-CN"), "A", "zh"),
        (head(f"<title>{'a' * 300}</title>", lang=""), f"{'a' * 199}…", ""),
        (head("<svg><title>A</title></svg>"), "ada.example/song", "en"),
        (head("<title><script>alert(1)</script></title>"), "<script>alert(1)</script>", "en"),
        (html(""), "ada.example/song", ""),
        (html("<" * 60_000), "ada.example/song", ""),
        (Answer(body=b"\xff\xfe" + "<title>Lied – ä".encode("utf-16-le")), "Lied – ä", ""),
        (
            Answer(body="<title>Käse".encode("cp1251", "xmlcharrefreplace"), headers={"Content-Type": "text/html"}),
            "Käse",
            "",
        ),
    ],
)
def test_title_and_language_are_read(page: Answer, title: str, language: str, ada: User, outside: Outside) -> None:
    """As text on one line, whatever stands there, and as it was where nothing does."""
    outside.page("ada.example/song", page)
    button = read(opened(ada))

    assert (button.title, button.language, button.read_next_at) == (title, language, None)
    assert addresses(button) == [PAGE]


def test_what_its_creator_says_stays(ada: User, outside: Outside) -> None:
    """Whoever edits a button before its page is read, or while it is, isn't overruled; nobody is asked after that."""
    outside.page("ada.example/song", head("<title>Theirs</title><link rel=canonical href=/other>"))
    said: dict[str, Any] = {"title": "Mine", "description": "", "category": "other", "tags": (), "language": "fr"}
    button, other = opened(ada), opened(ada, f"{PAGE}/2")

    def edited_meanwhile() -> datetime:
        moves.edit_button(button=button, url=button.url, now=NOW, **said)
        return NOW

    reading.read_page(button_id=button.pk, network=settings.OUTSIDE_NETWORK, clock=edited_meanwhile)
    moves.edit_button(button=other, url=other.url, now=NOW, **said)
    read(button)
    read(other)

    assert [(each.title, each.language, each.url) for each in (button, other)] == [
        ("Mine", "fr", PAGE),
        ("Mine", "fr", f"{PAGE}/2"),
    ]
    assert len(outside.asked) == 1


def test_a_page_that_fails_is_tried_four_times(ada: User, outside: Outside) -> None:
    """After ten minutes, two hours and a day; then it is left with its address for a title."""
    outside.page("ada.example/song", Answer(status=503))
    button = opened(ada)
    waits = []
    for _ in range(4):
        read(button)
        waits.append(button.read_next_at and button.read_next_at - NOW)
    read(button)

    assert waits == [timedelta(minutes=10), timedelta(hours=2), timedelta(days=1), None]
    assert (button.title, len(outside.asked)) == ("ada.example/song", 4)


def test_only_pages_that_were_clicked_are_read(ada: User, outside: Outside, rung: Rung) -> None:
    """Each minute for who wasn't rung for or has to be tried again, and once in ten minutes."""
    outside.page("ada.example/song", head("<title>A song</title>"))
    button, now = opened(ada), timezone.now()
    Button.objects.update(read_next_at=now - timedelta(minutes=1))
    tasks.sweep_pages()
    assert rung == []
    fan = given.funded_fan(period=Period.at(now))
    given.click(fan, button, now=now)
    for _ in range(2):
        tasks.sweep_pages()
    assert rung == [("read_page", (button.pk,))]
    tasks.read_page(button.pk)
    button.refresh_from_db()

    assert button.title == "A song"


@pytest.mark.parametrize(
    "change", [{"verified_at": None}, {"creator_id": None}, {"host": "else.example"}], ids=["lost", "taken", "other"]
)
def test_only_sites_of_the_creator_are_asked(change: dict[str, object], ada: User, outside: Outside) -> None:
    """A site that isn't verified for them any more isn't asked, and nothing moves."""
    outside.page("ada.example/song", head("<title>A song</title><link rel=canonical href=/other>"))
    button = opened(ada)
    if "creator_id" in change:
        change = {"creator_id": given.creator("Bob").pk}
    Site.objects.update(**change)
    read(button)

    assert (button.read_next_at, addresses(button), outside.asked) == (None, [PAGE], [])


def test_a_redirect_to_a_site_of_somebody_else_is_not_followed(ada: User, outside: Outside) -> None:
    """Neither to their page, verified or not, nor to the name with www of one's own, unless that is verified, too."""
    bob = given.creator("Bob")
    Site.objects.create(creator=bob, host="bob.example", verified_at=NOW)
    outside.host("bob.example", "www.ada.example", "stranger.example")
    button = opened(ada)
    for place in ("https://bob.example/", "https://stranger.example/", "https://www.ada.example/song"):
        outside.page("ada.example/song", leading_to(place))
        read(button)
        assert button.read_next_at is not None
    outside.page("www.ada.example/song", head("<title>A song</title>"))
    Site.objects.create(creator=ada, host="www.ada.example", verified_at=NOW)
    read(button)

    assert {address for address, _ in outside.asked} == {"ada.example/song", "www.ada.example/song"}
    assert (button.title, addresses(button)) == ("A song", ["https://www.ada.example/song", PAGE])


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<link rel=canonical href=/Lied>", "https://ada.example/Lied"),
        ("<base href=/a/><link rel='x CANONICAL' href='b?utm_source=c&d=1#e'>", "https://ada.example/a/b?d=1"),
        ("<link rel=canonical href=http://ada.example/Lied>", "http://ada.example/Lied"),
        ("<link rel=canonical href=https://bob.example/>", PAGE),
        ("<link rel=canonical href=https://stranger.example/>", PAGE),
        ("<link rel=canonical href=//[>", PAGE),
        ("<link rel=canonical href=javascript:alert(1)>", PAGE),
        ("<link rel=canonical href=''>", PAGE),
        (f"<link rel=canonical href={PAGE}#top>", PAGE),
        (f"<link rel=alternate href={PAGE}/2>", PAGE),
        (f"<template><link rel=canonical href={PAGE}/2></template>", PAGE),
    ],
)
def test_a_page_names_its_one_address(inside: str, url: str, ada: User, outside: Outside) -> None:
    """On a site that is verified for the same creator, else it says nothing; the first address leads there."""
    Site.objects.create(creator=given.creator("Bob"), host="bob.example", verified_at=NOW)
    outside.page("ada.example/song", head(inside))
    button = read(opened(ada))

    assert addresses(button) == ([PAGE] if url == PAGE else [url, PAGE])
    assert opened(ada) == opened(ada, url) == button
    assert Button.objects.count() == 1


def test_a_page_without_encryption_is_the_same_one(ada: User, outside: Outside) -> None:
    """It is asked for with encryption, and is there from then on."""
    outside.page("ada.example/song", head("<title>A song</title>"))
    button = read(opened(ada, "http://ada.example/song"))

    assert addresses(button) == [PAGE, "http://ada.example/song"]


def test_an_address_that_is_spelled_in_its_own_way_does_not_move(ada: User, outside: Outside) -> None:
    """That we ask for it in another spelling says nothing about it."""
    outside.page("ada.example/a%7Cb?c=%C3%A9", head("<title>A song</title>"))
    button = read(opened(ada, "https://ada.example/a|b?c=é"))

    assert (button.title, addresses(button)) == ("A song", ["https://ada.example/a|b?c=%C3%A9"])


@pytest.mark.parametrize(("status", "url"), [(301, f"{PAGE}/2"), (308, f"{PAGE}/2"), (302, PAGE), (307, PAGE)])
def test_a_redirect_for_good_moves_a_button(status: int, url: str, ada: User, outside: Outside) -> None:
    """One for now doesn't, and what the page says that it leads to counts for nothing but the title."""
    outside.page("ada.example/song", leading_to("/song/2", status=status))
    outside.page(
        "ada.example/song/2", head("<title>Two</title>" + ("" if url != PAGE else "<link rel=canonical href=.>"))
    )
    button = read(opened(ada))

    assert (button.title, button.url) == ("Two", url)


def test_a_redirect_to_where_no_button_can_be_moves_nothing(ada: User, outside: Outside) -> None:
    """An address that is longer than any button's is read, and not taken."""
    path = "/" + "long" * 520
    outside.page("ada.example/song", leading_to(path, status=301))
    outside.page(f"ada.example{path}", head("<title>Long</title>"))
    button = read(opened(ada))

    assert (button.title, addresses(button)) == ("Long", [PAGE])


def test_a_page_that_fails_while_its_creator_edits_is_left(ada: User, outside: Outside) -> None:
    """Nobody is asked again for what is said by now."""
    outside.page("ada.example/song", Answer(status=503))
    button = opened(ada)

    def edited_meanwhile() -> datetime:
        Button.objects.update(read_next_at=None)
        return NOW

    reading.read_page(button_id=button.pk, network=settings.OUTSIDE_NETWORK, clock=edited_meanwhile)
    read(button)

    assert (button.read_next_at, button.read_failures, len(outside.asked)) == (None, 0, 1)


def test_of_two_buttons_for_one_page_the_first_gets_both_addresses(ada: User, outside: Outside) -> None:
    """A twin that a link made keeps its click and a page here; its address leads to the first from then on."""
    fan, period = given.funded_fan(period=Period.at(NOW)), Period.at(NOW)
    first = opened(ada)
    outside.page("ada.example/song", head("<link rel=canonical href=/song>"))
    read(first)
    twin = opened(ada, f"{PAGE}?ref=friend")
    given.click(fan, twin, now=NOW)
    outside.page("ada.example/song?ref=friend", head("<link rel=canonical href=/song>"))
    read(twin)

    assert opened(ada, f"{PAGE}?ref=friend") == first
    assert (addresses(first), twin.url) == (
        [PAGE, f"{PAGE}?ref=friend"],
        f"http://localhost:8000/b/{twin.public_id}/",
    )
    assert (twin.site, twin.clicks.get().fan) == (None, fan)
    given.click(fan, twin, now=NOW)
    assert clicks.undo_click(click_id=twin.clicks.latest("clicked_at").id, fan=fan, now=NOW).period == period


def test_a_later_button_makes_room_for_an_older_one(ada: User, outside: Outside) -> None:
    """With the addresses that led to it."""
    first, later = opened(ada), opened(ada, f"{PAGE}/2")
    ButtonAlias.objects.create(creator=ada, url=f"{PAGE}/old", button=later, created_at=NOW)
    outside.page("ada.example/song", leading_to("/song/2"))
    outside.page("ada.example/song/2", head(""))
    read(first)
    later.refresh_from_db()

    assert set(addresses(first)) == {f"{PAGE}/2", PAGE, f"{PAGE}/old"}
    assert (first.url, later.read_next_at, addresses(later)[1:]) == (f"{PAGE}/2", None, [])
