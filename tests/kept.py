"""What was built once, put into the database again as rows: far quicker than to build it anew for each test."""

import copy
from collections.abc import Callable
from io import StringIO
from typing import Generic, TypeVar

from django.db import connection

T = TypeVar("T")

Rows = dict[str, list[str]]
"""Rows by their table, in order, as PostgreSQL copies them."""


class Kept(Generic[T]):
    """What a function builds in the database, by real operations, for the first test that asks."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._made: tuple[T, Rows] | None = None

    def given(self) -> T:
        """Build it, or put its rows back as they were; return what was built, as nobody has touched it."""
        if self._made is None:
            before = _rows()
            built = self._build()
            self._made = built, _added(before, _rows())
        else:
            _put(self._made[1])
        return copy.deepcopy(self._made[0])


def _rows() -> Rows:
    """Return all rows that there are."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            copied = StringIO()
            cursor.copy_expert(f"COPY (TABLE {table}) TO STDOUT", copied)
            found[table] = copied.getvalue().split("\n")[:-1]
    return found


def _added(before: Rows, after: Rows) -> Rows:
    """Return the rows that are new; what was there before must be as it was."""
    for table, rows in before.items():
        assert set(rows) <= set(after[table]), f"rows of {table} were changed, and can't be put back"
    return {table: [row for row in rows if row not in before[table]] for table, rows in after.items()}


def _put(rows_of: Rows) -> None:
    """Put rows in without the triggers that saw them when they were made; all sequences are beyond them since."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, rows in rows_of.items():
            if rows:
                cursor.copy_expert(f"COPY {table} FROM STDIN", StringIO("\n".join(rows)))
        cursor.execute("SET LOCAL session_replication_role = origin")
