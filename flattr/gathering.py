"""Does what many ask for at the same time in one go, as databases commit many transactions at once."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeAlias, TypeVar

from django.db import DatabaseError, connection

Item = TypeVar("Item")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Ticket(Generic[Item, Result]):
    """An item, and what its asker waits for."""

    item: Item
    outcome: asyncio.Future[Result]


_Queue: TypeAlias = SimpleQueue[_Ticket[Item, Result] | None]
"""What waits for a thread; None ends it."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """What an item came to that couldn't be done even alone."""

    error: Exception


class Gathering(Generic[Item, Result]):
    """Gathers the items that come while others are being done, and does them together in a thread of its own.

    Nobody waits for more to come: an item that finds nothing under way is done by itself. Each event loop,
    of which a web process has one, has such a thread with a connection to the database. It takes items from a queue,
    as handing a call to a pool of threads takes two to four times as long, which is half of what a badge takes.
    """

    def __init__(self, do_all: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        """Keep what does several items; it must be harmless to repeat, and return a result for each in order."""
        self._do_all = do_all
        self._queues: dict[asyncio.AbstractEventLoop, _Queue[Item, Result]] = {}
        self._keepers: set[asyncio.Task[None]] = set()

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
        queue = self._queues.get(loop) or self._open_queue(loop)
        queue.put(ticket)
        return await ticket.outcome

    def _open_queue(self, loop: asyncio.AbstractEventLoop) -> "_Queue[Item, Result]":
        queue: _Queue[Item, Result] = SimpleQueue()
        self._queues[loop] = queue
        Thread(target=self._work, args=(loop, queue), name="gathering", daemon=True).start()
        # The loop itself keeps its tasks but weakly.
        keeper = loop.create_task(self._close_at_end(loop, queue))
        self._keepers.add(keeper)
        keeper.add_done_callback(self._keepers.discard)
        return queue

    async def _close_at_end(self, loop: asyncio.AbstractEventLoop, queue: "_Queue[Item, Result]") -> None:
        """Let the thread end with the loop, which cancels its tasks then."""
        try:
            await loop.create_future()
        finally:
            del self._queues[loop]
            queue.put(None)

    def _work(self, loop: asyncio.AbstractEventLoop, queue: "_Queue[Item, Result]") -> None:
        """Do whatever waits, again and again, until the loop ends."""
        try:
            while self._do_waiting(loop, queue):
                pass
        finally:
            connection.close()

    def _do_waiting(self, loop: asyncio.AbstractEventLoop, queue: "_Queue[Item, Result]") -> bool:
        """Wait for items and do all that are there; tell whether more may come."""
        waiting = [queue.get(), *_all_of(queue)]
        tickets = [ticket for ticket in waiting if ticket is not None]
        if tickets:
            _tell_all(loop, tickets, self._do([ticket.item for ticket in tickets]))
        return len(tickets) == len(waiting)

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
            except DatabaseError as error:
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


def _all_of(queue: "_Queue[Item, Result]") -> Iterator[_Ticket[Item, Result] | None]:
    """Yield what waits in a queue, without waiting for more."""
    with suppress(Empty):
        while True:
            yield queue.get_nowait()


def _tell_all(
    loop: asyncio.AbstractEventLoop,
    tickets: Sequence[_Ticket[Item, Result]],
    outcomes: Sequence[Result | _Failure],
) -> None:
    """Hand each outcome to whoever waits for it, in their loop, unless that has ended."""

    def tell() -> None:
        for ticket, outcome in zip(tickets, outcomes, strict=True):
            _tell(ticket.outcome, outcome)

    with suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)


def _tell(asker: asyncio.Future[Result], outcome: Result | _Failure) -> None:
    """Hand an outcome to whoever waits for it, unless they have gone away."""
    if asker.done():
        return
    if isinstance(outcome, _Failure):
        asker.set_exception(outcome.error)
    else:
        asker.set_result(outcome)
