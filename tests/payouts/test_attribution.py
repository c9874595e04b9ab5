"""Attribution: every micro of a spend comes from one deposit, the oldest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.attribution import spent_of

amounts = st.lists(st.integers(0, 10**9), max_size=8)


@given(deposits=amounts, spends=amounts)
def test_what_deposits_gave_sums_to_what_was_spent(deposits: list[int], spends: list[int]) -> None:
    """Each spend is covered once, as far as there is money, and no deposit gives more than it brought."""
    numbered = list(enumerate(deposits))
    taken = [spent_of(wanted=number, deposits=numbered, spends=enumerate(spends)) for number, _ in numbered]

    assert sum(sum(each.values()) for each in taken) == min(sum(deposits), sum(spends))
    assert all(sum(each.values()) <= deposits[number] for number, each in enumerate(taken))
    assert all(sum(each.get(spend, 0) for each in taken) <= micros for spend, micros in enumerate(spends))


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [("first", {"a": 3, "b": 2}), ("second", {"b": 2, "c": 1}), ("third", {}), ("unknown", {})],
)
def test_the_oldest_deposit_is_spent_first(wanted: str, taken: dict[str, int]) -> None:
    """Five, then three, then nine came; three, four and one were spent."""
    deposits = [("first", 5), ("second", 3), ("third", 9)]
    spends = [("a", 3), ("b", 4), ("c", 1)]

    assert spent_of(wanted=wanted, deposits=deposits, spends=spends) == taken
