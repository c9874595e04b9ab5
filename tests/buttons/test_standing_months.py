"""The start of a month: standing clicks are made once, however often, late or by how many."""

import uuid
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection

from accounts.models import User
from accounts.operations import closings as people
from buttons import tasks
from buttons.models import Button, Click, StandingClick
from buttons.operations import clicks, closing, standing
from flattr.period import Period
from flattr.transactions import durable
from payouts.queries import due
from tests import given
from tests.conftest import Rung
from tests.standing import FIRST, NOVEMBER, made, make_all, repeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan() -> User:
    """Return somebody who clicks."""
    return given.user("Grace")


@pytest.fixture
def button() -> Button:
    """Return a button of somebody else."""
    return given.button()


def test_a_month_that_nobody_worked_in_isnt_made_up_for(fan: User, button: Button, october: Period) -> None:
    """Workers that come back in December click for December alone, even while November isn't settled."""
    repeat(fan, button)
    make_all(Period(2026, 12).start)

    assert [made(fan, october.shift(months)) for months in range(3)] == [1, 0, 1]


def test_a_late_worker_still_makes_the_months_clicks(fan: User, button: Button) -> None:
    """Whenever the sweep comes, the month gets its click, at that time."""
    repeat(fan, button)
    late = FIRST + timedelta(days=9)
    make_all(late)

    assert Click.objects.get(period=NOVEMBER).clicked_at == late


def test_clicks_are_made_in_batches_and_once(button: Button) -> None:
    """Five at two a time are three runs; the next has nothing to do."""
    for number in range(5):
        repeat(given.user(f"Fan {number}"), button)

    assert make_all(FIRST, limit=2) == [2, 2, 1]
    assert make_all(FIRST, limit=2) == []
    assert Click.objects.filter(period=NOVEMBER).count() == 5


def test_a_month_without_a_partition_gets_one(fan: User, button: Button) -> None:
    """Setting and making work in months for which the daily task hasn't run."""
    far = Period(2031, 5)
    repeat(fan, button, now=far.start)
    make_all(far.next.start)

    assert [made(fan, period) for period in (far, far.next)] == [1, 1]


def test_a_run_that_was_cut_short_is_as_if_it_had_never_begun(button: Button) -> None:
    """Clicks and the note that they are made are committed together."""
    for number in range(3):
        repeat(given.user(f"Fan {number}"), button)

    def record_and_die(**arguments: Any) -> None:
        record(**arguments)
        assert Click.objects.filter(period=NOVEMBER).count() == 3
        raise KeyboardInterrupt

    record = clicks.record_clicks_within
    with patch.object(clicks, "record_clicks_within", record_and_die), pytest.raises(KeyboardInterrupt):
        standing.make_clicks(now=FIRST)
    assert not Click.objects.filter(period=NOVEMBER).exists()
    make_all(FIRST)
    assert Click.objects.filter(period=NOVEMBER).count() == 3


def test_rows_that_come_back_from_a_backup_make_no_second_click(fan: User, button: Button) -> None:
    """Even where the note is lost, the click of a month has the same id each time."""
    repeat(fan, button)
    for _ in range(2):
        make_all(FIRST)
        StandingClick.objects.update(done_period=Period(2026, 10))
    make_all(FIRST + timedelta(hours=1))

    assert made(fan, NOVEMBER) == 1


