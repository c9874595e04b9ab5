"""Buttons that move: their old addresses lead to them everywhere, their counts stay, nobody else's clicks come."""

import functools
import json
from datetime import datetime
from typing import Any, Final

import pytest
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from buttons.models import Button, ButtonAlias, Site
from buttons.operations import buttons as operations
from buttons.operations import moves
from buttons.queries import frames
from buttons.queries.frames import AskedFrame
from buttons.tickets import Place
from flattr.period import Period
from flattr.transactions import savepoint
from tests import given, pressing
from tests.client import StrictClient
from tests.pages.framing import EMBED

pytestmark = pytest.mark.django_db

NOW: Final = given.MOMENT
OLD: Final = "https://ada.example/old"
NEW: Final = "https://ada.example/new"


@pytest.fixture
def ada() -> User:
    """Return a creator whose site ada.example is verified."""
    user = given.creator("Ada")
    Site.objects.create(creator=user, host="ada.example", verified_at=NOW)
    return user


@pytest.fixture
def button(ada: User) -> Button:
    """Return a button of hers."""
    return operations.create_button(creator=ada, url=OLD, title="A song")


def move(button: Button, url: str, *, now: datetime = NOW) -> Button:
    """Let the creator move a button, and change nothing else."""
    fields = ("title", "description", "category", "language")
    said: dict[str, Any] = {name: getattr(button, name) for name in fields}
    moves.edit_button(button=button, url=url, tags=(), now=now, **said)
    button.refresh_from_db()
    return button


def found(creator: User, url: str) -> int | None:
    """Return the id of the button that a frame about an address is for."""
    slug = creator.creator_profile.slug
    (frame,) = frames._frames(
        [
            AskedFrame(
                place=Place(to=slug, url=url, origin=""),
                creator_page=operations.creator_page(slug),
                key_hash="",
                now=NOW,
            )
        ]
    )
    return None if frame is None else frame.button_id


def test_the_old_address_leads_to_the_button_everywhere(ada: User, button: Button, client: StrictClient) -> None:
    """Frame, badge, count, link and click: the count stays, and what is clicked at either address adds to it."""
    fan = given.funded_fan(period=Period.at(NOW))
    given.click(fan, button, now=NOW)
    moved = move(button, NEW)
    for url in (OLD, NEW, f"{OLD}?utm_source=x#top"):
        place = Place(to=ada.creator_profile.slug, url=operations.canonical_url(url), origin="")
        assert operations.open_button(place=place, now=NOW) == moved
        assert found(ada, place.url) == moved.pk
        badge = client.get(f"/{place.to}.json", {"url": url}, headers={"host": EMBED})
        assert json.loads(badge.content)["message"] == "1"
    assert (moved.url, moved.site, Button.objects.count()) == (NEW, Site.objects.get(), 1)


def test_one_press_at_the_old_address_is_a_click_for_the_button(button: Button) -> None:
    """A page that was open while its button moved sends the old address."""
    fan = given.funded_fan(period=Period.at(NOW))
    secret = pressing.key_for(fan, button, now=NOW)
    before = Button.objects.get(pk=button.pk)
    move(button, NEW)
    recorded = pressing.pressed(secret, before, now=NOW)

    assert (recorded.click.button, button.clicks.count()) == (button, 2)


def test_moving_on_and_back_leaves_no_chain(ada: User, button: Button) -> None:
    """Every old address leads to the button itself, and the one that it is at to nothing else."""
    for url in (NEW, f"{NEW}/2", OLD, NEW):
        move(button, url)
    aliases = dict(ButtonAlias.objects.values_list("url", "button"))

    assert aliases == {OLD: button.pk, f"{NEW}/2": button.pk}
    assert {found(ada, url) for url in (OLD, NEW, f"{NEW}/2")} == {button.pk}


def test_who_moves_a_button_to_another_one_of_theirs_makes_that_one_leave(ada: User, button: Button) -> None:
    """It keeps its clicks, its other addresses come along, and it can be moved back."""
    other = operations.create_button(creator=ada, url=NEW, title="Another")
    move(other, f"{NEW}/2")
    fan = given.funded_fan(period=Period.at(NOW))
    given.click(fan, other, now=NOW)
    move(button, f"{NEW}/2")
    other.refresh_from_db()
    assert (other.url, other.site, other.clicks.count()) == (f"http://localhost:8000/b/{other.public_id}/", None, 1)
    assert {found(ada, url) for url in (OLD, NEW, f"{NEW}/2")} == {button.pk}

    move(other, f"{NEW}/2")
    button.refresh_from_db()
    assert button.url == f"http://localhost:8000/b/{button.public_id}/"
    assert {found(ada, url) for url in (OLD, NEW, f"{NEW}/2")} == {other.pk}
    # It was only here, which is nobody's address elsewhere.
    assert not ButtonAlias.objects.filter(url__contains="localhost").exists()


