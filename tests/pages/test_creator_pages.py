"""Becoming a creator, mending one's page, making and hiding buttons."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import CreatorProfile, User
from buttons.models import Button
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

pytestmark = pytest.mark.django_db

NEW_PAGE = {"slug": "grace", "name": "Grace Hopper", "text": "", "links": ""}
NEW_BUTTON = {"url": "https://grace.example/", "title": "A song", "description": "", "category": "audio"}


@pytest.fixture
def person(client: StrictClient) -> User:
    """Return somebody without a page, who is logged in."""
    user = given.user("Grace")
    client.force_login(user)
    return user


@pytest.fixture
def creator(client: StrictClient) -> User:
    """Return a creator, who is logged in."""
    user = given.creator("Ada")
    client.force_login(user)
    return user


def complaints(response: Any) -> dict[str, str]:
    """Return the text of each field's error, by the field's name; each is tied to its field."""
    page = world.document(response)
    found = {}
    for field in page.query('[aria-invalid="true"]'):
        (error,) = page.query(f"#{field.attrs['aria-describedby'].split()[-1]}")
        found[field.attrs["name"]] = " ".join(error.to_text().split())
    return found


def test_a_page_is_opened(person: User, client: StrictClient) -> None:
    """It leads to the first button, and everybody can see it, with the text as text and the links as links."""
    form = {
        **NEW_PAGE,
        "text": "<b>I</b> write.\n\nPrograms.",
        "links": "https://a.example/\n\n https://b.example/?a=1&b=2 ",
    }
    opened = client.post("/creator/new/", form, follow=True)
    client.logout()
    page = client.get("/@grace/")

    assert opened.redirect_chain == [("/buttons/new/", 302)]
    assert person.creator_profile.links == ["https://a.example/", "https://b.example/?a=1&b=2"]
    assert "Grace Hopper <b>I</b> write. Programs. https://a.example/" in world.text(page)
    assert [link.attrs["rel"] for link in world.document(page).query(".links a")] == ["me nofollow noopener"] * 2
    assert len(world.document(page).query(".prose p")) == 2
    assert "No button yet." in world.text(page)


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("slug", "Ada", "Use a-z, 0-9 and single hyphens."),
        ("slug", "a--b", "Use a-z, 0-9 and single hyphens."),
        ("slug", "-a", "Use a-z, 0-9 and single hyphens."),
        ("slug", "é", "Use a-z, 0-9 and single hyphens."),
        ("slug", "", "This field is required."),
        ("slug", "a" * 61, "Ensure this value has at most 60 characters (it has 61)."),
        ("name", "", "This field is required."),
        ("links", "javascript:alert(1)", "Enter a valid URL."),
        ("links", "data:text/html,x", "Enter a valid URL."),
        ("links", "\n".join(["https://a.example/"] * 21), "At most 20 links, please."),
    ],
)
def test_a_wrong_page_is_refused_at_its_field(
    field: str, value: str, complaint: str, person: User, client: StrictClient
) -> None:
    """The complaint is tied to the field, and no page is opened."""
    refused = client.post("/creator/new/", {**NEW_PAGE, field: value})

    assert complaints(refused) == {field: complaint}
    assert not CreatorProfile.objects.filter(user=person).exists()


def test_a_link_may_not_be_endless(person: User, client: StrictClient) -> None:
    """What the database has no room for is refused at its field."""
    refused = client.post("/creator/new/", {**NEW_PAGE, "links": "https://a.example/" + "a" * 500})

    assert list(complaints(refused)) == ["links"]
    assert not CreatorProfile.objects.filter(user=person).exists()


def test_an_address_is_given_once(person: User, client: StrictClient) -> None:
    """Who comes second chooses another."""
    taken = given.creator("Ada").creator_profile.slug
    refused = client.post("/creator/new/", {**NEW_PAGE, "slug": taken})

    assert len(complaints(refused)) == 1
    assert not CreatorProfile.objects.filter(user=person).exists()


def test_a_page_is_mended(creator: User, client: StrictClient) -> None:
    """Name, text and links change; the address stays, whatever the form says."""
    slug = creator.creator_profile.slug
    client.post("/creator/", {"name": "Ada L.", "text": "New", "links": "https://new.example/", "slug": "other"})
    profile = CreatorProfile.objects.get(user=creator)
    page = world.document(client.get("/creator/"))

    assert (profile.name, profile.text, profile.links) == ("Ada L.", "New", ["https://new.example/"])
    assert profile.slug == slug
    assert page.query("textarea[name=links]")[0].to_text().strip() == "https://new.example/"


def test_a_page_that_is_wrong_stays_as_it_was(creator: User, client: StrictClient) -> None:
    """An empty name is refused at its field."""
    refused = client.post("/creator/", {"name": "", "text": "New", "links": ""})

    assert complaints(refused) == {"name": "This field is required."}
    assert CreatorProfile.objects.get(user=creator).name == "Ada"


def test_an_unknown_creator_is_not_there(client: StrictClient) -> None:
    """Neither is one who only has an account."""
    given.user("Grace")

    assert client.get("/@grace/").status_code == 404
    assert client.get("/@ADA/").status_code == 404


def test_a_button_is_made(creator: User, client: StrictClient) -> None:
    """It leads on to the snippet, and its creator alone finds the way there."""
    made = client.post("/buttons/new/", {**NEW_BUTTON, "tags": "Folk, live,, folk", "language": "en"}, follow=True)
    button = Button.objects.get()

    assert (button.creator, button.tags, button.category) == (creator, ["folk", "live"], "audio")
    assert world.document(made).query('main a[href^="/embed/"]')
    client.logout()
    assert not world.document(client.get(f"/b/{button.public_id}/")).query('main a[href^="/embed/"]')


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("url", "javascript:alert(1)", "Enter a valid URL."),
        ("url", "ftp://grace.example/", "A button needs a plain web address without a login in it."),
        ("url", "https://me:secret@grace.example/", "A button needs a plain web address without a login in it."),
        ("url", "", "This field is required."),
        (
            "url",
            "https://grace.example/" + "a" * 1979,
            "Ensure this value has at most 2000 characters (it has 2001).",
        ),
        ("title", "", "This field is required."),
        ("title", "a" * 201, "Ensure this value has at most 200 characters (it has 201)."),
        ("category", "money", "Select a valid choice. money is not one of the available choices."),
        ("language", "a" * 11, "Ensure this value has at most 10 characters (it has 11)."),
    ],
)
def test_a_wrong_button_is_refused_at_its_field(
    field: str, value: str, complaint: str, creator: User, client: StrictClient
) -> None:
    """The complaint is tied to the field, and no button is made."""
    refused = client.post("/buttons/new/", {**NEW_BUTTON, field: value})

    assert complaints(refused) == {field: complaint}
    assert not creator.buttons.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://grace.example?" + "a" * 1978,
        "https://grace.example/" + "".join(chr(0x4E00 + number * 7 % 20000) for number in range(1900)),
    ],
    ids=["a slash too long", "too long in bytes"],
)
def test_an_address_that_has_no_room_is_refused_at_its_field(url: str, creator: User, client: StrictClient) -> None:
    """What fits the form but not the database is refused, too."""
    refused = client.post("/buttons/new/", {**NEW_BUTTON, "url": url})

    assert complaints(refused) == {"url": "This address is too long."}
    assert not creator.buttons.exists()


def test_a_long_tag_is_refused_at_its_field(creator: User, client: StrictClient) -> None:
    """Forty letters are enough."""
    refused = client.post("/buttons/new/", {**NEW_BUTTON, "tags": "folk," + "a" * 41})

    assert list(complaints(refused)) == ["tags"]
    assert not creator.buttons.exists()


def test_an_address_has_one_button(creator: User, client: StrictClient) -> None:
    """The same address in another spelling is refused at its field."""
    client.post("/buttons/new/", NEW_BUTTON)
    refused = client.post("/buttons/new/", {**NEW_BUTTON, "url": "https://GRACE.example:443/#top"})

    assert complaints(refused) == {"url": "You have a button for this address already."}
    assert creator.buttons.count() == 1


def test_a_button_is_hidden_and_shown_again(town: World, as_creator: StrictClient) -> None:
    """Its creator finds it marked in the list, and one press brings it back."""
    path = reverse("buttons:hide", args=[town.hidden_button.public_id])
    listed = world.text(as_creator.get("/buttons/"))
    shown = as_creator.post(path, {"hidden": "0"}, follow=True)

    assert "Song & <dance> 1 1" in listed
    assert "Hidden song hidden 0 0" in listed
    assert "Hide this button" in world.text(shown)
    town.hidden_button.refresh_from_db()
    assert town.hidden_button.hidden_at is None


def test_texts_of_strangers_are_shown_as_texts(creator: User, client: StrictClient) -> None:
    """Whatever a title, a description or a tag contains, no page runs it."""
    evil = "<script>alert(1)</script>"
    form = {**NEW_BUTTON, "title": f'{evil}" onload="x', "description": evil, "tags": evil}
    client.post("/buttons/new/", form)
    button = Button.objects.get()
    for path in (
        f"/b/{button.public_id}/",
        f"/b/{button.public_id}/click/",
        f"/@{creator.creator_profile.slug}/",
        "/buttons/",
    ):
        page = world.document(client.get(path))

        scripts = page.query("script:not([src])")
        assert {each.attrs["type"] for each in scripts} <= {"application/ld+json"}, path
        assert not page.query("[onload]"), path
        assert evil in page.query("main")[0].to_text(), path
