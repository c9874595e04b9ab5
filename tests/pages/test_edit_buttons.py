"""A creator changes what a button says, and moves it to another address."""

from typing import Any, Final

import pytest
from django.urls import reverse

from accounts.models import User
from buttons.models import Button, Site
from buttons.operations import buttons as operations
from buttons.tickets import Place
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.test_creator_pages import complaints

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

OLD: Final = "https://ada.example/old"
NEW: Final = "https://ada.example/new"


@pytest.fixture
def ada(client: StrictClient) -> User:
    """Return a creator whose site ada.example is verified, who is logged in."""
    user = given.creator("Ada")
    Site.objects.create(creator=user, host="ada.example", verified_at=given.MOMENT)
    client.force_login(user)
    return user


def opened(creator: User, url: str = OLD) -> Button:
    """Return the button that the first click on a page made."""
    place = Place(to=creator.creator_profile.slug, url=url, origin="https://ada.example")
    return operations.open_button(place=place, now=given.MOMENT)


def edit(client: StrictClient, button: Button, **changes: str) -> Any:
    """Change a button as the form does, which holds what it says now."""
    path = reverse("buttons:edit", args=[button.public_id])
    form = world.document(client.get(path)).query("main form")[0]
    fields = {each.attrs["name"]: each.attrs.get("value", "") for each in form.query("input[name]")}
    fields |= {each.attrs["name"]: each.to_text() for each in form.query("textarea[name]")}
    fields |= {each.attrs["name"]: each.query("[selected]")[0].attrs["value"] for each in form.query("select[name]")}
    return client.post(path, {**fields, **changes}, follow=True)


def test_what_a_button_says_is_changed(ada: User, client: StrictClient) -> None:
    """All of it; what isn't changed stays, and its page isn't read any more."""
    button = opened(ada)
    page = edit(client, button, title="A song", tags="b, a, B", language="fr", category="audio")
    assert "Your button is changed." in world.text(page)
    edit(client, button, description="Of last year.")
    button.refresh_from_db()

    assert (button.title, button.tags, button.language, button.category) == ("A song", ["b", "a"], "fr", "audio")
    assert (button.description, button.url, button.read_next_at) == ("Of last year.", OLD, None)
    assert not button.aliases.exists()


def test_a_button_is_moved(ada: User, client: StrictClient) -> None:
    """Its page leads to the form, and tells its creator alone which old addresses lead there."""
    button = opened(ada)
    here = reverse("buttons:button", args=[button.public_id])
    assert world.document(client.get(here)).query(f'a[href="{here}edit/"]')
    page = edit(client, button, url=NEW)
    assert page.redirect_chain == [(here, 302)]
    assert [each.to_text() for each in world.document(page).query("main > ul li")][-1:] == [OLD]
    client.logout()

    assert OLD not in world.text(client.get(here))
    assert NEW in world.text(client.get(here))


def test_the_button_that_made_room_says_so(ada: User, client: StrictClient) -> None:
    """Its page has no link to itself."""
    first, second = opened(ada), opened(ada, NEW)
    edit(client, first, url=NEW)
    left = client.get(reverse("buttons:button", args=[second.public_id]))

    assert "Its page has another button of yours now." in world.text(left)
    assert not world.document(left).query('main a[rel="nofollow noopener"]')


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("https://stranger.example/", "You haven’t shown yet that this site is yours: see “Your sites”."),
        ("https://ada:secret@ada.example/", "A button needs a plain web address without a login in it."),
        ("https://ada.example/" + "ä" * 400, "This address is too long."),
        ("ada", "Enter a valid URL."),
        ("", "This field is required."),
    ],
)
def test_where_a_button_can_not_be_is_refused_at_its_field(
    url: str, complaint: str, ada: User, client: StrictClient
) -> None:
    """Nothing is changed then, neither there nor elsewhere."""
    button = opened(ada)
    refused = edit(client, button, url=url, title="Another")
    button.refresh_from_db()

    assert complaints(refused) == {"url": complaint}
    assert (button.url, button.title) == (OLD, "ada.example/old")


def test_the_button_of_ones_own_page_stays_there(ada: User, client: StrictClient) -> None:
    """Its other fields can be changed, and what is sent for its address doesn't count."""
    own = opened(ada, "https://stranger.example/")
    edit(client, own, url=NEW, title="Me")
    own.refresh_from_db()

    assert (own.title, own.url) == ("Me", operations.creator_page(ada.creator_profile.slug))


def test_nobody_changes_the_button_of_somebody_else(ada: User, client: StrictClient) -> None:
    """For another creator there is no such page."""
    path = reverse("buttons:edit", args=[opened(ada).public_id])
    client.force_login(given.creator("Bob"))

    assert (client.get(path).status_code, client.post(path, {"title": "x"}).status_code) == (404, 404)
