"""How many bytes a page of ours loads, compressed as browsers get it."""

from pathlib import Path
from typing import Any, Final

import brotli
import pytest
from django.contrib.staticfiles import finders

from flattr.development.services import CHECKOUT
from tests import given
from tests.client import StrictClient
from tests.pages import walk, world
from tests.pages.world import ROLES, World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

MONTH_BYTES: Final = 60_000
CSS_BYTES: Final = 20_000
SLICES: Final = 96


def compressed(data: bytes) -> int:
    """Return how many bytes are sent."""
    return len(brotli.compress(data))


def parts_of(page: Any) -> list[str]:
    """Return the addresses of the styles and scripts that a page loads."""
    styles = [each.attrs["href"] for each in page.query('link[rel="stylesheet"]')]
    return [*styles, *(each.attrs["src"] for each in page.query("script[src]"))]


def bytes_of(path: str) -> bytes:
    """Return a file of ours that a page loads."""
    return Path(str(finders.find(path.removeprefix("/static/")))).read_bytes()


def test_the_month_of_a_fan_is_light(town: World, as_fan: StrictClient) -> None:
    """Page, styles and scripts together, with as many slices as a page of the list has."""
    for number in range(SLICES):
        given.click(town.fan, given.button(town.other_creator, title=f"Work of art no. {number}"), now=world.NOW)
    response = as_fan.get("/cake/")
    parts = parts_of(world.document(response))

    assert response.content.count(b"Work of art no.") >= SLICES // 2
    assert any(each.endswith(".css") for each in parts)
    assert compressed(response.content) + sum(compressed(bytes_of(each)) for each in parts) < MONTH_BYTES


def test_all_styles_together_are_small() -> None:
    """Whatever page is asked for, and if one has a sheet of its own."""
    sheets = sorted((CHECKOUT / "static").rglob("*.css"))

    assert sheets
    assert sum(compressed(sheet.read_bytes()) for sheet in sheets) < CSS_BYTES


@pytest.mark.parametrize("role", ROLES)
def test_no_page_loads_anything_twice_or_from_elsewhere(role: str, town: World) -> None:
    """All styles and scripts that a page names are files of ours; those of the admin are Django's."""
    for page in walk.pages_of(town, role, "en"):
        if page.name.startswith("admin:"):
            continue
        parts = parts_of(page.document)

        assert len(parts) == len(set(parts)), page.name
        assert all(each.startswith("/static/") and finders.find(each.removeprefix("/static/")) for each in parts), (
            parts
        )
