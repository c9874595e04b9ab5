"""The page on which everybody finds something to click, and what leads there and on from there."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import CreatorProfile
from buttons.models import Button, Listing, Site
from buttons.operations import buttons as operations
from buttons.queries import discovery
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter, World

pytestmark = pytest.mark.django_db

QUERIES_MAX = 12


def titles(page: Any) -> list[str]:
    """Return what the cards are about."""
    return [" ".join(each.to_text().split()) for each in world.document(page).query(".cards h3")]


def links(page: Any, label: str) -> dict[str, str]:
    """Return the links of a navigation by their texts."""
    found = world.document(page).query(f'nav[aria-label="{label}"] a')
    return {" ".join(link.to_text().split()): link.attrs["href"] for link in found}


def current(page: Any, label: str) -> list[str]:
    """Return which links of a navigation are marked as where one is."""
    found = world.document(page).query(f'nav[aria-label="{label}"] a[aria-current]')
    return [" ".join(link.to_text().split()) for link in found]


@pytest.fixture
def things() -> list[Button]:
    """Return a cold song in French and a hot program in English."""
    song = given.button(given.creator("Ada"), title="Une chanson")
    program = given.button(given.creator("Bob"), title="A program")
    said = {"category": "audio", "tags": ["folk"], "language": "fr"}
    Button.objects.filter(pk=song.pk).update(**said)
    Button.objects.filter(pk=program.pk).update(category="software", tags=["tools"], language="en")
    Listing.objects.filter(button=program).update(hot_at=program.created_at + timedelta(days=1))
    return [song, program]


@pytest.mark.usefixtures("things")
def test_what_is_trending_comes_first(client: StrictClient) -> None:
    """Or what is newest, for who wants that; every card leads to the button, its creator and the click."""
    page = client.get("/discover/")
    newest = client.get(links(page, "Order")["Newest"])

    assert (titles(page), current(page, "Order")) == (["A program", "Une chanson"], ["Trending"])
    assert (titles(newest), current(newest, "Order")) == (["A program", "Une chanson"], ["Newest"])
    assert "by Bob · software" in world.text(page)
    first = [each.attrs["href"].split("/")[1] for each in world.document(page).query(".card a")][:3]
    assert [each.partition("-")[0] for each in first] == ["b", "@bob", "b"]


@pytest.mark.usefixtures("things")
def test_lists_are_narrowed_by_links(client: StrictClient) -> None:
    """By category and tag, one beside the other, and back again."""
    page = client.get("/discover/")
    audio = client.get(links(page, "Categories")["Audio"])
    folk = client.get(links(audio, "Tags")["folk"])
    back = client.get(links(folk, "Tags")["folk × – show all tags"])

    assert links(page, "Categories")["Audio"] == "/discover/?category=audio"
    assert (titles(audio), current(audio, "Categories")) == (["Une chanson"], ["Audio"])
    assert titles(folk) == ["Une chanson"]
    assert folk.request["QUERY_STRING"] == "category=audio&tag=folk"
    assert (current(folk, "Tags"), current(back, "Tags")) == (["folk × – show all tags"], [])
    assert titles(client.get(links(folk, "Categories")["Software"])) == []


@pytest.mark.usefixtures("things")
def test_the_form_searches_within_what_is_shown(client: StrictClient) -> None:
    """It keeps category and tag, offers the languages by their names, and leads to what answers best."""
    page = client.get("/discover/", {"category": "audio", "tag": "FOLK"})
    fields = {each.attrs["name"]: each.attrs.get("value") for each in world.document(page).query("main form input")}
    offered = [each.to_text() for each in world.document(page).query("select[name=language] option")]
    found = client.get("/discover/", {"q": "chans", "language": "fr"})
    french = client.get("/discover/", {"language": "fr"}, headers={"accept-language": "fr"})

    assert fields == {"q": "", "category": "audio", "tag": "folk"}
    assert offered == ["All languages", "English", "French"]
    assert (titles(found), current(found, "Order")) == (["Une chanson"], ["Best match"])
    assert "Found for “chans”" in world.text(found)
    assert [each.to_text() for each in world.document(french).query("select[name=language] option[selected]")] == [
        "français"
    ]


def test_nothing_found_says_what_to_try(client: StrictClient, things: list[Button]) -> None:
    """And leads to all that has the words."""
    page = client.get("/discover/", {"q": "program", "category": "audio"})

    assert "Nothing was found." in world.text(page)
    (link,) = [each for each in world.document(page).query("main a") if each.to_text() == "Look everywhere"]
    assert titles(client.get(link.attrs["href"])) == [things[1].title]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"category": "money"}, "Category: Select a valid choice. money is not one of the available choices."),
        ({"sort": "dearest"}, "Order: Select a valid choice. dearest is not one of the available choices."),
        ({"language": "f-r"}, "Language: Enter a valid value."),
        ({"q": "a" * 101}, "Words: Ensure this value has at most 100 characters (it has 101)."),
        ({"q": "\x00"}, "Words: Null characters are not allowed."),
        ({"tag": "a" * 41}, "Tag: Ensure this value has at most 40 characters (it has 41)."),
    ],
)
def test_what_cant_be_looked_for_is_refused(asked: dict[str, str], complaint: str, client: StrictClient) -> None:
    """With the name of the field, and a form to go on; the feed isn't there."""
    page = client.get("/discover/", asked)

    assert [each.to_text() for each in world.document(page).query("#seek-errors li")] == [complaint]
    assert world.document(page).query("[aria-describedby=seek-errors]")
    assert client.get("/discover/feed/", asked).status_code == 404


