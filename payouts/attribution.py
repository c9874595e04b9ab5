"""Whose money was it? Deposits are spent and debts paid in the order in which they came. Pure, as the split is."""

from collections.abc import Iterable
from typing import Final, TypeVar

from flattr import money

Deposit = TypeVar("Deposit")
Spend = TypeVar("Spend")
Debt = TypeVar("Debt")

KEPT_BASIS_POINTS: Final = 5000
"""Of a creator's month, what may be kept for debts at most. The proof of the books knows one limit for all time."""


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


def kept_of(*, earned_micros: int, debts: Iterable[tuple[Debt, int]]) -> dict[Debt, int]:
    """Return how many micros of a month's earnings are kept for each debt, without those for which nothing is.

    Debts are pairs of a key and what is still owed in micros, the oldest first. At most half of what was earned is
    kept, however much is owed: whoever earns shall have something of it.
    """
    left = money.fee_of(amount_micros=earned_micros, basis_points=KEPT_BASIS_POINTS)
    kept: dict[Debt, int] = {}
    for debt, micros in debts:
        part = min(left, micros)
        if part > 0:
            kept[debt] = part
        left -= part
    return kept
