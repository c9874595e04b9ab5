"""The world of the fake: its objects, its clock and what is due in it, all in one JSON document that can be kept."""

import copy
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.fakestripe.errors import no_such
from tests.fakestripe.shapes import Json, blank, hints

PLATFORM: Final = ""
"""The platform's own account, where an account is asked for; the others are named by their id."""

DAY: Final = 86_400
"""Seconds."""

DUE: Final[dict[str, Callable[["World", str], None]]] = {}
"""What timers do, by name: called with the world and the id of an object."""


def when_due(name: str) -> Callable[[Callable[["World", str], None]], Callable[["World", str], None]]:
    """Let timers of that name call the function below."""

    def register(function: Callable[["World", str], None]) -> Callable[["World", str], None]:
        DUE[name] = function
        return function

    return register


def _nothing() -> Json:
    return {
        "offset": 0,
        "objects": {},
        "hidden": {},
        "timers": [],
        "keys": {},
        "endpoints": [],
        "deliveries": {},
        "webhook_knobs": {},
        "faults": [],
        "orders": {},
    }


class World:
    """Everything that the fake knows.

    `lock` guards it; who waits for a change waits on `changed`. `url` is where its pages are served. With `state`, a
    path, it goes on from that file and keeps each change in it.
    """

    def __init__(self, *, state: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.url = ""
        self.request: Json | None = None
        self._state = state
        self._moment: int | None = None
        self.data = json.loads(state.read_text()) if state and state.exists() else _nothing()

    def reset(self) -> None:
        """Forget everything but the endpoints of webhooks."""
        with self.lock:
            self.data = {**_nothing(), "endpoints": self.data["endpoints"]}
            self.save()

    def save(self) -> None:
        """Keep the world in its file, whole or not at all, and wake who waits for a change."""
        with self.lock:
            if self._state:
                aside = self._state.with_suffix(".new")
                aside.write_text(json.dumps(self.data))
                os.replace(aside, self._state)  # noqa: PTH105  # Path.replace says less well that it is one step.
            self.changed.notify_all()

    # Time.

    def now(self) -> int:
        """Return the world's time, in seconds since 1970 (UTC); while something due happens, when it was due."""
        return self._moment if self._moment is not None else int(time.time()) + int(self.data["offset"])

    def later(self, seconds: int, name: str, subject: str) -> None:
        """Let something happen to an object after so many seconds; what can happen is named in `DUE`."""
        self.data["timers"].append([self.now() + seconds, name, subject])

    def catch_up(self) -> bool:
        """Let everything happen that is due, in its order; tell whether anything was."""
        happened = False
        while due := [timer for timer in self.data["timers"] if timer[0] <= self.now()]:
            timer = min(due, key=lambda timer: timer[0])
            self.data["timers"].remove(timer)
            self._moment, name, subject = timer
            try:
                DUE[name](self, subject)
            finally:
                self._moment = None
            happened = True
        return happened

    def advance(self, seconds: int) -> None:
        """Move the clock forward."""
        self.data["offset"] += seconds
        self.catch_up()

    # Objects.

    @staticmethod
    def new_id(prefix: str) -> str:
        """Return an id that nobody had."""
        return f"{prefix}_{secrets.token_hex(12)}"

    def add(
        self, cls: type, prefix: str, *, owner: str = PLATFORM, hidden: Json | None = None, **fields: Any
    ) -> Json:
        """Make an object of a class of the `stripe` package; `hidden` is never answered."""
        known = hints(cls)
        fields.setdefault("id", self.new_id(prefix))
        if known.get("created") is int:
            fields.setdefault("created", self.now())
        thing = blank(cls, **fields)
        self.data["objects"][thing["id"]] = thing
        self.data["hidden"][thing["id"]] = {"account": owner, **(hidden or {})}
        return thing

    def forget(self, thing: Json) -> None:
        """Let an object be there no more; what it moved stays moved."""
        del self.data["objects"][thing["id"]], self.data["hidden"][thing["id"]]

    def hidden(self, name: str) -> Json:
        """Return what the fake knows of an object and never answers; `account` says whose it is."""
        hidden: Json = self.data["hidden"][name]
        return hidden

    def get(self, name: str) -> Json:
        """Return an object that is known to be there."""
        thing: Json = self.data["objects"][name]
        return thing

    def find(
        self, kind: str, name: str, *, account: str = PLATFORM, param: str = "id", deleted: bool = False
    ) -> Json:
        """Return the object of a kind with that id; a deleted one only where `deleted` says so.

        :raises Refused: as Stripe does it, if the account has no such object.
        """
        thing: Json | None = self.data["objects"].get(name)
        if thing is None or thing["object"] != kind or self.hidden(name)["account"] != account:
            raise no_such(kind, name, param)
        if thing.get("deleted") and not deleted:
            raise no_such(kind, name, param)
        return thing

    def every(self, kind: str, *, account: str | None = PLATFORM) -> list[Json]:
        """Return the objects of a kind, the newest first; with the account None those of all accounts."""
        found = [thing for thing in self.data["objects"].values() if thing["object"] == kind]
        found.reverse()
        return [thing for thing in found if account is None or self.hidden(thing["id"])["account"] == account]

    def order(self, name: str, value: Any) -> None:
        """Note how something shall go that comes next, such as a refund."""
        self.data["orders"][name] = value

    def take_order(self, name: str) -> Any:
        """Return how something shall go that was ordered to go another way, once; else None."""
        return self.data["orders"].pop(name, None)


def copied(thing: Json) -> Json:
    """Return a copy that later changes of the thing don't touch."""
    return copy.deepcopy(thing)
