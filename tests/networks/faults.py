"""What the servers of networks in tests have in common: doors that answer in JSON, and faults of theirs."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.outside.servers import Answer, Asked, Door, Outside


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong at a door: it answers with a status or hangs up, after its work or before."""

    status: int | None = None
    content: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    is_done: bool = False
    seconds: float = 0


class Wrong(Exception):
    """The server refuses what it is asked."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.content = {"error": error, "error_description": description or error}


def said(content: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer in JSON."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    return Answer(body=json.dumps(content).encode(), status=status, headers=sent)


@dataclass
class Server:
    """A server of a network, whose doors have the faults that they are given, one each time."""

    outside: Outside
    host: str
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    """How often each door was."""

    def __post_init__(self) -> None:
        """Make the host known."""
        self.outside.host(self.host)

    def door(self, method: str, path: str, work: Callable[[Asked], dict[str, Any]]) -> None:
        """Let a door do its work."""
        self.outside.doors[method, f"{self.host}{path}"] = self._faulty(path, work)

    def _faulty(self, path: str, work: Callable[[Asked], dict[str, Any]]) -> Door:
        def answer(asked: Asked) -> Answer | None:
            self.asked[path] += 1
            waiting = self.faults.get(path) or []
            fault = waiting.pop(0) if waiting else None
            if fault is None or fault.is_done:
                try:
                    content = work(asked)
                except Wrong as wrong:
                    return said(wrong.content, status=wrong.status)
                if fault is None:
                    return said(content)
            time.sleep(fault.seconds)
            return None if fault.status is None else said(fault.content, status=fault.status, headers=fault.headers)

        return answer
