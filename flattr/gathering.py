"""Does what many ask for at the same time in one go, as databases commit many transactions at once."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import DatabaseError, connection

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


class Gathering(Generic[Item, Result]):
    """Gathers the items that come while others are being done, and does them together in a thread of its own.

    Nobody waits for more to come: an item that finds nothing under way is done by itself. Each event loop,
    of which a web process has one, has a worker and a thread with a connection to the database.
    """

    def __init__(self, do_all: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        """Keep what does several items; it must be harmless to repeat, and return a result for each in order."""
        self._do_all = do_all
        self._queues: dict[asyncio.AbstractEventLoop, asyncio.Queue[_Ticket[Item, Result]]] = {}
        self._workers: set[asyncio.Task[None]] = set()

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
        queue.put_nowait(ticket)
        return await ticket.outcome

    def _open_queue(self, loop: asyncio.AbstractEventLoop) -> asyncio.Queue[_Ticket[Item, Result]]:
        queue: asyncio.Queue[_Ticket[Item, Result]] = asyncio.Queue()
        self._queues[loop] = queue
        # The loop itself keeps its tasks but weakly.
        worker = loop.create_task(self._work(loop, queue))
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)
        return queue

    async def _work(self, loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[_Ticket[Item, Result]]) -> None:
        """Do whatever waits, again and again, until the loop ends."""
        tickets: list[_Ticket[Item, Result]] = []
        try:
            async with ThreadSensitiveContext():
                while True:
                    tickets = [await queue.get()]
                    tickets += [queue.get_nowait() for _ in range(queue.qsize())]
                    outcomes = await sync_to_async(self._do)([ticket.item for ticket in tickets])
                    # What was told is let go of before more comes, which may be much later.
                    while tickets:
                        _tell(tickets.pop().outcome, outcomes.pop())
        finally:
            del self._queues[loop]
            for ticket in [*tickets, *(queue.get_nowait() for _ in range(queue.qsize()))]:
                ticket.outcome.cancel()

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


def _tell(asker: asyncio.Future[Result], outcome: Result | _Failure) -> None:
    """Hand an outcome to whoever waits for it, unless they have gone away."""
    if asker.done():
        return
    if isinstance(outcome, _Failure):
        asker.set_exception(outcome.error)
    else:
        asker.set_result(outcome)
