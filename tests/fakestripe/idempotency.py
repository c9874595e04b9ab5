"""Idempotency keys: what was answered to a key is answered again.

Source: docs.stripe.com/api/idempotent_requests and docs.stripe.com/api-v2-overview (API v2 repeats successes only).
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from tests.fakestripe.errors import Refused
from tests.fakestripe.routing import Call
from tests.fakestripe.shapes import Json
from tests.fakestripe.world import DAY, World

KEPT_DAYS: Final = {"v1": 1, "v2": 30}
"""After so many days a key is forgotten."""

_running: Final[set[tuple[int, str]]] = set()


@dataclass(frozen=True)
class Key:
    """A key of an account, for one request."""

    world: World
    name: str
    api: str
    request: str

    @classmethod
    def of(cls, call: Call, key: str) -> "Key":
        """Return the key that came with a request."""
        asked = json.dumps([call.path, call.params], sort_keys=True)
        digest = hashlib.sha256(asked.encode()).hexdigest()
        return cls(call.world, f"{call.account}/{key}", call.path.split("/")[1], digest)

    def begin(self) -> Json | None:
        """Return what was answered to this key before, as status and body; or hold the key, if nothing was.

        :raises Refused: if it was used for something else, or is used by a request that isn't answered yet.
        """
        keys = self.world.data["keys"]
        stored: Json | None = keys.get(self.name)
        if stored and stored["at"] <= self.world.now() - KEPT_DAYS[self.api] * DAY:
            del keys[self.name]
            stored = None
        if stored and stored["request"] != self.request:
            message = "Keys for idempotent requests can only be used with the parameters they were first used with."
            raise Refused(message, kind="idempotency_error")
        if stored is None:
            if self._held in _running:
                message = "There is currently another in-progress request using this Idempotent Key."
                raise Refused(message, status=409, kind="idempotency_error", code="idempotency_key_in_use")
            _running.add(self._held)
        return stored

    @property
    def _held(self) -> tuple[int, str]:
        return id(self.world), self.name

    def store(self, status: int, body: Json) -> None:
        """Keep what the request is answered, for whoever repeats it."""
        if self.api == "v1" or status == 200:
            stored = {"request": self.request, "status": status, "body": body, "at": self.world.now()}
            self.world.data["keys"][self.name] = stored

    def let_go(self) -> None:
        """Let others use the key."""
        _running.discard(self._held)
