"""Searches and lists of all buttons: what is found by which words, what never is, and in which order."""

from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.http import QueryDict
from hypothesis import strategies

from accounts.models import CreatorProfile
from buttons.models import Button, Listing
from buttons.operations import buttons as operations
from buttons.operations import closing
from buttons.queries import discovery
from buttons.queries.discovery import Order, Wanted
from flattr import pages
from flattr.transactions import durable
from tests import given

pytestmark = pytest.mark.django_db


def made(title: str, *, creator: str = "Ada", **said: Any) -> Button:
    """Return a button that says something."""
    owner = CreatorProfile.objects.filter(name=creator).first()
    user = given.creator(creator) if owner is None else owner.user
    number = Button.objects.count()
    return operations.create_button(creator=user, url=f"https://{creator}.example/{number}", title=title, **said)


def found(words: str = "", *, order: Order = Order.NEWEST, **wanted: str) -> list[str]:
    """Return the titles of what is found."""
    place = pages.Place(parameters=QueryDict(), name="after", size=20)
    shown = discovery.discover(wanted=Wanted(words=words, **wanted), order=order, place=place)
    return [button.title for button in shown]


@pytest.mark.parametrize(
    "words",
    [
        "ete",
        "été",
        "ÉTÉ",
        "E\u0301te\u0301",
        "l’été dernier",
        "dern",
        "derniere ou ete",
        '"été dernier"',
        "été -hiver",
        "nuits or été",
        "marguerite",
        "chansons",
        "folk été",
        "l'ete d",
    ],
)
def test_words_find_a_button(words: str) -> None:
    """In any case, without accents, by title, description, tag or creator, and by the start of the last word."""
    made("L’été dernier ou derniere", creator="Marguerite", description="Des chansons d’amour", tags=("folk", "live"))
    made("Un autre titre")

    assert found(words) == ["L’été dernier ou derniere"]


@pytest.mark.parametrize(
    "words",
    [
        "été hiver",
        "ét -dernier",
        '"dernier été"',
        "et dernier",
        "nothing",
        "-été",
        "!!!",
        '"',
        "-",
        "&|:*()",
        "'",
        "\\",
    ],
)
def test_other_words_find_nothing(words: str) -> None:
    """All words have to be there, the ones before the last as a whole; signs alone are no words."""
    made("L’été dernier")

    assert found(words) == []


@pytest.mark.parametrize("words", ["ГОЛОС", "голо", "雪のピアノ", "雪の", "가나다", "ガッコウ", "Ωδή", "ωδη"])
def test_words_of_all_scripts_find(words: str) -> None:
    """With the case of their letters and their accents left out, as far as they have any."""
    made("Голос 雪のピアノ 가나다 ガッコウ ᾨδή Ωδή")

    assert len(found(words)) == 1


@pytest.mark.parametrize("letter", [*"aé'\\\"-:*", "\uff26", "\u3316", "\ufdfa", "\U0001f600"])
def test_the_longest_words_are_searched_for(letter: str) -> None:
    """Whatever fits into the form is a search, and no error."""
    assert found(letter * 100) == []
    assert found(letter * 100, order=Order.BEST) == []


@hypothesis.given(words=strategies.text(strategies.sampled_from("-\"'aor é(|!&:*\\<>"), max_size=100))
@hypothesis.settings(max_examples=300)
def test_whatever_is_typed_is_a_search(words: str) -> None:
    """Signs that PostgreSQL knows in searches end in no error, however they are put together."""
    found(words)
    found(words, order=Order.BEST)


def test_a_word_in_the_title_is_better_than_in_the_description() -> None:
    """And one among the tags lies between them."""
    made("One", description="about a kite")
    made("Two", tags=("kite",))
    made("A kite")
    made("Four", creator="Kite")
    made("Five")

    best = found("kite", order=Order.BEST)
    assert (best[0], sorted(best[1:3]), best[3:]) == ("A kite", ["Four", "Two"], ["One"])


def test_lists_are_narrowed() -> None:
    """By category, language and tag, alone and together; dialects belong to their language."""
    made("a", category="audio", language="en-GB", tags=("Folk", "live"))
    made("b", category="audio", language="fr", tags=("folk",))
    made("c", category="text", language="EN_us")
    made("d", language="http://x")

    assert found(category="audio") == ["b", "a"]
    assert found(language="en") == ["c", "a"]
    assert found(tag="folk") == ["b", "a"]
    assert found(tag="FOLK", language="fr", category="audio") == ["b"]
    assert found("b", tag="live") == []
    assert found() == ["d", "c", "b", "a"]


