"""Does what many threads ask for at the same time in one go, as databases commit many transactions at once."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class _Ticket(Generic[Item, Result]):
    """One thread's item, and the bell that it waits for."""

    __slots__ = ("bell", "item", "leads", "results")

    def __init__(self, item: Item, *, leads: bool) -> None:
        self.item = item
        self.leads = leads
        self.results: list[Result] = []
        self.bell = threading.Lock()
        self.bell.acquire()


class Gathering(Generic[Item, Result]):
    """Gathers the items that come while others are being done, and has one of their threads do them together.

    Nobody waits for more to come: an item that finds nothing under way is done by itself.
    """

    def __init__(self, do_all: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        """Keep what does several items; it must be harmless to repeat, and return a result for each in order."""
        self._do_all = do_all
        self._lock = threading.Lock()
        self._waiting: list[_Ticket[Item, Result]] = []
        self._is_busy = False

    def do(self, item: Item) -> Result:
        """Return the item's result, once it was done with others or alone.

        Where doing several together fails, each is done alone, so that one item's failure is its own.
        """
        with self._lock:
            ticket = _Ticket[Item, Result](item, leads=not self._is_busy)
            self._waiting.append(ticket)
            self._is_busy = True
        if not ticket.leads:
            ticket.bell.acquire()
        if ticket.leads:
            self._lead()
        return (ticket.results or self._do_all([item]))[0]

    def _lead(self) -> None:
        """Do everything that waits, and hand over to the first of those that have come meanwhile."""
        with self._lock:
            tickets, self._waiting = self._waiting, []
        try:
            for ticket, result in zip(tickets, self._do_all([each.item for each in tickets]), strict=True):
                ticket.results = [result]
        except Exception:
            if len(tickets) == 1:
                raise
            # Each thread finds no result, and then does its own.
            logger.info("doing %s together failed, now each is done alone", len(tickets), exc_info=True)
        finally:
            self._hand_over(tickets)

    def _hand_over(self, done: list[_Ticket[Item, Result]]) -> None:
        with self._lock:
            following = self._waiting[:1]
            self._is_busy = bool(following)
        for ticket in following:
            ticket.leads = True
        for ticket in (*following, *done):
            ticket.bell.release()
