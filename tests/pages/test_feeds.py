"""Feeds of new buttons: what is in them, in which form, and that they are asked for again at no cost."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from buttons.models import Button
from buttons.operations import buttons as operations
from buttons.operations import closing
from buttons.views import feeds
from flattr.transactions import durable
from tests import given
from tests.client import StrictClient

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"


def parsed(response: Any) -> ET.Element:
    """Return the feed, which is well-formed and told to be one."""
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(response.content)  # noqa: S314  It is ours.


def texts(feed: ET.Element, path: str) -> list[str | None]:
    """Return the texts of elements, by a path of their names."""
    return [each.text for each in feed.findall("/".join(f"{ATOM}{name}" for name in path.split("/")))]


@pytest.fixture
def song() -> Button:
    """Return a button that says something of itself."""
    made = given.button(given.creator("Ada"), title="Song & <dance>")
    Button.objects.filter(pk=made.pk).update(description="One\ntwo", category="audio", tags=["folk"], language="fr")
    return made


def test_a_creators_feed_has_their_buttons(song: Button, client: StrictClient) -> None:
    """The newest first, and all that a reader wants to know of each; nothing hidden, and nobody else's."""
    slug = song.creator.creator_profile.slug
    later = given.button(song.creator, title="Later")
    operations.set_hidden(button=given.button(song.creator, title="Hidden"), hidden=True, now=given.MOMENT)
    given.button(given.creator("Bob"), title="Not hers")
    feed = parsed(client.get(f"/@{slug}/feed/"))
    entry = feed.findall(f"{ATOM}entry")[1]

    assert texts(feed, "title") == ["Ada – Flattr"]
    assert texts(feed, "entry/title") == ["Later", "Song & <dance>"]
    assert texts(feed, "id") == [f"http://localhost:8000/@{slug}/feed/"]
    assert [each.attrib.get("rel") for each in feed.findall(f"{ATOM}link")] == ["alternate", "self"]
    assert (texts(entry, "summary"), texts(entry, "author/name")) == (["One\ntwo"], ["Ada"])
    assert texts(entry, "id") == [f"http://localhost:8000/b/{song.public_id}/"]
    assert [each.attrib["term"] for each in entry.findall(f"{ATOM}category")] == ["audio", "folk"]
    later.refresh_from_db()
    assert texts(feed, "updated")[0] == later.created_at.isoformat()


def test_a_description_is_no_html(song: Button, client: StrictClient) -> None:
    """Atom's summaries are HTML to readers, so what a creator types is escaped for that once more."""
    Button.objects.filter(pk=song.pk).update(description="1 < 2 & <img src=x onerror=alert(1)>")
    (summary,) = parsed(client.get("/discover/feed/")).findall(f"{ATOM}entry/{ATOM}summary")

    assert summary.attrib["type"] == "html"
    assert summary.text == "1 &lt; 2 &amp; &lt;img src=x onerror=alert(1)&gt;"


@pytest.mark.parametrize("asked", [{}, {"category": "audio"}, {"tag": "folk"}, {"language": "fr"}, {"q": "song"}])
def test_lists_have_feeds(asked: dict[str, str], song: Button, client: StrictClient) -> None:
    """Of all, a category, a tag, a language or a search: what the page shows by the same address."""
    other = given.button(title="Other")
    feed = parsed(client.get("/discover/feed/", asked))
    all_shown = asked == {}

    assert texts(feed, "entry/title") == [*([other.title] if all_shown else []), song.title]
    assert texts(feed, "title") == [" · ".join(["Flattr", *asked.values()])]


def test_a_feed_ends_where_nobody_looks_back(client: StrictClient) -> None:
    """At thirty."""
    owner = given.creator()
    for _ in range(feeds.FEED_SIZE + 1):
        given.button(owner)

    for path in (f"/@{owner.creator_profile.slug}/feed/", "/discover/feed/"):
        assert len(parsed(client.get(path)).findall(f"{ATOM}entry")) == feeds.FEED_SIZE


def test_a_feed_is_sent_once(song: Button, client: StrictClient) -> None:
    """Whoever has it is told so, by tag and by date, until there is something new. Anybody may keep it a while."""
    path = f"/@{song.creator.creator_profile.slug}/feed/"
    first = client.get(path)
    same = client.get(path, headers={"if-none-match": first.headers["ETag"]})
    as_dated = client.get(path, headers={"if-modified-since": first.headers["Last-Modified"]})
    newer = given.button(song.creator)
    Button.objects.filter(pk=newer.pk).update(created_at=newer.created_at + timedelta(minutes=1))
    changed = [
        client.get(path, headers={"if-none-match": first.headers["ETag"]}),
        client.get(path, headers={"if-modified-since": first.headers["Last-Modified"]}),
    ]

    assert (same.status_code, same.content, as_dated.status_code) == (304, b"", 304)
    assert [each.status_code for each in changed] == [200, 200]
    assert first.headers["Cache-Control"] == "public, max-age=600"


def test_an_empty_feed_stays_the_same(client: StrictClient) -> None:
    """It has a date of its own, and not the moment's."""
    path = f"/@{given.creator().creator_profile.slug}/feed/"
    first = client.get(path)

    assert client.get(path, headers={"if-none-match": first.headers["ETag"]}).status_code == 304
    assert texts(parsed(first), "updated") == ["2010-01-01T00:00:00+00:00"]


def test_a_feed_is_the_same_in_all_languages(song: Button, client: StrictClient) -> None:
    """What anybody may keep for others can't be in the language of one."""
    path = f"/@{song.creator.creator_profile.slug}/feed/"

    assert client.get(path).content == client.get(path, headers={"accept-language": "fr"}).content


def test_signs_that_xml_has_no_room_for_are_left_out(song: Button, client: StrictClient) -> None:
    """A title with such a sign breaks nobody's reader."""
    Button.objects.filter(pk=song.pk).update(title="a\x01b\uffffc", description="\x0b", tags=["\x1f"])
    feed = parsed(client.get("/discover/feed/"))

    assert texts(feed, "entry/title") == ["a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"]


def test_who_is_gone_has_no_feed(song: Button, client: StrictClient) -> None:
    """Neither has who never was there."""
    durable(closing.close)(user=song.creator, name="gone", now=given.MOMENT)

    assert client.get("/@nobody/feed/").status_code == 404
    assert texts(parsed(client.get("/discover/feed/")), "entry/title") == []
