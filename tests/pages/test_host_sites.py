"""The demo's host pages: other people's sites, on names of their own, with our badges."""

from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from buttons.models import Button
from buttons.operations import buttons as buttons_operations
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def song() -> Button:
    """Return a button for a song on artist.localhost."""
    return buttons_operations.create_button(
        creator=given.creator("Ada"),
        url="http://artist.localhost:8000/songs/1",
        title="Song & <dance>",
        description="<b>Loud</b>",
    )


@pytest.fixture
def other(song: Button) -> Button:
    """Return another one of the same site."""
    return buttons_operations.create_button(
        creator=song.creator, url="http://artist.localhost:8000/songs/2", title="Second song"
    )


@pytest.mark.parametrize("host", ["artist.localhost", "artist.localhost:8000"])
def test_a_site_shows_its_works_with_their_badges(
    host: str, song: Button, other: Button, client: StrictClient
) -> None:
    """Each is a button around a link with a picture, just as the snippet says; texts are shown as texts."""
    page = client.get("/", headers={"host": host})
    document = world.document(page)
    slug = song.creator.creator_profile.slug
    query = f"url={quote(song.url, safe='')}"

    assert [each.to_text() for each in document.query("h2")] == ["Song & <dance>", other.title]
    assert document.query("article p")[0].to_text() == "<b>Loud</b>"
    assert document.query("article flattr-button")[0].attrs == {"to": slug, "url": song.url}
    assert document.query("article a")[0].attrs["href"] == f"{settings.APP_URL}/@{slug}/?{query}"
    assert document.query("article img")[0].attrs["src"] == f"{settings.EMBED_URL}/{slug}.svg?{query}"
    assert not page.cookies


def test_a_page_of_a_site_shows_its_own_work(song: Button, other: Button, client: StrictClient) -> None:
    """The address of a button is a page of the site."""
    page = client.get("/songs/1", headers={"host": "artist.localhost:8000"})

    assert page.status_code == 200
    assert [each.to_text() for each in world.document(page).query("h2")] == [song.title]
    assert other.title not in page.content.decode()


def test_a_hidden_button_is_not_shown(song: Button, client: StrictClient) -> None:
    """The site has nothing else, so it has nothing."""
    buttons_operations.set_hidden(button=song, hidden=True, now=world.NOW)
    page = client.get("/", headers={"host": "artist.localhost"})

    assert page.status_code == 404
    assert "Nothing here yet." in page.content.decode()


@pytest.mark.parametrize("path", ["/nowhere", "/songs/3", "/cake/", "/admin/", "/healthz"])
@pytest.mark.usefixtures("song")
def test_a_site_has_none_of_our_pages(path: str, client: StrictClient) -> None:
    """Another name is another house."""
    assert client.get(path, headers={"host": "artist.localhost"}).status_code == 404


@pytest.mark.parametrize("host", ["unknown.localhost", "a.b.localhost"])
@pytest.mark.usefixtures("song")
def test_an_unknown_site_is_empty(host: str, client: StrictClient) -> None:
    """No site, no works."""
    assert client.get("/", headers={"host": host}).status_code == 404


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000"])
def test_our_own_names_are_ours(host: str, client: StrictClient) -> None:
    """They show the landing page."""
    page = client.get("/", headers={"host": host})

    assert "one fixed sum a month" in world.text(page)


@pytest.mark.parametrize("host", ["evil.example", "artist.localhost.evil.example", "@localhost"])
def test_a_foreign_name_is_refused(host: str) -> None:
    """Whoever claims that we are somebody else gets nothing."""
    assert Client().get("/", headers={"host": host}).status_code == 400