def test_what_is_hidden_is_not_found() -> None:
    """Until it is shown again."""
    button = made("A kite", tags=("folk",))
    operations.set_hidden(button=button, hidden=True, now=given.MOMENT)
    hidden = [found(), found("kite"), found("kite", order=Order.BEST), found(order=Order.TRENDING), found(tag="folk")]
    operations.set_hidden(button=button, hidden=False, now=given.MOMENT)

    assert hidden == [[]] * 5
    assert found("kite") == ["A kite"]


def test_who_leaves_is_not_found() -> None:
    """With their account all of their buttons go, and every word of theirs."""
    button = made("A kite", creator="Grace")
    durable(closing.close)(user=button.creator, name="gone", now=given.MOMENT)

    assert (found(), found("kite"), found("grace")) == ([], [], [])
    assert not Listing.objects.exists()


def test_a_listing_follows_its_button_and_creator() -> None:
    """Other words, another category, another name: the old ones find nothing any more."""
    button = made("Old", creator="Oldname", category="text", tags=("oldtag",))
    Button.objects.filter(pk=button.pk).update(title="New", category="audio", tags=["newtag"])
    CreatorProfile.objects.filter(user=button.creator).update(name="Newname")

    assert [found(words) for words in ("old", "oldtag", "oldname")] == [[], [], []]
    assert [found(words) for words in ("new", "newtag", "newname")] == [["New"]] * 3
    assert found(category="text") == []


def test_what_was_hidden_meanwhile_is_left_out() -> None:
    """Between the list and the rows of what it shows."""
    button = made("A kite")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Button.objects.filter(pk=button.pk).update(hidden_at=given.MOMENT)
        cursor.execute("SET session_replication_role = origin")

    assert found() == []


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        (Order.NEWEST, ["kite new", "kite"]),
        (Order.TRENDING, ["kite hot", "kite"]),
        (Order.BEST, ["kite", "kite hot"]),
    ],
)
def test_a_search_finds_so_many_and_no_more(order: Order, titles: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest that have the words, or the hottest, however many do; a feed has the same ones."""
    monkeypatch.setattr(discovery, "FOUND_MAX", 2)
    for title, hot, new in (("kite", 2, 2), ("kite hot", 3, 1), ("kite new", 1, 3)):
        moments = [given.MOMENT + timedelta(days=days) for days in (hot, new)]
        Listing.objects.filter(button=made(title)).update(hot_at=moments[0], created_at=moments[1])
    Listing.objects.filter(button=made("another one")).update(created_at=given.MOMENT + timedelta(days=9))

    assert sorted(found("kite", order=order)) == sorted(titles)
    assert [each.title for each in discovery.newest(wanted=Wanted(words="kite"), most=30)] == ["kite new", "kite"]


@pytest.mark.parametrize("order", list(Order))
def test_each_is_shown_once_while_one_leafs(order: Order) -> None:
    """By each order, with many that are equal."""
    for number in range(7):
        made(f"kite {number}")
    Listing.objects.update(hot_at=given.MOMENT, created_at=given.MOMENT)
    seen: list[str] = []
    parameters = QueryDict("x=1")
    while True:
        place = pages.Place(parameters=parameters, name="after", size=3)
        shown = discovery.discover(wanted=Wanted(words="kite"), order=order, place=place)
        seen += [button.title for button in shown]
        if shown.following is None:
            break
        parameters = QueryDict(shown.following)

    assert sorted(seen) == [f"kite {number}" for number in range(7)]


def test_facets_are_those_of_what_is_hot() -> None:
    """The most frequent first; they are remembered for some minutes."""
    made("a", language="fr", tags=("live", "folk"))
    made("b", language="fr", tags=("folk",))
    made("c", language="de")
    shown = discovery.facets()
    made("d", language="it")

    assert (shown.tags, shown.languages) == (["folk", "live"], ["fr", "de"])
    assert discovery.facets() == shown


def test_hot_creators_are_named_once() -> None:
    """The hottest first, and nobody whom nobody clicks."""
    hot, warm, cold = made("a", creator="Ada"), made("b", creator="Bob"), made("c", creator="Cleo")
    also = made("d", creator="Ada")
    for number, button in enumerate((hot, also, warm)):
        Listing.objects.filter(button=button).update(hot_at=button.created_at + timedelta(days=9 - number))

    assert [profile.name for profile in discovery.hottest_creators(most=6)] == ["Ada", "Bob"]
    assert [profile.name for profile in discovery.hottest_creators(most=1)] == ["Ada"]
    assert str(Listing.objects.get(button=cold)) == str(cold.pk)
