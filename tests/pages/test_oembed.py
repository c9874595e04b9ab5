"""The oEmbed provider: an address of ours becomes a button, as version 1.0 of oEmbed wants it."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from justhtml import JustHTML

from buttons.operations import buttons as operations
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World

APP: Final = settings.APP_URL
EMBED: Final = settings.EMBED_URL


def ask(client: StrictClient, path: str, **asked: str) -> Any:
    """Ask for what is at a path of ours."""
    return client.get("/oembed", {"url": APP + path, **asked})


def frame(answer: dict[str, Any]) -> Any:
    """Return the attributes of the frame in an answer, which holds nothing else."""
    (element,) = JustHTML(answer["html"], sanitize=False, fragment=True).query("*")
    assert element.name == "iframe"
    return element.attrs


def asked_of(address: str) -> dict[str, str]:
    """Return what a frame is asked by."""
    assert address.startswith(f"{EMBED}/b?")
    return dict(parse_qsl(urlsplit(address).query))


def test_a_creators_page_is_shown_by_its_button(town: World, client: StrictClient) -> None:
    """All that a rich answer has to have is there, and anybody may keep it."""
    slug = town.creator.creator_profile.slug
    response = ask(client, f"/@{slug}/")
    answer = response.json()

    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert asked_of(frame(answer)["src"]) == {"to": slug}
    del answer["html"]
    assert answer == {
        "type": "rich",
        "version": "1.0",
        "title": "Ada",
        "author_name": "Ada",
        "author_url": f"{APP}/@{slug}/",
        "provider_name": "Flattr",
        "provider_url": f"{APP}/",
        "cache_age": 3600,
        "width": 132,
        "height": 28,
    }


def test_a_buttons_page_is_shown_by_the_button(town: World, client: StrictClient) -> None:
    """For the page that the button is for."""
    answer = ask(client, f"/b/{town.button.public_id}/").json()

    assert (answer["title"], answer["author_name"]) == ("Song & <dance>", "Ada")
    slug = town.creator.creator_profile.slug
    assert asked_of(frame(answer)["src"]) == {"to": slug, "url": town.button.url}
    assert frame(answer)["title"] == "Flattr Ada"


def test_a_creators_page_may_name_a_page_of_theirs(town: World, client: StrictClient) -> None:
    """Spelled with its last slash or without."""
    slug, url = town.creator.creator_profile.slug, "https://ada.example/?a=1&b=2"
    answer = client.get("/oembed", {"url": f"{APP}/@{slug}?url=https%3A%2F%2Fada.example%2F%3Fa%3D1%26b%3D2"}).json()

    assert asked_of(frame(answer)["src"]) == {"to": slug, "url": url}


def test_xml_says_the_same(town: World, client: StrictClient) -> None:
    """The same fields in the same order, whatever a title contains."""
    town.button.title = "Song & <dance> ]]> \x0b\ufffe"
    town.button.save()
    path = f"/b/{town.button.public_id}/"
    answer, response = ask(client, path, format="json").json(), ask(client, path, format="xml")
    root = ET.fromstring(response.content)  # noqa: S314  It is ours.

    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert response.content.startswith(b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>')
    assert root.tag == "oembed"
    assert [(each.tag, each.text) for each in root] == [(name, str(value)) for name, value in answer.items()]
    assert answer["title"] == "Song & <dance> ]]>"


@pytest.mark.parametrize(
    ("limits", "box"),
    [
        ({}, (132, 28)),
        ({"maxwidth": "", "maxheight": ""}, (132, 28)),
        ({"maxwidth": "132", "maxheight": "28"}, (132, 28)),
        ({"maxwidth": "131"}, (96, 20)),
        ({"maxheight": "27"}, (96, 20)),
        ({"maxwidth": "96", "maxheight": "20"}, (96, 20)),
        ({"maxwidth": "999999999", "maxheight": "44"}, (132, 28)),
    ],
)
def test_a_button_is_never_larger_than_asked(
    limits: dict[str, str], box: tuple[int, int], town: World, client: StrictClient
) -> None:
    """The small one comes where the usual one has no room; the frame has the size that is told."""
    answer = ask(client, f"/@{town.creator.creator_profile.slug}/", **limits).json()
    shown = frame(answer)

    assert (answer["width"], answer["height"]) == box
    assert (shown["width"], shown["height"]) == tuple(map(str, box))
    assert asked_of(shown["src"]).get("size", "") == ("small" if box == (96, 20) else "")


@pytest.mark.parametrize(
    ("asked", "status", "word"),
    [
        ({"maxwidth": "95"}, 404, "maxwidth"),
        ({"maxheight": "19"}, 404, "maxheight"),
        ({"maxwidth": "wide"}, 400, "maxwidth"),
        ({"maxheight": "0"}, 400, "maxheight"),
        ({"maxheight": "-1"}, 400, "maxheight"),
        ({"maxwidth": "9" * 5000}, 400, "maxwidth"),
        ({"maxwidth": "٣٠٠"}, 400, "maxwidth"),
        ({"format": "yaml"}, 501, "format"),
        ({"format": "JSON"}, 501, "format"),
        ({"url": ""}, 404, "url"),
        ({"url": "https://other.example/@ada/"}, 404, "url"),
        ({"url": APP}, 404, "url"),
        ({"url": f"{APP}/"}, 404, "url"),
        ({"url": f"{APP}/@nobody/"}, 404, "url"),
        ({"url": f"{APP}/b/nothing/"}, 404, "url"),
        ({"url": f"{APP}/cake/"}, 404, "url"),
        ({"url": f"{APP}/[]\x00é"}, 404, "url"),
    ],
)
def test_what_there_is_none_of_is_refused(
    asked: dict[str, str], status: int, word: str, town: World, client: StrictClient
) -> None:
    """With the status that oEmbed has for it, in words that name the field; nobody keeps a refusal."""
    page = f"{APP}/@{town.creator.creator_profile.slug}/"
    refused = client.get("/oembed", {"url": page, **asked})

    assert (refused.status_code, refused.headers["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert word in refused.content.decode()
    assert "private" in refused.headers["Cache-Control"]


def test_a_hidden_button_is_nobodys_to_show(town: World, client: StrictClient) -> None:
    """Not even its creator's."""
    client.force_login(town.creator)

    assert ask(client, f"/b/{town.hidden_button.public_id}/").status_code == 404


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_pages_lead_to_their_description(kind: str, town: World, client: StrictClient) -> None:
    """A creator's page and a button's each have a link for each format, which works; a hidden button has none."""
    for path in (f"/@{town.creator.creator_profile.slug}/", f"/b/{town.button.public_id}/"):
        page = world.document(client.get(path))
        content_type = {"json": "application/json+oembed", "xml": "text/xml+oembed"}[kind]
        (link,) = page.query(f'head link[rel="alternate"][type="{content_type}"]')
        address = link.attrs["href"]

        assert address.startswith(f"{APP}/oembed?")
        assert client.get(address.removeprefix(APP)).content == ask(client, path, format=kind).content
        assert link.attrs["title"]
    client.force_login(town.creator)
    hidden = world.document(client.get(f"/b/{town.hidden_button.public_id}/"))
    assert not hidden.query('link[rel="alternate"]')


def test_a_description_is_for_looking_at(client: StrictClient) -> None:
    """Nothing is sent here."""
    assert client.post("/oembed").status_code == 405


def test_a_button_is_renamed_and_the_page_found_again(town: World, client: StrictClient) -> None:
    """What is told is what is there now."""
    operations.set_hidden(button=town.button, hidden=True, now=world.NOW)
    assert ask(client, f"/b/{town.button.public_id}/").status_code == 404
    operations.set_hidden(button=town.button, hidden=False, now=world.NOW)
    assert ask(client, f"/b/{town.button.public_id}/").status_code == 200
