"""Long lists, a page at a time: each page begins after the last row of the one before (keyset pagination).

However far somebody leafs, the database reads no row that isn't shown, and rows that are added meanwhile
move nothing to where it was seen before. What an address says about a place in a list is signed, so it is
ours or the list begins anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, Self, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict

R = TypeVar("R")
T = TypeVar("T")

SIZE: Final = 96
"""How many rows a page has. The eight colours of a cake go round in it, so each page begins with the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a list somebody is, as the address says: from the start, or after a row of the page before."""

    parameters: QueryDict
    name: str
    size: int

    @classmethod
    def of(cls, request: HttpRequest, *, name: str = "after", size: int = SIZE) -> Self:
        """Return the place that the request asks for; lists on one page have names of their own."""
        return cls(parameters=request.GET, name=name, size=size)

    def key(self, order: Sequence[str]) -> list[Any] | None:
        """Return the key of the row that the page comes after, or None at the start and for what isn't ours."""
        try:
            key = self._signer(order).unsign_object(self.parameters.get(self.name, ""))
        except BadSignature:
            return None
        return list(key)

    def after(self, key: Sequence[Any], order: Sequence[str]) -> str:
        """Return the query string that asks for what comes after a row, and for the rest of the page as it is."""
        plain = [value if isinstance(value, int) else str(value) for value in key]
        return self._query(self._signer(order).sign_object(plain))

    def start(self) -> str:
        """Return the query string that asks for the list from its start, and for the rest of the page as it is."""
        return self._query(None)

    def _query(self, after: str | None) -> str:
        parameters = self.parameters.copy()
        parameters.pop(self.name, None)
        if after is not None:
            parameters[self.name] = after
        return parameters.urlencode()

    def _signer(self, order: Sequence[str]) -> Signer:
        """Return what signs the keys of this order alone: after a change of the order old ones say nothing."""
        return Signer(salt=f"{__name__}:{','.join(order)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R]):
    """Some rows of a list, and the query strings that lead on from them and back."""

    rows: list[R]
    is_first: bool = True
    first: str = ""
    following: str | None = None
    """None on the last page."""

    def __iter__(self) -> Iterator[R]:
        """Go through the rows."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Count the rows of this page."""
        return len(self.rows)

    def showing(self, rows: Sequence[T]) -> "Page[T]":
        """Return the page with something else to show for each row."""
        return replace(self, rows=list(rows))  # type: ignore[arg-type, return-value]  # It is of another type then.


def cut(rows: "QuerySet[Any, R]", *, place: Place | None) -> Page[R]:
    """Return the page of an ordered query that a place asks for, or all of it without one.

    The fields of its order together must be unique, never null, and shown by each row under their names. A
    place after which nothing comes any more leads to the first page.
    """
    if place is None:
        return Page(rows=list(rows))
    order = [str(name) for name in rows.query.order_by]
    key = place.key(order)
    found = list((rows if key is None else rows.filter(_comes_after(key, order)))[: place.size + 1])
    if key is not None and not found:
        key, found = None, list(rows[: place.size + 1])
    return _page(found, place=place, order=order, is_first=key is None, key_of=lambda row: _key(row, order))


def cut_list(
    rows: Sequence[R], *, key_of: Callable[[R], tuple[int | str, ...]], place: Place, order_name: str = "key"
) -> Page[R]:
    """Return the page of a list in memory, which is in the order of its unique keys, that a place asks for.

    Lists that come in several orders name the one that it is, so that nobody compares a key with those of another.
    """
    order = [order_name]
    key = place.key(order)
    found = [row for row in rows if key is None or key_of(row) > tuple(key)]
    if not found:
        key, found = None, list(rows)
    return _page(found, place=place, order=order, is_first=key is None, key_of=key_of)


def _page(
    found: list[R], *, place: Place, order: Sequence[str], is_first: bool, key_of: Callable[[R], Sequence[Any]]
) -> Page[R]:
    """Return the page of the rows found from its start on, of which one more than fit says that it isn't the last."""
    shown = found[: place.size]
    return Page(
        rows=shown,
        is_first=is_first,
        first=place.start(),
        following=place.after(key_of(shown[-1]), order) if len(found) > place.size else None,
    )


def _key(row: Any, order: Sequence[str]) -> list[Any]:
    return [getattr(row, name.removeprefix("-")) for name in order]


def _comes_after(key: Sequence[Any], order: Sequence[str]) -> Q:
    """Return what is true of the rows after the one with that key, written so that an index can begin there."""
    comes_after, bounds = Q(), Q()
    for name, value in reversed(list(zip(order, key, strict=True))):
        field = name.removeprefix("-")
        beyond = "lt" if name.startswith("-") else "gt"
        is_beyond = Q(**{f"{field}__{beyond}": value})
        comes_after = is_beyond | (Q(**{field: value}) & comes_after) if comes_after else is_beyond
        bounds = Q(**{f"{field}__{beyond}e": value})
    return bounds & comes_after