@pytest.mark.parametrize("words", ["", "song"])
def test_long_lists_go_on(words: str, client: StrictClient, django_assert_max_num_queries: QueryCounter) -> None:
    """Page after page, with what is looked for, until each was shown once; in few queries, however many there are."""
    owner = given.creator()
    for number in range(discovery.PAGE_SIZE + 1):
        given.button(owner, title=f"Song {number}")
    with django_assert_max_num_queries(QUERIES_MAX):
        first = client.get("/discover/", {"q": words})
    last = client.get("/discover/" + links(first, "Pages of buttons")["More"])
    bogus = client.get("/discover/", {"q": words, "after": "bogus"})

    assert len({*titles(first), *titles(last)}) == discovery.PAGE_SIZE + 1
    assert len(titles(last)) == 1
    assert titles(bogus) == titles(first)


def test_texts_of_strangers_are_texts(client: StrictClient) -> None:
    """Whatever a tag or a title contains, addresses and pages keep it as it is."""
    evil = '"><script>&tag=x #?'
    button = given.button(title=evil)
    Button.objects.filter(pk=button.pk).update(tags=[evil])
    page = client.get("/discover/", {"tag": evil})

    assert titles(page) == [evil]
    assert titles(client.get(links(client.get("/discover/"), "Tags")[evil])) == [evil]
    of_button = client.get(f"/b/{button.public_id}/")
    (tag,) = world.document(of_button).query(".tags a")
    assert titles(client.get(tag.attrs["href"])) == [evil]


def test_searches_are_no_pages_of_search_engines(client: StrictClient, things: list[Button]) -> None:
    """Lists have an address of their own, in whatever order one sees them."""
    del things
    searched = world.document(client.get("/discover/", {"q": "a"}))
    listed = world.document(client.get("/discover/", {"sort": "newest", "tag": "folk", "after": "x"}))

    assert searched.query('meta[name=robots][content="noindex"]')
    assert [each.attrs["href"] for each in listed.query("link[rel=canonical]")] == [
        "http://localhost:8000/discover/?tag=folk"
    ]
    assert [each.attrs["href"] for each in listed.query('link[type="application/atom+xml"]')] == [
        "/discover/feed/?tag=folk"
    ]


