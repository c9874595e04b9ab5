"""Attribution: each micro of a spend is of one deposit, each that is kept for one debt, the oldest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.attribution import kept_of, spent_of

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


@given(earned=st.integers(0, 10**12), debts=amounts)
def test_what_is_kept_is_half_of_a_month_or_all_that_is_owed(earned: int, debts: list[int]) -> None:
    """Whichever is less; for no debt more than is owed, and for none before the older ones are paid."""
    kept = kept_of(earned_micros=earned, debts=enumerate(debts))

    assert sum(kept.values()) == min(earned // 2, sum(debts))
    assert all(0 < micros <= debts[number] for number, micros in kept.items())
    assert all(kept.get(number, 0) == micros for number, micros in enumerate(debts) if any(n > number for n in kept))


def test_the_oldest_debt_is_paid_first() -> None:
    """Five are kept of eleven: three for the first, and what is left for the second."""
    assert kept_of(earned_micros=11, debts=[("first", 3), ("second", 4), ("third", 1)]) == {"first": 3, "second": 2}
