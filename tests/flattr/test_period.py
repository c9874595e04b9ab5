"""Periods: calendar months in UTC, with an exclusive end."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flattr.period import MalformedPeriod, Period

periods = st.builds(Period, st.integers(200, 9000), st.integers(1, 12))


@given(period=periods)
def test_a_label_is_read_back(period: Period) -> None:
    """Writing and reading a period changes nothing."""
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "text",
    [
        "2026-13",
        "2026-00",
        "2026-1",
        "26-10",
        "2026",
        "2026-10-01",
        "2026/10",
        "202610",
        "",
        " 2026-10",
        "2026-10\n",
        "0000-10",
        "9999-12",
        "\N{FULLWIDTH DIGIT TWO}026-10",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """The refusal names the field and shows a right example."""
    with pytest.raises(MalformedPeriod, match=r"^period: .* is not a month such as 2026-10$"):
        Period.parse(text)


@pytest.mark.parametrize(("year", "month"), [(2026, 0), (2026, 13), (0, 1), (9999, 1)])
def test_no_period_lies_outside_the_calendar(year: int, month: int) -> None:
    """A period that can't have an end can't be made."""
    with pytest.raises(MalformedPeriod):
        Period(year, month)


@pytest.mark.parametrize(
    ("moment", "label"),
    [
        (datetime(2026, 10, 1, tzinfo=UTC), "2026-10"),
        (datetime(2026, 10, 31, 23, 59, 59, 999_999, tzinfo=UTC), "2026-10"),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11"),
        (datetime(2026, 11, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-10"),
        (datetime(2026, 12, 31, 20, 0, tzinfo=timezone(timedelta(hours=-5))), "2027-01"),
    ],
)
def test_a_moment_lies_in_the_month_that_utc_says(moment: datetime, label: str) -> None:
    """Where the clock hangs doesn't matter."""
    assert str(Period.at(moment)) == label


def test_a_moment_without_a_time_zone_lies_nowhere() -> None:
    """A naive time could be in two months, so it is refused."""
    with pytest.raises(ValueError, match="no time zone"):
        Period.at(datetime(2026, 10, 1))  # noqa: DTZ001  That is the mistake.


@given(period=periods)
def test_periods_follow_one_another_without_a_gap(period: Period) -> None:
    """One period's end is the next one's start, and its last moment still its own."""
    assert period.end == period.next.start
    assert Period.at(period.last_moment) == period
    assert Period.at(period.end) == period.next
    assert period.first_day == period.start.date() == date(period.year, period.month, 1)


def test_the_last_period_of_all_has_an_end() -> None:
    """Every period that can be named can be shown, the last one too."""
    assert Period.parse("9998-12").end == datetime(9999, 1, 1, tzinfo=UTC)


@given(period=periods, months=st.integers(-1000, 1000), more=st.integers(-1000, 1000))
def test_shifts_add_up(period: Period, months: int, more: int) -> None:
    """Going twice is going once by the sum, back is the way back, and order follows time."""
    assert period.shift(months).shift(more) == period.shift(months + more)
    assert period.shift(months).shift(-months) == period
    assert (period.shift(months) > period) == (months > 0)
    assert period.next.previous == period
