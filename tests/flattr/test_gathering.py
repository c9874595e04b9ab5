"""Calls that come at the same time are done together, and nobody notices."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import pytest

from flattr.gathering import Gathering

PATIENCE: Final = 10


class Doubling:
    """Doubles numbers, notes which it was given together, and waits for a sign with the first."""

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


def ask_while_busy(doubling: Doubling, first: int, *others: int) -> list[Future[int]]:
    """Ask for the first number, and for the others while that is under way; return what comes of each."""
    gathering = Gathering(doubling)
    with ThreadPoolExecutor(max_workers=1 + len(others)) as threads:
        futures = [threads.submit(gathering.do, first)]
        assert doubling.has_begun.wait(PATIENCE)
        futures += [threads.submit(gathering.do, other) for other in others]
        while len(gathering._waiting) < len(others):
            pass
        doubling.may_end.set()
    assert gathering.do(21) == 42
    return futures


def test_who_comes_alone_is_done_alone(doubling: Doubling) -> None:
    """Nobody waits for company."""
    doubling.may_end.set()
    gathering = Gathering(doubling)
    assert [gathering.do(number) for number in (1, 2)] == [2, 4]
    assert doubling.together == [[1], [2]]


def test_those_who_come_meanwhile_are_done_together(doubling: Doubling) -> None:
    """Each gets its own result."""
    futures = ask_while_busy(doubling, 1, 2, 3, 4)
    assert [future.result() for future in futures] == [2, 4, 6, 8]
    first, rest, _ = doubling.together
    assert (first, sorted(rest)) == ([1], [2, 3, 4])


def test_ones_failure_is_its_own(doubling: Doubling) -> None:
    """What fails together is done again, each alone."""
    futures = ask_while_busy(doubling, 1, 2, -3, 4)
    with pytest.raises(ValueError, match="negative: -3"):
        futures[2].result()
    assert [futures[place].result() for place in (0, 1, 3)] == [2, 4, 8]


def test_a_failure_holds_up_nobody(doubling: Doubling) -> None:
    """Those who wait for one that fails go on."""
    futures = ask_while_busy(doubling, -1, 2)
    with pytest.raises(ValueError, match="negative: -1"):
        futures[0].result()
    assert futures[1].result() == 4


def test_nothing_is_lost_or_mixed_up_in_a_crowd() -> None:
    """Thousands of calls by many threads each get their own result, and fewer goes do them than there are."""
    goes: list[int] = []

    def double_all(numbers: Sequence[int]) -> list[int]:
        goes.append(len(numbers))
        threading.Event().wait(0.0001)
        return [2 * number for number in numbers]

    gathering = Gathering(double_all)
    with ThreadPoolExecutor(max_workers=16) as threads:
        assert list(threads.map(gathering.do, range(5000))) == [2 * number for number in range(5000)]
    assert sum(goes) == 5000
    assert len(goes) < 4000
