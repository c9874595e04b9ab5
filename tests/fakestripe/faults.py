"""Faults on demand: requests that fail as networks and Stripe itself do."""

from fnmatch import fnmatchcase
from typing import Final

from tests.fakestripe.errors import Refused
from tests.fakestripe.shapes import Json
from tests.fakestripe.world import World

KINDS: Final = {
    "cut": "The connection is cut before anything is done.",
    "drop": "All is done, and then the connection is cut without an answer.",
    "500": "Nothing is done, the answer is 500.",
    "500_after": "All is done, the answer is 500.",
    "429": "Nothing is done, the answer says that requests come too fast.",
    "409": "Nothing is done, the answer says that something else holds a lock.",
    "slow": "The answer takes `seconds` longer.",
    "decline": "The payment is declined with `code` and `decline_code`.",
}


class Faults:
    """The faults that are to come: `fake.faults.add("drop", path="/v1/transfers")`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add(
        self,
        kind: str,
        *,
        method: str = "POST",
        path: str = "*",
        times: int = 1,
        seconds: float = 0,
        code: str = "card_declined",
        decline_code: str = "",
    ) -> None:
        """Let the next requests by that method to a path that matches fail, so many times; `KINDS` says how.

        :raises Refused: if there is no such kind.
        """
        if kind not in KINDS:
            raise Refused(f"kind must be one of {', '.join(KINDS)}, not {kind}", param="kind")
        with self._world.lock:
            self._world.data["faults"].append(
                {
                    "kind": kind,
                    "method": method,
                    "path": path,
                    "times": times,
                    "seconds": seconds,
                    "error": {"code": code, "decline_code": decline_code},
                }
            )
            self._world.save()

    def clear(self) -> None:
        """Let everything go well again."""
        with self._world.lock:
            self._world.data["faults"].clear()
            self._world.save()

    def take(self, method: str, path: str) -> Json:
        """Return the fault of a request, and count it; one without a fault has the kind ""."""
        with self._world.lock:
            for fault in self._world.data["faults"]:
                if fault["method"] in ("*", method) and fnmatchcase(path, fault["path"]):
                    fault["times"] -= 1
                    if fault["times"] < 1:
                        self._world.data["faults"].remove(fault)
                    return dict(fault)
        return {"kind": ""}
