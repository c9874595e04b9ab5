"""Whose money was it? A fan's deposits are spent in the order in which they came. Pure, as the split is."""

from collections.abc import Iterable
from typing import TypeVar

Deposit = TypeVar("Deposit")
Spend = TypeVar("Spend")


def spent_of(
    *, wanted: Deposit, deposits: Iterable[tuple[Deposit, int]], spends: Iterable[tuple[Spend, int]]
) -> dict[Spend, int]:
    """Return how many micros of the wanted deposit each spend took, without those that took none.

    Deposits and spends are pairs of a key and micros, both in the order of time; what was paid back of a deposit is
    left out of it. First in, first out: what is still in the balance came last.
    """
    start = end = 0
    for deposit, micros in deposits:
        start, end = end, end + micros
        if deposit == wanted:
            break
    else:
        return {}
    taken: dict[Spend, int] = {}
    spent = 0
    for spend, micros in spends:
        before, spent = spent, spent + micros
        part = min(end, spent) - max(start, before)
        if part > 0:
            taken[spend] = part
    return taken
