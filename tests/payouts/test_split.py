"""The split: shares are exact, fair and independent of order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.split import split_spend

spends = st.integers(min_value=0, max_value=500_000_000)
clicks_of_buttons = st.dictionaries(st.integers(1, 10_000), st.integers(1, 10_000), min_size=1, max_size=40)


@given(spend=spends, clicks=clicks_of_buttons)
def test_shares_sum_to_the_spend_exactly(spend: int, clicks: dict[int, int]) -> None:
    """Not a micro is lost or made."""
    assert sum(split_spend(spend_micros=spend, clicks=clicks).values()) == spend


@given(spend=spends, clicks=clicks_of_buttons)
def test_every_share_is_within_one_micro_of_its_quota(spend: int, clicks: dict[int, int]) -> None:
    """Nobody gets a micro less or more than the exact fraction, rounded either way, and never a negative share."""
    total = sum(clicks.values())
    for button, share in split_spend(spend_micros=spend, clicks=clicks).items():
        assert share >= 0
        assert abs(share * total - spend * clicks[button]) < total


@given(spend=spends, clicks=clicks_of_buttons, data=st.data())
def test_the_order_of_clicks_does_not_matter(spend: int, clicks: dict[int, int], data: st.DataObject) -> None:
    """The same clicks given in another order make the same shares."""
    shuffled = dict(data.draw(st.permutations(list(clicks.items()))))

    assert split_spend(spend_micros=spend, clicks=shuffled) == split_spend(spend_micros=spend, clicks=clicks)


@given(spend=spends, clicks=clicks_of_buttons, more=st.integers(1, 100), data=st.data())
def test_more_clicks_never_get_less(spend: int, clicks: dict[int, int], more: int, data: st.DataObject) -> None:
    """A button that is clicked more often doesn't lose by it."""
    button = data.draw(st.sampled_from(sorted(clicks)))
    before = split_spend(spend_micros=spend, clicks=clicks)[button]

    assert split_spend(spend_micros=spend, clicks={**clicks, button: clicks[button] + more})[button] >= before


@given(spend=spends, clicks=clicks_of_buttons)
def test_more_clicks_than_another_button_never_get_less_than_it(spend: int, clicks: dict[int, int]) -> None:
    """Shares are in the order of clicks."""
    shares = split_spend(spend_micros=spend, clicks=clicks)
    ranked = sorted(clicks, key=lambda button: clicks[button])
    for fewer, more in itertools.pairwise(ranked):
        if clicks[fewer] < clicks[more]:
            assert shares[fewer] <= shares[more]


def test_ties_go_to_the_smaller_key() -> None:
    """Ten micros over three equal buttons leave one micro, which the first of them gets."""
    assert split_spend(spend_micros=10, clicks={7: 1, 3: 1, 5: 1}) == {3: 4, 5: 3, 7: 3}


def test_no_clicks_make_no_shares() -> None:
    """A month without a click moves nothing."""
    assert split_spend(spend_micros=1_000_000, clicks={}) == {}


@pytest.mark.parametrize(("spend", "clicks", "field"), [(-1, {1: 1}, "spend_micros"), (1, {1: 0}, "clicks")])
def test_bad_input_is_refused_by_name(spend: int, clicks: dict[int, int], field: str) -> None:
    """A negative spend or a button without clicks is a mistake of the caller."""
    with pytest.raises(ValueError, match=field):
        split_spend(spend_micros=spend, clicks=clicks)
