"""What search engines and networks see of each page: what it is where everybody may see it, else nothing."""

from typing import Any, Final

import pytest
from django.conf import settings
from django.urls import reverse

from tests.client import StrictClient
from tests.pages import world
from tests.pages.test_every_page import ANSWERS, address
from tests.pages.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

LISTED: Final = {
    "landing": {
        "title": "Flattr: one fixed sum, one slice per click",
        "description": "Set aside a sum, from €2, and click the buttons of those whose work you love. At the end of "
        "the month it is cut like a cake, one equal slice per click.",
        "type": "website",
        "picture": "/og/default.png",
        "alt": "A cake, and the words: Give to everything you love, for one fixed sum a month.",
    },
    "buttons:discover": {
        "title": "Discover",
        "description": "Find artists, podcasters, writers and developers who take slices of your cake: by what they "
        "make, by language, what is trending and what is new.",
        "type": "website",
        "picture": "/og/default.png",
        "alt": "A cake, and the words: Give to everything you love, for one fixed sum a month.",
    },
    "buttons:creator": {
        "title": "Ada",
        "description": "Support Ada: click their buttons, and each click is one equal slice of your cake at the "
        "end of the month.",
        "type": "profile",
        "picture": "/og/@{slug}.png",
        "alt": "A cake, and the name Ada",
    },
    "buttons:button": {
        "title": "Song & <dance>",
        "description": "“Song & <dance>” by Ada: give it a slice of your cake. One fixed sum a month, one equal "
        "slice per click.",
        "type": "website",
        "picture": "/og/b/{public_id}.png",
        "alt": "A cake, and the words: Song & <dance>, by Ada",
    },
}
"""The pages that search engines may list, and what they show of each."""

PICTURES: Final = {"buttons:creator_picture", "buttons:button_picture", "buttons:default_picture"}
EMBED_HOST: Final = settings.EMBED_URL.partition("//")[2]


def shown(response: Any) -> dict[str, str]:
    """Return what a page says of itself in its head, by the names of Open Graph."""
    page = world.document(response)
    metas = [each.attrs for each in page.query("head meta")]
    found = {each["property"].removeprefix("og:"): each["content"] for each in metas if "property" in each}
    found |= {each["name"]: each["content"] for each in metas if "name" in each}
    return found | {"canonical": page.query('link[rel="canonical"]')[0].attrs["href"]}


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_page_says_what_it_is(name: str, town: World, client: StrictClient) -> None:
    """In a description, and by Open Graph with a picture of ours, by the address that everybody has in common."""
    slug, public_id = f"ada-{town.creator.pk}", town.button.public_id
    wanted = {key: value.format(slug=slug, public_id=public_id) for key, value in LISTED[name].items()}
    path = address(name, town)
    response = client.get(path, {"via": str(town.fan.share_token)})
    found = shown(response)

    assert response.headers["X-Robots-Tag"] == "all"
    assert found["canonical"] == found["url"] == settings.APP_URL + path
    assert found["description"] == wanted["description"]
    assert {key: found[key] for key in ("title", "description", "type")} == {
        key: wanted[key] for key in ("title", "description", "type")
    }
    assert found["image"] == settings.APP_URL + wanted["picture"]
    assert found["image:alt"] == wanted["alt"]
    assert found["twitter:card"] == "summary_large_image"
    assert client.get(wanted["picture"]).headers["Content-Type"] == "image/png"
    (title,) = world.document(response).query("head title")
    assert title.to_text().startswith(wanted["title"])


@pytest.mark.parametrize("role", ["anonymous", "fan", "creator", "staff"])
def test_no_other_page_is_listed(role: str, town: World, client: StrictClient) -> None:
    """Whatever is not in the table is kept out by a header, also what is no page, leads elsewhere, or isn't there."""
    person = town.person(role)
    if person is not None:
        client.force_login(world.confirmed(person))
    tags = {name: client.get(address(name, town)).headers["X-Robots-Tag"] for name in ANSWERS}

    assert {name for name, tag in tags.items() if tag == "all"} == {*LISTED, *PICTURES}
    assert {tag for tag in tags.values() if tag != "all"} == {"noindex"}
    assert client.get("/nowhere/").headers["X-Robots-Tag"] == "noindex"
    assert client.get(reverse("buttons:creator", args=["nobody"])).headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("path", ["/b?to={slug}", "/{slug}.svg", "/{slug}.json", "/1.js", "/nowhere", "/{slug}"])
def test_the_embed_host_is_not_listed(path: str, town: World, client: StrictClient) -> None:
    """What other people's pages show of us is found by those pages alone."""
    response = client.get(path.format(slug=f"ada-{town.creator.pk}"), headers={"host": EMBED_HOST})

    assert response.headers["X-Robots-Tag"] == "noindex"


def test_a_description_is_cut(town: World, client: StrictClient) -> None:
    """A long text of several paragraphs is one short line, whose marks are no marks of the page."""
    town.button.description = 'First "line"\n\n<b>second</b> ' + "and more " * 50
    town.button.save()
    found = shown(client.get(address("buttons:button", town)))["description"]

    assert found.startswith('First "line" <b>second</b> and more and')
    assert len(found) == 160
    assert found.endswith("…")
