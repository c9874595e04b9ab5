"""A settlement that is killed, repeated or run twice at once ends like an undisturbed one."""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import Notification
from buttons import queries as buttons_queries
from flattr.period import Period
from flattr.transactions import durable_block
from payouts.ledger import chart
from payouts.ledger.models import Transfer
from payouts.models import (
    ButtonEarning,
    Settlement,
    SettlementEarning,
    SettlementLine,
    SettlementRange,
    SettlementSpend,
)
from payouts.operations import announcements, settlement
from payouts.queries import balances, books, settlements
from tests import given

RANGES = 3


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture(autouse=True)
def _ranges_of_two(settings: Settings) -> None:
    """Cut five fans into three ranges."""
    settings.SETTLEMENT_RANGE_FANS = 2


def month_of_five_fans(period: Period) -> None:
    """Let five fans click three buttons, each another number of times."""
    buttons = [given.button() for _ in range(3)]
    for number in range(5):
        fan = given.funded_fan(budget_cents=300 + 7 * number, period=period)
        for times, each in enumerate(buttons, start=number):
            given.click(fan, each, now=period.start, times=times)


def settle(period: Period, now: datetime, step: Callable[[int, int], None] = lambda _done, _all: None) -> bool:
    """Settle as the command does."""
    return settlement.settle(period=period, clock=lambda: now, step=step)


@pytest.mark.django_db
def test_fans_are_cut_into_ranges_that_leave_out_nobody(october: Period, after_october: datetime) -> None:
    """Each fan lies in exactly one range, in the order of ids."""
    month_of_five_fans(october)
    opened = settlement.open_settlement(period=october, now=after_october)
    fans = list(opened.spends.order_by("fan_id").values_list("fan_id", flat=True))
    ranges = list(opened.ranges.order_by("number").values_list("number", "first_fan_id", "last_fan_id"))

    assert ranges == [(0, fans[0], fans[1]), (1, fans[2], fans[3]), (2, fans[4], fans[4])]


@pytest.mark.django_db
@pytest.mark.parametrize("steps", range(RANGES + 3))
def test_case_32_a_killed_settlement_goes_on_to_the_same_digest(
    steps: int, october: Period, after_october: datetime
) -> None:
    """Whichever step was the last before the end, the next run finishes the month as if nothing had been."""
    month_of_five_fans(october)
    before = transaction.savepoint()
    settle(october, after_october)
    undisturbed = Settlement.objects.get().digest
    transaction.savepoint_rollback(before)

    opened = settlement.open_settlement(period=october, now=after_october)
    each_step: list[Callable[..., object]] = [
        *(functools.partial(settlement.settle_range, number=number) for number in (2, 0, 1)),
        settlement.finish_settlement,
        announcements.announce_settlement,
    ]
    for call in each_step[:steps]:
        call(settlement_id=opened.pk, now=after_october)
    assert books.check_books() == []

    assert settle(october, after_october) is (steps <= RANGES)
    announcements.announce_settlement(settlement_id=opened.pk, now=after_october)
    assert Settlement.objects.get().digest == undisturbed
    assert Notification.objects.count() == 8


@pytest.mark.django_db
@pytest.mark.parametrize("survived", range(1, RANGES + 1))
def test_a_run_killed_between_ranges_keeps_those_that_are_done(
    survived: int, october: Period, after_october: datetime
) -> None:
    """The next run has only the rest to do."""
    month_of_five_fans(october)

    def kill(done: int, _ranges: int) -> None:
        if done == survived:
            raise Killed

    with pytest.raises(Killed):
        settle(october, after_october, kill)
    unfinished = Settlement.objects.get()
    assert settlements.open_ranges(settlement=unfinished) == list(range(survived, RANGES))
    assert settlements.unfinished() == [unfinished]
    seen: list[tuple[int, int]] = []

    assert settle(october, after_october, lambda done, ranges: seen.append((done, ranges)))
    assert seen == [(done, RANGES - survived) for done in range(1, RANGES - survived + 1)]
    assert settlements.unfinished() == []


@pytest.mark.django_db
def test_a_fan_of_several_buttons_is_one_fan_of_their_creator(october: Period, after_october: datetime) -> None:
    """However the fans are cut into ranges, each is counted once for a creator, and once for each button."""
    creators = [given.creator() for _ in range(2)]
    buttons = [given.button(creator) for creator in (*creators, creators[0], creators[0])]
    for chosen in (buttons, buttons[:3], buttons[2:], buttons[:1], buttons[1:2]):
        fan = given.funded_fan(budget_cents=500, period=october)
        for each in chosen:
            given.click(fan, each, now=october.start, times=2)
    settle(october, after_october)

    fans = dict(SettlementEarning.objects.values_list("creator_id", "fans"))
    assert fans == {creators[0].pk: 4, creators[1].pk: 3}
    assert [ButtonEarning.objects.get(button=each).fans for each in buttons] == [3, 3, 3, 2]


@pytest.mark.django_db
def test_a_range_is_settled_once(october: Period, after_october: datetime) -> None:
    """A task that is delivered twice finds its work done, and says so."""
    month_of_five_fans(october)
    opened = settlement.open_settlement(period=october, now=after_october)

    assert settlement.settle_range(settlement_id=opened.pk, number=1, now=after_october) is True
    lines, transfers = SettlementLine.objects.count(), Transfer.objects.count()
    assert settlement.settle_range(settlement_id=opened.pk, number=1, now=after_october) is False
    assert (SettlementLine.objects.count(), Transfer.objects.count()) == (lines, transfers)


