"""Calls that come at the same time are done together, and nobody notices."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, Final

import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection
from django.db.backends.postgresql.base import DatabaseWrapper

from flattr.gathering import Gathering

PATIENCE: Final = 10

pytestmark = pytest.mark.django_db


class Doubling:
    """Doubles numbers in Python, notes which it was given together, and waits for a sign with the first."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        """Double them; nobody doubles a negative number."""
        self.together.append(list(numbers))
        self.has_begun.set()
        assert self.may_end.wait(PATIENCE)
        if min(numbers) < 0:
            msg = f"negative: {min(numbers)}"
            raise ValueError(msg)
        return [2 * number for number in numbers]


@pytest.fixture
def doubling() -> Doubling:
    """Return what is done to the items."""
    return Doubling()


def ask_while_busy(doubling: Doubling, first: int, *others: int) -> list[int | BaseException]:
    """Ask for the first number, and for the others while that is under way; return what comes of each."""
    gathering = Gathering(doubling)

    async def ask() -> list[int | BaseException]:
        asked = [asyncio.create_task(gathering.do(first))]
        assert await asyncio.to_thread(doubling.has_begun.wait, PATIENCE)
        asked += [asyncio.create_task(gathering.do(other)) for other in others]
        await asyncio.sleep(0)
        doubling.may_end.set()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert await gathering.do(21) == 42
        return outcomes

    return async_to_sync(ask)()


def test_who_comes_alone_is_done_alone(doubling: Doubling) -> None:
    """Nobody waits for company."""
    doubling.may_end.set()
    gathering = Gathering(doubling)
    assert [async_to_sync(gathering.do)(number) for number in (1, 2)] == [2, 4]
    assert doubling.together == [[1], [2]]


def test_those_who_come_meanwhile_are_done_together(doubling: Doubling) -> None:
    """Each gets its own result."""
    assert ask_while_busy(doubling, 1, 2, 3, 4) == [2, 4, 6, 8]
    assert doubling.together == [[1], [2, 3, 4], [21]]


def test_ones_failure_is_its_own(doubling: Doubling) -> None:
    """What fails together is done again, each alone."""
    first, second, failed, last = ask_while_busy(doubling, 1, 2, -3, 4)
    assert str(failed) == "negative: -3"
    assert [first, second, last] == [2, 4, 8]


def test_a_failure_holds_up_nobody(doubling: Doubling) -> None:
    """Those who wait for one that fails go on."""
    failed, good = ask_while_busy(doubling, -1, 2)
    assert isinstance(failed, ValueError)
    assert good == 4


def test_who_goes_away_keeps_nothing_from_the_others(doubling: Doubling) -> None:
    """An asker that is gone when the result comes gets none; all others do."""
    gathering = Gathering(doubling)

    async def ask() -> list[int]:
        asked = [asyncio.create_task(gathering.do(number)) for number in (1, 2, 3)]
        assert await asyncio.to_thread(doubling.has_begun.wait, PATIENCE)
        asked[1].cancel()
        doubling.may_end.set()
        return [await asked[0], await asked[2]]

    assert async_to_sync(ask)() == [2, 6]


def test_nothing_is_lost_or_mixed_up_in_a_crowd() -> None:
    """Thousands of calls each get their own result, and fewer goes do them than there are."""
    goes: list[int] = []

    def double_all(numbers: Sequence[int]) -> list[int]:
        goes.append(len(numbers))
        threading.Event().wait(0.0001)
        return [2 * number for number in numbers]

    gathering = Gathering(double_all)

    async def ask_often(first: int) -> list[int]:
        return [await gathering.do(number) for number in range(first, first + 300)]

    async def ask() -> list[list[int]]:
        return await asyncio.gather(*map(ask_often, range(0, 4800, 300)))

    assert [number for some in async_to_sync(ask)() for number in some] == [2 * number for number in range(4800)]
    assert sum(goes) == 4800
    assert len(goes) < 4000


def test_a_thread_without_a_loop_does_its_own(doubling: Doubling) -> None:
    """Nothing is waited for there, so a coroutine comes to its end at once."""
    doubling.may_end.set()
    with pytest.raises(StopIteration) as ended:
        Gathering(doubling).do(4).send(None)
    assert ended.value.value == 8


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_started_anew_costs_nobody_anything() -> None:
    """The connection is dead; the next call notices by itself and gets its result by a new one."""
    links: list[Any] = []

    def ask_database(numbers: Sequence[int]) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 2 * unnest(%s)", [list(numbers)])
            links.append(connection.connection)
            return [number for (number,) in cursor.fetchall()]

    gathering = Gathering(ask_database)

    async def ask() -> list[int]:
        first = await gathering.do(1)
        links[0].close()
        return [first, await gathering.do(2)]

    assert async_to_sync(ask)() == [2, 4]
    assert links[0] is not links[1]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask, one of them finds out, and all are told."""
    attempts: list[int] = []

    def fail(_: DatabaseWrapper) -> None:
        attempts.append(1)
        msg = "away"
        raise DatabaseError(msg)

    def ask_database(numbers: Sequence[int]) -> list[int]:
        connection.ensure_connection()
        return list(numbers)

    gathering = Gathering(ask_database)
    monkeypatch.setattr(DatabaseWrapper, "ensure_connection", fail)

    async def ask() -> list[int | BaseException]:
        return await asyncio.gather(*map(gathering.do, range(50)), return_exceptions=True)

    assert {str(outcome) for outcome in async_to_sync(ask)()} == {"away"}
    assert len(attempts) <= 4


def test_whatever_goes_wrong_is_told_to_who_waits(doubling: Doubling, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that isn't the database's ends no thread: nobody waits for ever, and the next one is answered."""
    refusals = [RuntimeError("away")] * 2
    ensure = DatabaseWrapper.ensure_connection

    def refuse_twice(self: DatabaseWrapper) -> None:
        if threading.current_thread().name == "gathering" and refusals:
            raise refusals.pop()
        ensure(self)

    monkeypatch.setattr(DatabaseWrapper, "ensure_connection", refuse_twice)
    outcomes = ask_while_busy(doubling, -1, -2)

    assert all(isinstance(outcome, RuntimeError | ValueError) for outcome in outcomes)
    assert not refusals
