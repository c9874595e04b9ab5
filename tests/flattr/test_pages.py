"""Long lists: every row comes once, in its order, whatever happens meanwhile and whatever an address says."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import RequestFactory

from buttons import queries
from buttons.models import Button
from flattr import pages
from flattr.pages import Page, Place
from tests import given

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 10, 15, 12, 0, 0, 123456, tzinfo=UTC)


def place(query: str | None = "", *, size: int = 2, name: str = "after") -> Place:
    """Return the place that an address with that query asks for."""
    return Place.of(RequestFactory().get(f"/?{query}"), name=name, size=size)


def leafed(rows: Any, *, size: int = 2) -> Iterator[Page[Any]]:
    """Yield page after page, each by the address that the one before gives."""
    query: str | None = ""
    while query is not None:
        page = pages.cut(rows, place=place(query, size=size))
        query = page.following
        yield page


@pytest.fixture
def buttons() -> list[Button]:
    """Return five buttons of a creator, three of them made at the same moment, newest first."""
    creator = given.creator()
    for number in (0, 1, 1, 1, 2):
        made = given.button(creator, title=f"Song {number}")
        Button.objects.filter(pk=made.pk).update(created_at=MOMENT + timedelta(microseconds=number))
    return list(Button.objects.filter(creator=creator).order_by("-created_at", "-id"))


@pytest.mark.parametrize(
    "order",
    [("-created_at", "-id"), ("created_at", "-id"), ("-created_at", "id"), ("title", "-created_at", "id"), ("-id",)],
)
def test_every_row_comes_once_in_its_order(buttons: list[Button], order: tuple[str, ...]) -> None:
    """Also where rows are alike in the first fields, and where one field falls and the next rises."""
    rows = Button.objects.filter(creator=buttons[0].creator).order_by(*order)
    found = list(leafed(rows))

    assert [each for page in found for each in page] == list(rows)
    assert [len(page) for page in found] == [2, 2, 1]
    assert [page.is_first for page in found] == [True, False, False]
    assert {page.first for page in found} == {""}


def test_a_list_that_fits_has_one_page(buttons: list[Button]) -> None:
    """Exactly full, it leads nowhere, and an empty one is a page too."""
    rows = queries.public_buttons(creator=buttons[0].creator)

    assert [len(page) for page in leafed(rows, size=5)] == [5]
    assert [len(page) for page in leafed(rows.filter(title="none"))] == [0]
    assert pages.cut(rows, place=None).rows == buttons


def test_new_rows_move_nothing(buttons: list[Button]) -> None:
    """What is added at the front while somebody leafs neither shows a row twice nor hides one."""
    rows = queries.public_buttons(creator=buttons[0].creator)
    walk = leafed(rows)
    seen = next(walk).rows
    given.button(buttons[0].creator)
    for page in walk:
        seen += page.rows

    assert seen == buttons


def test_lists_of_one_page_have_places_of_their_own(buttons: list[Button]) -> None:
    """Leafing in one keeps the place in the other, and whatever else the address says."""
    rows = queries.public_buttons(creator=buttons[0].creator)
    other = pages.cut(rows, place=place("next=/cake/", name="other")).following
    both = pages.cut(rows, place=place(other)).following
    back = pages.cut(rows, place=place(both)).first

    assert both is not None
    assert set(QueryDict(both)) == {"next", "other", "after"}
    assert QueryDict(back) == QueryDict(other)


@pytest.mark.parametrize(
    "query",
    [
        "after=",
        "after=x",
        "after=%00",
        "after=W10:x",
        "after=%FF%FE",
        "after=1&after=2",
        "after=" + "a" * 5000,
        "after=é:è",
    ],
)
def test_what_is_not_ours_begins_the_list(buttons: list[Button], query: str) -> None:
    """Whoever writes an address of their own sees the first page."""
    rows = queries.public_buttons(creator=buttons[0].creator)
    page = pages.cut(rows, place=place(query))

    assert page.is_first
    assert page.rows == buttons[:2]


def test_a_key_is_of_its_order_alone(buttons: list[Button]) -> None:
    """In a list of another order it begins the list, as one that was changed does."""
    rows = queries.public_buttons(creator=buttons[0].creator)
    following = pages.cut(rows, place=place()).following
    assert following is not None
    changed = re.sub("after=.", "after=X", following)

    assert pages.cut(rows.order_by("-id"), place=place(following)).is_first
    assert pages.cut(rows, place=place(changed)).is_first
    assert not pages.cut(rows, place=place(following)).is_first


def test_a_place_after_which_nothing_comes_any_more_begins_the_list(buttons: list[Button]) -> None:
    """A page without rows would say that there are none."""
    rows = queries.public_buttons(creator=buttons[0].creator)
    following = pages.cut(rows, place=place()).following
    for gone in buttons[2:]:
        Button.objects.filter(pk=gone.pk).update(hidden_at=MOMENT)
    page = pages.cut(rows, place=place(following))

    assert (page.is_first, page.rows, page.following) == (True, buttons[:2], None)


def test_a_list_in_memory_is_cut_in_the_same_way() -> None:
    """By its keys, whichever of its rows are still there."""
    rows = [(-2, 7), (-1, 3), (-1, 5), (0, 1)]
    first = pages.cut_list(rows, key_of=lambda row: row, place=place())
    rows.remove((-1, 3))
    second = pages.cut_list(rows, key_of=lambda row: row, place=place(first.following))
    again = pages.cut_list(rows[:1], key_of=lambda row: row, place=place(first.following))

    assert (first.rows, first.is_first) == ([(-2, 7), (-1, 3)], True)
    assert (second.rows, second.is_first, second.following) == ([(-1, 5), (0, 1)], False, None)
    assert (again.rows, again.is_first) == ([(-2, 7)], True)


def test_an_index_gives_the_rows_in_their_order(buttons: list[Button]) -> None:
    """Wherever a page begins, the database begins to read there, and sorts nothing."""
    rows = queries.public_buttons(creator=buttons[0].creator)
    later = pages._comes_after([buttons[1].created_at, buttons[1].pk], ["-created_at", "-id"])
    with connection.cursor() as cursor:
        # For five rows it would read the table.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        # Or sort those five. It still would where it has to.
        cursor.execute("SET LOCAL enable_sort = off")
        plan = rows.filter(later)[:3].explain()

    assert "Index Scan using button_newest_of_creator" in plan
    assert "created_at <= " in plan
    assert "Sort" not in plan