def test_an_old_address_can_be_given_to_another_button(ada: User, button: Button) -> None:
    """What was there before stays where it is now; a new button can't take it unasked."""
    move(button, NEW)
    with pytest.raises(operations.ButtonExists):
        operations.create_button(creator=ada, url=OLD, title="Another")
    other = operations.create_button(creator=ada, url=f"{NEW}/2", title="Another")
    move(other, OLD)
    button.refresh_from_db()

    assert (found(ada, OLD), found(ada, NEW)) == (other.pk, button.pk)


@pytest.mark.parametrize("state", ["unclaimed", "lost", "somebody else's", "above", "stranger's"])
def test_a_button_moves_to_verified_sites_alone(state: str, button: Button) -> None:
    """Where nothing is proven, or not any more, or by another creator, it stays."""
    bob = given.creator("Bob")
    if state == "lost":
        Site.objects.update(verified_at=None)
    if state == "somebody else's":
        Site.objects.update(creator=bob)
    if state == "stranger's":
        Site.objects.create(creator=bob, host="bob.example", verified_at=NOW)
    url = {
        "above": "https://blog.ada.example/",
        "stranger's": "https://bob.example/",
        "unclaimed": "https://c.example/",
    }
    with pytest.raises(moves.UnverifiedSite, match="url: "):
        move(button, url.get(state, NEW))

    assert (Button.objects.get(pk=button.pk).url, ButtonAlias.objects.count()) == (OLD, 0)


def test_a_button_moves_to_a_covered_subdomain(ada: User, button: Button) -> None:
    """The site that covers it is the button's."""
    Site.objects.update(token="t", proof="dns", proven_at=NOW, covers_subdomains=True)
    moved = move(button, "https://blog.ada.example/a")

    assert (moved.site, found(ada, OLD)) == (Site.objects.get(), moved.pk)


def test_the_button_of_ones_own_page_stays_there(ada: User) -> None:
    """It takes what is for no page of theirs."""
    slug = ada.creator_profile.slug
    own = operations.open_button(place=Place(to=slug, url="https://stranger.example/", origin=""), now=NOW)
    with pytest.raises(operations.BadUrl, match="url: "):
        move(own, NEW)

    assert move(own, own.url).url == operations.creator_page(slug)


def test_nobody_takes_the_clicks_of_somebody_else(ada: User, button: Button) -> None:
    """Neither by the same addresses, nor by a row that should never be."""
    bob = given.creator("Bob")
    Site.objects.create(creator=bob, host="bob.example", verified_at=NOW)
    theirs = operations.create_button(creator=bob, url="https://bob.example/1", title="Theirs")
    foreign = operations.create_button(creator=bob, url=OLD, title="Theirs, they say")
    move(button, NEW)
    assert (found(ada, OLD), found(bob, OLD), found(bob, NEW)) == (button.pk, foreign.pk, None)

    ButtonAlias.objects.create(creator=ada, url="https://ada.example/x", button=theirs, created_at=NOW)
    place = Place(to=ada.creator_profile.slug, url="https://ada.example/x", origin="")
    assert found(ada, place.url) is None
    assert operations.open_button(place=place, now=NOW).creator == ada
    with pytest.raises(IntegrityError), savepoint():
        ButtonAlias.objects.create(creator=ada, url=OLD, button=theirs, created_at=NOW)


def test_a_frame_of_an_old_address_takes_one_query(
    ada: User, button: Button, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """As any other frame does."""
    move(button, NEW)
    assert ada.creator_profile.slug
    with django_assert_num_queries(1):
        assert found(ada, OLD) == button.pk


@pytest.mark.django_db(transaction=True)
def test_two_that_want_the_same_address_at_once_get_it_one_after_the_other() -> None:
    """The one that comes second has it in the end, and no address leads to two buttons or to none."""
    ada = given.creator("Ada")
    Site.objects.create(creator=ada, host="ada.example", verified_at=NOW)
    made = [operations.create_button(creator=ada, url=f"{OLD}/{each}", title="A song") for each in range(4)]
    given.at_once(*(functools.partial(move, each, NEW) for each in made))
    leading = {found(ada, url) for url in (NEW, *(f"{OLD}/{each}" for each in range(4)))}

    assert leading == {Button.objects.get(url=NEW).pk}
    assert Button.objects.filter(url__contains="/b/").count() == 3
