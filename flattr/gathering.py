"""Does what many ask for at the same time in one go, as databases commit many transactions at once."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

from django.db import connection

Item = TypeVar("Item")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Ticket(Generic[Item, Result]):
    """An item, and what its asker waits for."""

    item: Item
    outcome: asyncio.Future[Result]


@dataclass(frozen=True, slots=True)
class _Failure:
    """What an item came to that couldn't be done even alone."""

    error: Exception


class _Desk(Generic[Item, Result]):
    """Where the items of one event loop wait for its thread. All but `_work` happens in the loop.

    The thread takes batches from a queue: handing each to a pool of threads takes two to four times as long,
    which is half of what a badge takes.
    """

    keeper: asyncio.Task[None]

    def __init__(
        self, loop: asyncio.AbstractEventLoop, do: Callable[[Sequence[Item]], list[Result | _Failure]]
    ) -> None:
        self._loop = loop
        self._do = do
        self._waiting: list[_Ticket[Item, Result]] = []
        self._is_busy = False
        self._batches: SimpleQueue[list[_Ticket[Item, Result]] | None] = SimpleQueue()
        Thread(target=self._work, name="gathering", daemon=True).start()

    def take(self, ticket: _Ticket[Item, Result]) -> None:
        """Let an item wait, until all that has come is taken in, and the thread has done what it is at."""
        self._waiting.append(ticket)
        if not self._is_busy:
            self._is_busy = True
            self._loop.call_soon(self._hand_over)

    def close(self) -> None:
        """Let the thread end."""
        self._batches.put(None)

    def _hand_over(self) -> None:
        batch, self._waiting = self._waiting, []
        self._is_busy = bool(batch)
        if batch:
            self._batches.put(batch)

    def _work(self) -> None:
        """Do each batch, until there is none any more."""
        try:
            while (batch := self._batches.get()) is not None:
                outcomes = self._do([ticket.item for ticket in batch])
                # A loop that has ended meanwhile has nobody left to be told.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._tell_all, batch, outcomes)
        finally:
            connection.close()

    def _tell_all(self, batch: list[_Ticket[Item, Result]], outcomes: list[Result | _Failure]) -> None:
        self._loop.call_soon(self._hand_over)
        # What was told is let go of before more comes, which may be much later.
        while batch:
            _tell(batch.pop().outcome, outcomes.pop())


class Gathering(Generic[Item, Result]):
    """Gathers the items that come while others are being done, and does them together in a thread of its own.

    Nobody waits for more to come than what the event loop has already received: an item that finds nothing under
    way is done by itself. Each event loop, of which a web process has one, has such a thread with a connection to the
    database.
    """

    def __init__(self, do_all: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        """Keep what does several items; it must be harmless to repeat, and return a result for each in order."""
        self._do_all = do_all
        self._desks: dict[asyncio.AbstractEventLoop, _Desk[Item, Result]] = {}

    async def do(self, item: Item) -> Result:
        """Return the item's result, once it was done with others or alone.

        Where that fails, each is done once more, alone, so that one item's failure is its own. In a thread
        without an event loop the item is done at once, by that thread.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._do_all([item])[0]
        ticket = _Ticket[Item, Result](item, loop.create_future())
        (self._desks.get(loop) or self._open_desk(loop)).take(ticket)
        return await ticket.outcome

    def _open_desk(self, loop: asyncio.AbstractEventLoop) -> "_Desk[Item, Result]":
        desk = _Desk(loop, self._do)
        self._desks[loop] = desk
        # The loop itself keeps its tasks but weakly.
        desk.keeper = loop.create_task(self._close_at_end(loop, desk))
        return desk

    async def _close_at_end(self, loop: asyncio.AbstractEventLoop, desk: "_Desk[Item, Result]") -> None:
        """Close a desk with its loop, which cancels its tasks then."""
        try:
            await loop.create_future()
        finally:
            del self._desks[loop]
            desk.close()

    def _do(self, items: Sequence[Item]) -> list[Result | _Failure]:
        try:
            _drop_dead_connection()
            # Nobody asks the database first whether it still lives. Where it was started anew this fails, and then
            # each item is done by a new connection.
            connection.health_check_done = True  # type: ignore[attr-defined]  # Its stub doesn't know it.
            return list(self._do_all(items))
        except Exception:
            logger.info("doing %s at once failed, now each is done alone", len(items), exc_info=True)
        return self._do_each(items)

    def _do_each(self, items: Sequence[Item]) -> list[Result | _Failure]:
        outcomes: list[Result | _Failure] = []
        for item in items:
            try:
                _drop_dead_connection()
                connection.ensure_connection()
            except Exception as error:  # noqa: BLE001  Whatever it is, nobody waits for ever.
                # One has waited for a database that is away, so the others needn't.
                return outcomes + [_Failure(error)] * (len(items) - len(outcomes))
            outcomes.append(self._do_alone(item))
        return outcomes

    def _do_alone(self, item: Item) -> Result | _Failure:
        try:
            (result,) = self._do_all([item])
        except Exception as error:  # noqa: BLE001  It is raised where the item comes from.
            return _Failure(error)
        return result


def _drop_dead_connection() -> None:
    """Let go of a connection that broke or grew old, as Django does before a request, but for a transaction's."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _tell(asker: asyncio.Future[Result], outcome: Result | _Failure) -> None:
    """Hand an outcome to whoever waits for it, unless they have gone away."""
    if asker.done():
        return
    if isinstance(outcome, _Failure):
        asker.set_exception(outcome.error)
    else:
        asker.set_result(outcome)
