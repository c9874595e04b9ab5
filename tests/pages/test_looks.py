"""The sheets and the mark: small, whole, and where pages look for them."""

import json
import re
from typing import Any, Final

import brotli
import pytest
from django.urls import reverse

from flattr.development.icons import PNG_SIZES, files
from flattr.development.services import CHECKOUT
from tests import given
from tests.client import StrictClient
from tests.pages import world

SHEETS_BYTES: Final = 20_000
STATIC: Final = CHECKOUT / "static"

pytestmark = pytest.mark.django_db


def head(client: StrictClient, selector: str) -> list[Any]:
    """Return what of the start page's head a selector finds, as attributes."""
    return [each.attrs for each in world.document(client.get("/")).query(f"head {selector}")]


def test_a_page_loads_every_sheet_and_they_are_small_together(client: StrictClient) -> None:
    """Each compressed by itself, as it is sent."""
    named = [link["href"].removeprefix("/static/") for link in head(client, "link[rel=stylesheet]")]

    assert sorted(named) == sorted(f"css/{path.name}" for path in (STATIC / "css").iterdir())
    assert sum(len(brotli.compress((STATIC / name).read_bytes())) for name in named) <= SHEETS_BYTES


def test_the_mark_is_as_its_shapes_make_it() -> None:
    """Who changes it makes its files anew."""
    made = files()

    assert sorted(made) == sorted((STATIC / "img").iterdir())
    assert [path.name for path, content in made.items() if path.read_bytes() != content] == []


def test_the_manifest_names_what_is_there(client: StrictClient) -> None:
    """Its icons and their sizes, our own start page, and the colours of the sheets."""
    (link,) = head(client, "link[rel=manifest]")
    manifest = json.loads((STATIC / link["href"].removeprefix("/static/")).read_text())
    tokens = (STATIC / "css" / "tokens.css").read_text()

    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512", "any"}
    assert all((STATIC / icon["src"]).is_file() for icon in manifest["icons"])
    assert {192, 512} <= set(PNG_SIZES)
    assert manifest["start_url"] == reverse("payouts:cake")
    assert f"--accent: {manifest['theme_color']};" in tokens
    assert f"--paper: {manifest['background_color']};" in tokens


def test_browsers_colour_their_frame_as_the_head_of_the_page(client: StrictClient) -> None:
    """In both themes."""
    tokens = (STATIC / "css" / "tokens.css").read_text()

    assert [meta["content"] for meta in head(client, "meta[name=theme-color]")] == re.findall(
        r"--card: (#\w+);", tokens
    )


def test_no_sheet_has_a_class_that_nothing_has(client: StrictClient) -> None:
    """Each stands in a template, or is among the components on the page of the design."""
    sheets = "".join(path.read_text() for path in (STATIC / "css").iterdir())
    styled = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/", "", sheets, flags=re.DOTALL)))
    shown = world.document(client.get(reverse("design"))).query("[class]")
    templates = "".join(path.read_text() for path in (CHECKOUT / "templates").rglob("*.html"))
    main = re.findall(r"{% block main_class %}(.*?){% endblock %}", templates)
    written = [*main, *re.findall(r'class="([^"]*)"', re.sub(r"{[{%].*?[}%]}", " ", templates))]
    used = {name for classes in (*written, *(each.attrs["class"] for each in shown)) for name in classes.split()}

    assert len(styled) > 100
    assert styled - used == set()


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/cake/", {"My cake": "page"}),
        ("/settings/data/", {"Settings": "true", "Your data": "page"}),
        ("/clicks/", {}),
    ],
)
def test_menus_say_where_one_is(client: StrictClient, path: str, current: dict[str, str]) -> None:
    """The page itself, or the part of the house that it belongs to."""
    client.force_login(world.confirmed(given.user()))
    links = world.document(client.get(path)).query("nav a[aria-current]")

    assert {link.to_text(): link.attrs["aria-current"] for link in links} == current
