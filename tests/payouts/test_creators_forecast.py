"""What the month that runs may bring a creator: a range from the clicks that are there, and from nothing else."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as any_of
from hypothesis import strategies as st

from accounts.models import Subscription, User
from flattr.period import Period
from payouts.queries import balances, earnings
from tests import given

pytestmark = pytest.mark.django_db


def test_nobody_clicked(ada: User, mid_october: datetime) -> None:
    """Without a click there is nothing to expect."""
    assert earnings.forecast(creator=ada, now=mid_october) == earnings.Forecast(
        fans=0, clicks=0, low_micros=0, high_micros=0
    )


def test_the_higher_amount_is_what_the_month_would_bring_if_it_ended_now(
    ada: User, october: Period, mid_october: datetime, after_october: datetime
) -> None:
    """It is then what the settlement brings, to the micro that its lines are rounded to."""
    button, others = given.button(ada), [given.button() for _ in range(2)]
    for number in range(4):
        fan = given.funded_fan(budget_cents=300 + number, period=october)
        given.click(fan, button, now=october.start, times=1 + number % 2)
        given.click(fan, others[number % 2], now=october.start, times=number)
    expected = earnings.forecast(creator=ada, now=mid_october)
    given.settled(october, now=after_october)

    assert (expected.fans, expected.clicks) == (4, 6)
    assert abs(expected.high_micros - balances.creator_balance_micros(creator=ada)) <= 8
    assert expected.low_micros < expected.high_micros


def test_the_lower_amount_lets_fans_go_on_as_they_usually_do(ada: User, october: Period) -> None:
    """Who usually clicks thirty times gives the creator's one click its part of what these will make in all."""
    fan = given.user("Grace")
    given.subscription(fan, budget_cents=620, period=october.previous)
    given.deposit(fan, amount_cents=1240, now=october.previous.start)
    given.click(fan, given.button(), now=october.previous.start, times=30)
    given.settled(october.previous, now=october.start)
    given.click(fan, given.button(ada), now=october.start)

    at_the_start = earnings.forecast(creator=ada, now=october.start)
    near_the_end = earnings.forecast(creator=ada, now=october.last_moment)

    # 6.20 EUR, less the fee of a tenth: cut among 31 clicks, and among the one there is, then one more.
    assert (at_the_start.low_micros, at_the_start.high_micros) == (180_000, 5_580_000)
    assert (near_the_end.low_micros, near_the_end.high_micros) == (5_580_000, 5_580_000)


def test_a_fan_without_money_or_promise_brings_nothing(ada: User, october: Period, mid_october: datetime) -> None:
    """They are supporters, and weigh nothing: as in the settlement."""
    button = given.button(ada)
    unpaid, paused = given.user("Unpaid"), given.funded_fan("Paused", period=october)
    given.subscription(unpaid, budget_cents=500, period=october)
    given.subscription(paused, budget_cents=500, period=october, state=Subscription.State.PAUSED)
    for fan in (unpaid, paused):
        given.click(fan, button, now=mid_october)

    assert earnings.forecast(creator=ada, now=mid_october) == earnings.Forecast(
        fans=2, clicks=2, low_micros=0, high_micros=0
    )


def test_of_many_fans_some_stand_for_all(
    ada: User, october: Period, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All fans and clicks are counted, and what the sample brings is scaled by its part of the clicks."""
    monkeypatch.setattr(earnings, "SAMPLED_FANS_MAX", 3)
    button = given.button(ada)
    for _ in range(8):
        given.click(given.funded_fan(budget_cents=200, period=october), button, now=mid_october)
    expected = earnings.forecast(creator=ada, now=mid_october)

    assert (expected.fans, expected.clicks, expected.high_micros) == (8, 8, 8 * 1_800_000)


@any_of(clicks=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4)), max_size=3), hour=st.integers(0, 743))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_range_never_stands_on_its_head(clicks: list[tuple[int, int]], hour: int, october: Period) -> None:
    """At any hour the lower amount is at most the higher one, and neither is more than all budgets after the fee."""
    ada, other = given.creator(), given.button()
    button = given.button(ada)
    for here, elsewhere in clicks:
        fan = given.funded_fan(budget_cents=500, period=october)
        given.click(fan, button, now=october.start, times=here)
        given.click(fan, other, now=october.start, times=elsewhere)
    now = october.start + (october.end - october.start) * hour / 744
    expected = earnings.forecast(creator=ada, now=now)

    assert 0 <= expected.low_micros <= expected.high_micros <= len(clicks) * 4_500_000
