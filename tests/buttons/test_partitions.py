"""Clicks lie in one partition a month: made ahead, made at need, and taken away when the month is settled."""

import functools
import uuid
from datetime import datetime

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from buttons import queries, tasks
from buttons.models import Click, ClosedPeriod, MonthlyClicks
from buttons.operations import clicks, periods
from flattr.period import Period
from flattr.transactions import durable
from payouts.models import Settlement
from payouts.queries import books, settlements, statements
from tests import given

pytestmark = pytest.mark.django_db

FAR = Period(2031, 5)
"""A month that nobody has made a partition for."""


def partitions() -> set[str]:
    """Return the names of the partitions of clicks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'buttons_click'::regclass")
        return {name for (name,) in cursor.fetchall()}


def test_partitions_are_made_for_the_months_to_come() -> None:
    """The daily task makes this month's and the next two; a second run finds them."""
    assert periods.make_partitions(now=FAR.start) == [FAR, FAR.next, FAR.shift(2)]
    assert periods.make_partitions(now=FAR.start) == []
    assert partitions() >= {"buttons_click_2031_05", "buttons_click_2031_06", "buttons_click_2031_07"}
    tasks.make_partitions()


def test_a_click_in_a_month_without_a_partition_counts() -> None:
    """Where the task has not run for months the first click makes the partition; none is refused or lost."""
    button = given.button()
    given.click(given.user(), button, now=FAR.start, times=2)

    assert queries.click_count(public_id=button.public_id) == 2
    assert "buttons_click_2031_05" in partitions()


@pytest.mark.django_db(transaction=True)
def test_the_first_clicks_of_a_month_may_come_at_once() -> None:
    """Eight fans click in a month that has no partition: it is made once, and all are counted."""
    button = given.button()
    calls = [functools.partial(given.click, given.user(), button, now=FAR.start) for _ in range(8)]
    try:
        assert [len(each) for each in given.at_once(*calls) if isinstance(each, list)] == [1] * 8
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE buttons_click_2031_05")


def test_an_import_makes_the_partition_of_its_month() -> None:
    """A month of long ago is imported like any other."""
    made, fan, long_ago = given.button(), given.user(), Period(2019, 2)
    click = Click(fan=fan, button=made, creator=made.creator, period=long_ago, clicked_at=long_ago.start)

    assert durable(clicks.import_clicks)(clicks=[click]) == 1
    assert Click.objects.get().period == long_ago


def test_a_closed_month_is_counted_once(
    october: Period, mid_october: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Closing writes what each button got; from then on nobody counts those clicks again."""
    fan, button = given.user(), given.button()
    first, *_ = given.click(fan, button, now=mid_october, times=3)
    clicks.undo_click(click_id=first.id, fan=fan, now=mid_october)
    given.click(fan, button, now=october.end)
    for _ in range(2):
        durable(periods.close_period)(period=october, now=october.end)

    assert list(MonthlyClicks.objects.values_list("button_id", "period", "clicks")) == [(button.pk, october, 2)]
    assert str(MonthlyClicks.objects.get()) == "2 in 2026-10"
    with django_assert_num_queries(1):
        assert queries.click_count(public_id=button.public_id) == 3


def test_a_button_that_nobody_made_has_no_count() -> None:
    """It isn't 0, as there is nothing to count for."""
    assert queries.click_count(public_id="nothing") is None
    assert queries.cached_click_count(public_id="nothing") is None
    with pytest.raises(clicks.UnknownButton, match="nothing"):
        clicks.record_click(click_id=uuid.uuid4(), fan=given.user(), public_id="nothing", origin="", now=given.MOMENT)


def test_a_settled_month_can_be_taken_out_of_the_table(october: Period, after_october: datetime) -> None:
    """Without its clicks the counts, both statements, the export and the proof stay what they were."""
    fan, button = given.funded_fan(budget_cents=500, period=october), given.button()
    given.click(fan, button, now=october.start, times=3)
    settlement = given.settled(october, now=after_october)

    def seen() -> tuple[object, ...]:
        return (
            queries.click_count(public_id=button.public_id),
            statements.fan_statement(fan=fan, period=october),
            statements.creator_statement(creator=button.creator, period=october),
            settlements.digest(settlement=Settlement.objects.get()),
            books.check_books(),
            ClosedPeriod.objects.get().period,
        )

    before = seen()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE buttons_click DETACH PARTITION buttons_click_2026_10")
        cursor.execute("ALTER TABLE buttons_click_2026_10 RENAME TO archived_clicks")

    assert not Click.objects.exists()
    assert seen() == before
    assert before[0] == 3
    assert before[3] == settlement.digest
    with pytest.raises(clicks.PeriodClosed):
        given.click(fan, button, now=october.start)
