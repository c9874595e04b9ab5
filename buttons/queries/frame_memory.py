"""What each web process remembers of frames: for minutes, as it learns from the database which of them have changed.

A frame is asked for with each view of each page that has a button, and most pages are seen again after minutes, not
within seconds. So what is remembered isn't forgotten by its age alone, but when its button was clicked.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

from django.db import connection

from flattr.gathering import Gathering
from flattr.period import Period

logger = logging.getLogger(__name__)

LASTS: Final = timedelta(minutes=10)
"""How long a frame is remembered whose button nobody clicked: what else may change does so rarely."""

LASTS_UNFOLLOWED: Final = timedelta(seconds=30)
"""How long it is while nobody can tell us of clicks."""

FOLLOWS_EVERY: Final = timedelta(seconds=20)
"""How often a process asks which buttons were clicked. It is told of them all at once."""

_OVERLAP: Final = timedelta(seconds=10)
"""How much later than its time a click may be there for others to read."""

ENTRIES_MAX: Final = 100_000
"""How many frames a process remembers, of 0.8 kB each with what finds them again (see `docs/scaling.md`)."""

_CHANGED: Final = """
    SELECT button_id FROM buttons_click WHERE period >= %(first)s AND clicked_at > %(since)s
    UNION
    SELECT button_id FROM buttons_click WHERE period >= %(first)s AND undone_at > %(since)s
"""
"""Each half reads an index of its own, which has the newest rows together (see `migrations/0017`)."""


class Remembered(Protocol):
    """What can be remembered: it is of a button, or of none yet."""

    @property
    def button_id(self) -> int | None:
        """Return the button whose clicks change it."""


Shown = TypeVar("Shown", bound=Remembered)


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Shown]):
    """What is remembered, and the time that it was asked for."""

    shown: Shown
    kept_at: datetime


def clicked_since(since: datetime) -> list[int]:
    """Return the ids of the buttons that were clicked since a moment, or whose clicks were taken back since."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"first": Period.at(since).previous.first_day, "since": since})
        return [button_id for (button_id,) in cursor.fetchall()]


def _all_clicked_since(moments: Sequence[datetime]) -> list[list[int]]:
    return [clicked_since(moment) for moment in moments]


class FrameMemory(Generic[Shown]):
    """Remembers by key what was shown, in one process.

    Whoever asks for something in an event loop makes it ask the database, from time to time and without waiting,
    which buttons were clicked meanwhile, and those are forgotten. As long as it knows that, an entry lasts for
    `LASTS`; else for `LASTS_UNFOLLOWED`. So a click shows within twice `FOLLOWS_EVERY`, also while the database
    is away or nothing is asked for.
    """

    def __init__(self, ask: Callable[[datetime], Awaitable[list[int]]] | None = None) -> None:
        """Remember nothing yet; `ask` tells which buttons were clicked since a moment, else the database does."""
        self._ask = ask or Gathering(_all_clicked_since).do
        self._entries: dict[bytes, _Entry[Shown]] = {}
        self._keys: dict[int, set[bytes]] = {}
        self._followed_at: datetime | None = None
        self._asked_at: datetime | None = None
        # The event loop itself keeps its tasks but weakly.
        self._task: asyncio.Task[None] | None = None

    def get(self, key: bytes, *, now: datetime) -> Shown | None:
        """Return what is remembered by the key, or None."""
        if self._asked_at is None or now - self._asked_at >= FOLLOWS_EVERY:
            self._follow(now)
        entry = self._entries.get(key)
        if entry is None:
            return None
        age = now - entry.kept_at
        if age < LASTS_UNFOLLOWED:
            return entry.shown
        # The first click on a page may make its button, of which nothing here would be told.
        lasts = age < LASTS and entry.shown.button_id is not None and self._is_followed(now)
        return entry.shown if lasts else None

    def keep(self, key: bytes, shown: Shown, *, now: datetime) -> None:
        """Remember what was asked for at `now`; the oldest is forgotten where there is too much."""
        self._forget(key)
        while len(self._entries) >= ENTRIES_MAX:
            self._forget(next(iter(self._entries)))
        self._entries[key] = _Entry(shown, now)
        if shown.button_id is not None:
            self._keys.setdefault(shown.button_id, set()).add(key)

    def clear(self) -> None:
        """Forget all, and that anybody was followed."""
        self._entries.clear()
        self._keys.clear()
        self._followed_at = self._asked_at = self._task = None

    def _is_followed(self, now: datetime) -> bool:
        return self._followed_at is not None and now - self._followed_at < 2 * FOLLOWS_EVERY

    def _forget(self, key: bytes) -> None:
        entry = self._entries.pop(key, None)
        if entry is None or entry.shown.button_id is None:
            return
        keys = self._keys.get(entry.shown.button_id, set())
        keys.discard(key)
        if not keys:
            self._keys.pop(entry.shown.button_id, None)

    def _follow(self, now: datetime) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # A thread without a loop would have to wait for it.
            return
        self._asked_at = now
        self._task = loop.create_task(self._learn(now))

    async def _learn(self, now: datetime) -> None:
        """Forget what has changed since the last time that this worked."""
        if self._followed_at is None:
            # Nobody was told of what happened to these.
            self._entries.clear()
            self._keys.clear()
        # What is older has been forgotten by its age.
        since = max(self._followed_at or now, now - LASTS) - _OVERLAP
        try:
            changed = await self._ask(since)
        except Exception:
            logger.warning("nobody could tell which buttons were clicked", exc_info=True)
            return
        for button_id in changed:
            for key in list(self._keys.get(button_id, ())):
                self._forget(key)
        self._followed_at = now