@pytest.mark.django_db(transaction=True)
def test_what_another_worker_is_at_can_be_left_alone(october: Period, after_october: datetime) -> None:
    """A task that comes a second time doesn't stand in line behind the first, holding up its worker."""
    month_of_five_fans(october)
    opened = settlement.open_settlement(period=october, now=after_october)

    def at_once(operation: Callable[..., bool], **numbers: int) -> bool | Exception:
        call = functools.partial(operation, settlement_id=opened.pk, now=after_october, wait=False, **numbers)
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(given.outcome, call).result(timeout=5)

    with durable_block():
        SettlementRange.objects.select_for_update().get(settlement=opened, number=0)
        assert at_once(settlement.settle_range, number=0) is False
    for number in range(RANGES):
        assert at_once(settlement.settle_range, number=number) is True
    with durable_block():
        Settlement.objects.select_for_update().get()
        assert at_once(settlement.finish_settlement) is False
    assert at_once(settlement.finish_settlement) is True


@pytest.mark.django_db
def test_a_settlement_with_open_ranges_is_never_finished(october: Period, after_october: datetime) -> None:
    """The finish waits for the last range, whoever works on it."""
    month_of_five_fans(october)
    opened = settlement.open_settlement(period=october, now=after_october)
    for number in (0, 2):
        settlement.settle_range(settlement_id=opened.pk, number=number, now=after_october)

    assert settlement.finish_settlement(settlement_id=opened.pk, now=after_october) is False
    assert not SettlementEarning.objects.exists()


@pytest.mark.django_db
def test_case_32_a_second_run_changes_nothing(october: Period, after_october: datetime) -> None:
    """Settling a settled month says that there was nothing to do, and does nothing."""
    month_of_five_fans(october)
    assert settle(october, after_october) is True
    before = (Transfer.objects.count(), SettlementLine.objects.count(), Settlement.objects.values().get())

    assert settle(october, after_october.replace(day=2)) is False
    assert (
        Transfer.objects.count(),
        SettlementLine.objects.count(),
        Settlement.objects.values().get(),
    ) == before


@pytest.mark.django_db
def test_wrong_books_stop_the_opening_with_nothing_kept(october: Period, after_october: datetime) -> None:
    """Nothing is settled on top of books that don't balance: the period isn't even closed."""
    month_of_five_fans(october)
    given.tamper("UPDATE ledger_ledgeraccount SET credits_micros = credits_micros + 1 WHERE kind = 'fan_balance'")

    with pytest.raises(settlement.BooksDontBalance, match="counters equal the sums") as refusal:
        settle(october, after_october)
    assert refusal.value.findings
    assert not Settlement.objects.exists()
    assert not SettlementSpend.objects.exists()
    assert not buttons_queries.period_is_closed(period=october)


@pytest.mark.django_db
def test_wrong_books_stop_the_finish_with_nothing_of_it_kept(october: Period, after_october: datetime) -> None:
    """No creator is paid and no digest published where the proof fails; after the repair it goes on."""
    month_of_five_fans(october)
    opened = settlement.open_settlement(period=october, now=after_october)
    for number in range(RANGES):
        settlement.settle_range(settlement_id=opened.pk, number=number, now=after_october)
    change = "UPDATE payouts_settlementline SET amount_micros = amount_micros %s WHERE id = %s"
    line = SettlementLine.objects.earliest("id")
    given.tamper(change.replace("%s", "- 1", 1), line.pk)

    with pytest.raises(settlement.BooksDontBalance, match="each fan's lines equal the fan's spend"):
        settle(october, after_october)
    opened.refresh_from_db()
    assert (opened.finished_at, opened.digest) == (None, "")
    assert not SettlementEarning.objects.exists()
    assert balances.creator_balance_micros(creator=line.creator) == 0

    given.tamper(change.replace("%s", "+ 1", 1), line.pk)
    assert settle(october, after_october) is True


@pytest.mark.django_db(transaction=True)
def test_case_32_two_runs_at_the_same_moment_settle_once(october: Period, after_october: datetime) -> None:
    """Exactly one of them finishes the month; the books hold, and everybody is told once."""
    month_of_five_fans(october)
    results = given.at_once(*[functools.partial(settle, october, after_october)] * 2)

    assert sorted(map(str, results)) == ["False", "True"]
    assert Transfer.objects.filter(kind=chart.TransferKind.SHARE).count() == 5
    assert SettlementRange.objects.filter(done_at__isnull=False).count() == RANGES
    assert Notification.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_workers_on_different_ranges_never_block_each_other_for_good(
    october: Period, after_october: datetime
) -> None:
    """Each range delivered twice to as many workers at once is settled once, and the last one can finish."""
    month_of_five_fans(october)
    opened = settlement.open_settlement(period=october, now=after_october)
    calls = [
        functools.partial(settlement.settle_range, settlement_id=opened.pk, number=number, now=after_october)
        for number in [*range(RANGES)] * 2
    ]
    results = given.at_once(*calls)

    assert sorted(map(str, results)) == ["False"] * RANGES + ["True"] * RANGES
    assert settlement.finish_settlement(settlement_id=opened.pk, now=after_october) is True
    assert books.check_books() == []