def test_a_closed_month_takes_no_standing_click(fan: User, button: Button, october: Period) -> None:
    """A worker whose clock is behind is refused, changes nothing, and the right month gets its click."""
    repeat(fan, button, now=october.previous.start)
    for period in (october.previous, october):
        given.settled(period, now=period.end)
    with pytest.raises(clicks.PeriodClosed):
        standing.make_clicks(now=october.last_moment)
    make_all(FIRST)

    assert (made(fan, october), made(fan, NOVEMBER)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_each_click_once(button: Button) -> None:
    """They see to different ones, and together to all."""
    for number in range(12):
        repeat(given.user(f"Fan {number}"), button)
    one, two = given.at_once(lambda: make_all(FIRST, limit=2), lambda: make_all(FIRST, limit=2))
    make_all(FIRST)

    assert isinstance(one, list)
    assert isinstance(two, list)
    assert sum(one) + sum(two) == 12
    assert Click.objects.filter(period=NOVEMBER).count() == 12


@pytest.mark.django_db(transaction=True)
def test_a_fan_and_the_months_run_at_once_make_one_click(fan: User, button: Button) -> None:
    """Whoever changes the term while the month begins gets one click, too."""
    repeat(fan, button)
    given.at_once(
        lambda: repeat(fan, button, term_months=3, now=FIRST),
        lambda: make_all(FIRST),
        lambda: repeat(fan, button, term_months=3, now=FIRST),
    )
    make_all(FIRST)

    assert made(fan, NOVEMBER) == 1
    assert StandingClick.objects.get().term_months == 3


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_closed_while_the_month_begins_leaves_no_click(fan: User, button: Button) -> None:
    """The closing waits for the run that has the fan's rows, and takes its clicks back."""
    repeat(fan, button)

    def close_in_november() -> None:
        durable(closing.close)(user=fan, name=people.NOBODY, now=FIRST)

    given.queued(
        lambda: make_all(FIRST),
        close_in_november,
        behind=lambda: connection.cursor().execute("LOCK TABLE buttons_click IN SHARE ROW EXCLUSIVE MODE"),
    )

    assert made(fan, NOVEMBER) == 0
    assert StandingClick.objects.get().stopped_at == FIRST


def at_a_time(limit: int) -> AbstractContextManager[object]:
    """Let the task's runs be smaller."""
    return patch.object(standing, "make_clicks", partial(standing.make_clicks, limit=limit))


def test_the_task_goes_on_until_all_are_made(fan: User, rung: Rung) -> None:
    """A run rings for the next one while something is left, and for none after the last."""
    for _ in range(3):
        repeat(fan, given.button())
    with time_machine.travel(FIRST, tick=False), at_a_time(2):
        tasks.make_standing_clicks()
        (bell,) = rung
        tasks.make_standing_clicks(*bell[1])

    assert rung == [("make_standing_clicks", (FIRST.timestamp() + 300,))]
    assert made(fan, NOVEMBER) == 3


def test_runs_of_one_bell_come_to_an_end(fan: User, rung: Rung) -> None:
    """After five minutes the chain ends, since newer bells have rung meanwhile."""
    for _ in range(3):
        repeat(fan, given.button())
    with time_machine.travel(FIRST, tick=False), at_a_time(1):
        tasks.make_standing_clicks(FIRST.timestamp())

    assert rung == []
    assert made(fan, NOVEMBER) == 1


def test_an_alarm_tells_of_clicks_that_are_not_made_by_six(fan: User, button: Button) -> None:
    """Nobody is woken before, and once they are made nobody is told any more."""
    repeat(fan, button)
    six = FIRST + timedelta(hours=6)
    subject = "standing_clicks:2026-11"

    assert subject not in dict(due.overdue(now=six - timedelta(seconds=1)))
    assert dict(due.overdue(now=six))[subject] == "1 standing clicks of 2026-11 are not made."
    make_all(six)
    assert subject not in dict(due.overdue(now=six))


def test_the_id_of_a_months_click_is_always_the_same() -> None:
    """A change of the rule would make clicks of this month twice."""
    row = StandingClick(pk=7)

    assert row.click_id(NOVEMBER) == row.click_id(NOVEMBER)
    assert row.click_id(NOVEMBER) == uuid.UUID("d9a40391-c3b8-5c71-aca1-743d68d9e2e2")
    assert row.click_id(NOVEMBER) != row.click_id(NOVEMBER.next)
