"""What a web process remembers of frames, and that clicks show all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import DatabaseError
from django.utils import timezone

from buttons.models import Click
from buttons.operations import clicks
from buttons.queries import frame_memory as memory_module
from buttons.queries.frame_memory import (
    FOLLOWS_EVERY,
    LASTS,
    LASTS_UNFOLLOWED,
    FrameMemory,
    clicked_since,
)
from buttons.queries.frames import AskedFrame, aframe, frame_memory
from buttons.tickets import Place
from tests import given

SECOND = timedelta(seconds=1)
START = datetime.fromisoformat("2026-10-15T12:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Shown:
    """What is remembered here."""

    button_id: int | None
    text: str = ""


Steps = Callable[[FrameMemory[Shown], list[Any], Callable[[], Awaitable[None]]], Awaitable[None]]


def in_a_loop(steps: Steps) -> None:
    """Run steps with a new memory, what it is told next (buttons or errors), and a way to wait until it knows."""
    answers: list[Any] = []

    async def ask(_since: datetime) -> list[int]:
        answer = answers.pop(0) if answers else []
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    async def run() -> None:
        memory = FrameMemory[Shown](ask)

        async def learnt() -> None:
            assert memory._task is not None
            await memory._task

        await steps(memory, answers, learnt)

    asyncio.run(run())


def test_a_button_that_nobody_clicks_is_remembered_for_minutes() -> None:
    """While the database tells of clicks, the memory is as good after nine minutes as after a second."""

    async def steps(memory: FrameMemory[Shown], _clicked: list[Any], learnt: Any) -> None:
        memory.get(b"a", now=START)
        await learnt()
        memory.keep(b"a", Shown(1), now=START)
        now = START
        while now < START + LASTS - FOLLOWS_EVERY:
            now += FOLLOWS_EVERY
            assert memory.get(b"a", now=now) == Shown(1)
            await learnt()
        assert memory.get(b"a", now=START + LASTS) is None

    in_a_loop(steps)


def test_what_was_clicked_is_forgotten_and_nothing_else() -> None:
    """All frames of a clicked button go, those of another one stay."""

    async def steps(memory: FrameMemory[Shown], clicked: list[Any], learnt: Any) -> None:
        memory.get(b"a", now=START)
        await learnt()
        for key, button in ((b"a", 1), (b"b", 1), (b"c", 2)):
            memory.keep(key, Shown(button), now=START)
        clicked.append([1, 3])
        later = START + FOLLOWS_EVERY
        assert memory.get(b"a", now=later) == Shown(1), "nobody waits for what is to be learnt"
        await learnt()
        assert [memory.get(key, now=later) for key in (b"a", b"b", b"c")] == [None, None, Shown(2)]

    in_a_loop(steps)


def test_without_the_database_seconds_are_all() -> None:
    """Where nobody tells of clicks, frames are remembered as long as counts are; later it is followed again."""

    async def steps(memory: FrameMemory[Shown], clicked: list[Any], learnt: Any) -> None:
        memory.get(b"a", now=START)
        await learnt()
        memory.keep(b"a", Shown(1), now=START)
        clicked.extend([DatabaseError(), DatabaseError(), DatabaseError(), DatabaseError()])
        for step in (1, 2):
            now = START + step * FOLLOWS_EVERY
            memory.get(b"a", now=now)
            await learnt()
        assert memory.get(b"a", now=now) is None
        memory.keep(b"a", Shown(1, "new"), now=now)
        assert memory.get(b"a", now=now + LASTS_UNFOLLOWED - SECOND) == Shown(1, "new")
        await learnt()
        clicked.clear()
        now += 3 * FOLLOWS_EVERY
        assert memory.get(b"a", now=now) is None
        await learnt()
        assert memory.get(b"a", now=now) == Shown(1, "new"), "all that happened meanwhile is known now"

    in_a_loop(steps)


def test_a_page_without_a_button_is_looked_at_soon_again() -> None:
    """The first click may come at any time, and makes a button that nobody knows."""

    async def steps(memory: FrameMemory[Shown], _clicked: list[Any], learnt: Any) -> None:
        memory.get(b"a", now=START)
        await learnt()
        memory.keep(b"a", Shown(None), now=START)
        assert memory.get(b"a", now=START + LASTS_UNFOLLOWED - SECOND) == Shown(None)
        await learnt()
        assert memory.get(b"a", now=START + LASTS_UNFOLLOWED) is None

    in_a_loop(steps)


def test_a_thread_without_a_loop_remembers_for_seconds() -> None:
    """Nobody follows the clicks there; and what it kept isn't trusted once somebody does."""

    async def nothing(_since: datetime) -> list[int]:
        return []

    memory = FrameMemory[Shown](nothing)
    memory.keep(b"a", Shown(1), now=START)

    assert memory.get(b"a", now=START + LASTS_UNFOLLOWED - SECOND) == Shown(1)
    assert memory.get(b"a", now=START + LASTS_UNFOLLOWED) is None

    async def follow() -> None:
        memory.get(b"a", now=START + LASTS_UNFOLLOWED)
        assert memory._task is not None
        await memory._task

    asyncio.run(follow())
    assert memory.get(b"a", now=START + LASTS_UNFOLLOWED) is None


def test_the_oldest_goes_where_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process's memory has an end, whatever is asked for."""
    monkeypatch.setattr(memory_module, "ENTRIES_MAX", 3)
    memory = FrameMemory[Shown]()
    for number in range(5):
        memory.keep(bytes([number]), Shown(number % 2), now=START)

    assert [memory.get(bytes([number]), now=START) is not None for number in range(5)] == [False] * 2 + [True] * 3
    assert sum(len(keys) for keys in memory._keys.values()) == len(memory._entries) == 3


@pytest.mark.django_db
def test_the_database_tells_what_was_clicked_and_taken_back() -> None:
    """Clicks and undoing since a moment are told, each button once, and nothing older."""
    now = timezone.now()
    old, new, fan = given.button(), given.button(title="Another"), given.user()
    given.click(fan, old, now=now - 2 * SECOND)
    given.click(fan, new, now=now, times=2)

    assert clicked_since(now - SECOND) == [new.pk]
    assert clicked_since(now) == []

    clicks.undo_click(click_id=Click.objects.get(button=old).pk, fan=fan, now=now + 3 * SECOND)
    assert clicked_since(now) == [old.pk]


@pytest.mark.django_db(transaction=True)
def test_a_frame_shows_a_click_within_a_minute() -> None:
    """It is remembered, without a question to the database, until the process learns of the click."""
    now, button, fan = timezone.now(), given.button(), given.user()
    place = Place(to=button.creator.creator_profile.slug, url=button.url, origin="")

    def asked(after: timedelta) -> AskedFrame:
        return AskedFrame(place=place, creator_page=button.url, key_hash="", now=now + after)

    async def look() -> list[int]:
        counts = []
        for after in (0 * SECOND, SECOND, FOLLOWS_EVERY, FOLLOWS_EVERY + SECOND):
            frame = await aframe(asked(after))
            assert frame is not None
            counts.append(frame.clicks)
            if after == SECOND:
                await sync_to_async(given.click)(fan, button, now=now + SECOND)
            if frame_memory._task is not None:
                await frame_memory._task
        return counts

    assert async_to_sync(look)() == [0, 0, 0, 1]