def test_empty_lists_are_no_pages_of_search_engines(client: StrictClient, things: list[Button]) -> None:
    """Whoever makes up a tag could else have any words listed as ours."""
    del things
    empty = world.document(client.get("/discover/", {"tag": "buy pills at evil.example"}))

    assert empty.query('meta[name=robots][content="noindex"]')
    assert not empty.query("link[rel=canonical]")


@pytest.mark.parametrize("path", ["/", "/accounts/login/"])
def test_every_page_leads_there(path: str, client: StrictClient) -> None:
    """Above and below."""
    page = world.document(client.get(path))

    assert page.query('header a[href="/discover/"]')
    assert page.query('footer a[href="/discover/"]')


def test_the_first_page_shows_who_is_loved(client: StrictClient, things: list[Button]) -> None:
    """Creators of what is clicked now, and nothing of the kind while nobody clicks."""
    page = client.get("/")
    Listing.objects.update(hot_at=things[0].created_at - timedelta(days=1))
    nobody = client.get("/")

    assert titles(page)[0] == "Bob"
    assert "Loved right now" not in world.text(nobody)


def test_a_creators_page_shows_what_is_proven(client: StrictClient) -> None:
    """Verified sites with a sign that has a name, tags that lead on, the feed; nothing that isn't proven."""
    owner = given.creator("Ada")
    button = given.button(owner)
    Button.objects.filter(pk=button.pk).update(tags=["folk"])
    Site.objects.create(creator=owner, host="ada.example", verified_at=given.MOMENT)
    Site.objects.create(creator=owner, host="hope.example")
    page = client.get(f"/@{owner.creator_profile.slug}/")
    shown = world.document(page)

    assert [each.attrs["href"] for each in shown.query(".links a")] == ["https://ada.example/"]
    assert [each.attrs["aria-label"] for each in shown.query(".links svg")] == ["verified"]
    assert [each.attrs["href"] for each in shown.query(".tags a")] == ["/discover/?tag=folk"]
    assert len(shown.query(f'a[href="/@{owner.creator_profile.slug}/feed/"]')) == 1


def test_a_creators_own_button_can_be_clicked_there(
    client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """Where there is one that isn't hidden, and not by the creator."""
    owner = given.creator("Ada")
    path = f"/@{owner.creator_profile.slug}/"
    before = world.text(client.get(path))
    made = operations.create_button(
        creator=owner, url=operations.creator_page(owner.creator_profile.slug), title="Ada"
    )
    client.force_login(given.user())
    with django_assert_max_num_queries(QUERIES_MAX):
        page = client.get(path)
    operations.set_hidden(button=made, hidden=True, now=given.MOMENT)
    hidden = world.text(client.get(path))
    operations.set_hidden(button=made, hidden=False, now=given.MOMENT)
    client.force_login(owner)
    own = world.text(client.get(path))

    assert [each.to_text() for each in world.document(page).query("main a.button")] == [
        "Give a slice",
        "Give something once",
    ]
    assert ["Give a slice" in each for each in (before, hidden, own)] == [False] * 3


def test_a_button_leads_to_others_of_its_creator(town: World, client: StrictClient) -> None:
    """To those that everybody may see, and not to itself."""
    other = given.button(town.creator, title="Another song")
    given.button(town.other_creator, title="Not this one")
    page = client.get(reverse("buttons:button", args=[town.button.public_id]))

    assert titles(page) == [other.title]
    assert "More by Ada" in world.text(page)
    assert titles(client.get(reverse("buttons:button", args=[given.button().public_id]))) == []


def test_who_edits_a_page_learns_how_mastodon_verifies_it(as_creator: StrictClient) -> None:
    """In the hint of the field for links, which the page shows with `rel="me"`."""
    page = as_creator.get("/creator/")
    CreatorProfile.objects.update(links=["https://social.example/@ada"])
    shown = as_creator.get(f"/@{CreatorProfile.objects.get(name='Ada').slug}/")

    assert "Mastodon looks for" in world.text(page)
    assert [each.attrs["rel"].split()[0] for each in world.document(shown).query(".links a[rel]")][-1:] == ["me"]
