"""A creator's forecast knows what fans let them get at most, and how long it may be remembered."""

from datetime import datetime

import pytest
from django.core.cache import caches
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import given as any_of
from hypothesis import strategies as st

from accounts.models import User
from buttons.models import Button
from flattr.period import Period
from payouts.operations import caps
from payouts.queries import earnings
from tests import given
from tests.payouts.sharing import held, share

pytestmark = pytest.mark.django_db


def clicking_fan(period: Period, clicks: dict[Button, int]) -> User:
    """Return a fan with 5 EUR who clicks buttons so many times each."""
    fan = given.funded_fan(period=period)
    for button, times in clicks.items():
        given.click(fan, button, now=period.start, times=times)
    return fan


def test_nobody_brings_more_than_their_cap(ada: User, october: Period, mid_october: datetime) -> None:
    """Neither now nor if they went on clicking; who has no cap brings what the clicks bring."""
    button, other = given.button(ada), given.button()
    capped, _free = (clicking_fan(october, {button: 3, other: 1}) for _ in range(2))
    caps.set_cap(fan=capped, creator=ada, most_cents=100, now=mid_october)
    expected = earnings.forecast(creator=ada, now=october.last_moment)

    # A euro of one, and 3.75 of the other, less a tenth.
    assert expected.high_micros == 900_000 + 3_375_000
    assert 900_000 <= expected.low_micros <= expected.high_micros


@pytest.mark.parametrize("most_cents", [375, 50_000, None])
def test_a_cap_that_isnt_reached_or_there_any_more_changes_nothing(
    most_cents: int | None, ada: User, october: Period, mid_october: datetime
) -> None:
    """So it is for a cap for somebody else; and this month's last word counts."""
    button, other = given.button(ada), given.button()
    fan = clicking_fan(october, {button: 3, other: 1})
    before = earnings.forecast(creator=ada, now=mid_october)
    caps.set_cap(fan=fan, creator=ada, most_cents=1, now=october.start)
    caps.set_cap(fan=fan, creator=ada, most_cents=most_cents, now=mid_october)
    caps.set_cap(fan=fan, creator=other.creator, most_cents=125, now=mid_october)

    assert earnings.forecast(creator=ada, now=mid_october) == before


def test_a_cap_said_for_an_earlier_month_is_in_force(ada: User, october: Period) -> None:
    """Until the fan says something else."""
    november = october.next
    fan = given.funded_fan(period=november)
    caps.set_cap(fan=fan, creator=ada, most_cents=200, now=october.start)
    given.click(fan, given.button(ada), now=november.start)

    assert earnings.forecast(creator=ada, now=november.start).high_micros == 1_800_000


@any_of(
    fans=st.lists(
        st.tuples(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.none() | st.integers(1, 600)), max_size=3
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_higher_amount_is_what_the_settlement_brings(
    fans: list[tuple[list[int], int | None]], october: Period
) -> None:
    """Of own buttons, of one that is shared with a co-author, and to the co-author: to the micro of each line."""
    before = transaction.savepoint()
    try:
        _forecast_and_settle(fans, october)
    finally:
        transaction.savepoint_rollback(before)


def _forecast_and_settle(fans: list[tuple[list[int], int | None]], period: Period) -> None:
    ada, bob = given.creator("Ada"), given.creator("Bob")
    buttons = (given.button(ada), given.button(ada), given.button(), given.button(bob))
    share(buttons[1], bob, 30)
    for clicks, most_cents in fans:
        fan = clicking_fan(period, dict(zip(buttons, clicks, strict=True)))
        if most_cents is not None:
            caps.set_cap(fan=fan, creator=ada, most_cents=most_cents, now=period.start)
    of_ada, of_bob = (earnings.forecast(creator=each, now=period.last_moment) for each in (ada, bob))
    given.settled(period, now=period.end)

    # Nothing else was ever earned. What a cap for Ada leaves goes to Bob's own button, which no forecast knows.
    assert abs(of_ada.high_micros - held(ada)) <= 12
    assert of_bob.high_micros <= held(bob) + 12
    assert of_ada.low_micros <= of_ada.high_micros
    assert of_bob.low_micros <= of_bob.high_micros


def test_a_forecast_of_few_fans_is_always_new(ada: User, october: Period, mid_october: datetime) -> None:
    """Each click shows at once."""
    button = given.button(ada)
    for number in range(1, 3):
        clicking_fan(october, {button: 1})
        assert earnings.forecast(creator=ada, now=mid_october).fans == number


def test_a_forecast_of_many_fans_is_remembered_for_minutes(
    ada: User, october: Period, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By creator and month; once forgotten it is made anew."""
    monkeypatch.setattr(earnings, "SAMPLED_FANS_MAX", 2)
    button, other = given.button(ada), given.creator("Bob")
    for _ in range(3):
        clicking_fan(october, {button: 1})
    first = earnings.forecast(creator=ada, now=mid_october)
    clicking_fan(october, {button: 1, given.button(other): 1})

    assert first.is_remembered
    assert earnings.forecast(creator=ada, now=mid_october) == first
    assert earnings.forecast(creator=other, now=mid_october).fans == 1
    assert earnings.forecast(creator=ada, now=october.next.start).fans == 0
    caches["process"].clear()
    assert earnings.forecast(creator=ada, now=mid_october).fans == 4
