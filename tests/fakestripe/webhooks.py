"""Webhooks: signed deliveries of events over real HTTP, by a thread, as well or badly as it is told to."""

import http.client
import json
import threading
import time
import urllib.parse
from typing import Any, Final

import stripe

from tests.fakestripe.errors import Refused
from tests.fakestripe.shapes import Json
from tests.fakestripe.world import World, copied

KINDS: Final = ("platform", "connected", "thin")
"""What an endpoint is told: events of the platform, those of connected accounts, or notifications of API v2."""

KNOBS: Final = {
    "duplicate": "each event is delivered twice",
    "hold": "deliveries wait until they are released",
    "delay": "deliveries wait so many seconds of the world's clock",
    "drop": "events of these types (a list of patterns) are listed and never delivered",
    "age": "signatures are so many seconds old",
    "wrong_secret": "signatures are made with another secret",
    "livemode": "events say that they are live",
    "api_version": "events say that they are of this version",
    "retry": "how failed deliveries are repeated: clock (after a minute and an hour), at_once or never",
}

BACK_OFF: Final = (60, 3_600)
"""Seconds of the world's clock before a delivery is tried again; after that it has failed."""

PATIENCE: Final = 10
"""So many seconds an endpoint has for its answer."""


class Webhooks:
    """Endpoints, knobs and the record of what was delivered; `deliveries` is in the order of the events."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="webhooks of the fake", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        for delivery in self._world.data["deliveries"].values():
            if delivery["status"] == "sending":
                delivery["status"] = "pending"
        self._thread.start()

    def end(self) -> None:
        """Deliver nothing any more; what is on its way arrives first."""
        with self._world.lock:
            self._ended = True
            self._world.changed.notify_all()
        self._thread.join()

    def add_endpoint(self, *, url: str, secret: str, kind: str = "platform", events: str = "*") -> None:
        """Tell an address of events; `events` are patterns of types, with commas between.

        :raises Refused: if there is no such kind of endpoint.
        """
        if kind not in KINDS:
            raise Refused(f"kind must be one of {', '.join(KINDS)}, not {kind}", param="kind")
        with self._world.lock:
            endpoint = {"url": url, "secret": secret, "kind": kind, "events": events.split(",")}
            if endpoint not in self._world.data["endpoints"]:
                self._world.data["endpoints"].append(endpoint)
            self._world.save()

    def remove_endpoints(self) -> None:
        """Tell nobody any more."""
        with self._world.lock:
            self._world.data["endpoints"].clear()
            self._world.save()

    def set(self, **knobs: Any) -> None:
        """Turn knobs, which `KNOBS` names; None turns one back.

        :raises Refused: if there is no such knob.
        """
        if unknown := sorted(knobs.keys() - KNOBS.keys()):
            raise Refused(f"There is no knob {unknown[0]}, but {', '.join(KNOBS)}", param=unknown[0])
        with self._world.lock:
            turned = {**self._world.data["webhook_knobs"], **knobs}
            self._world.data["webhook_knobs"] = {name: value for name, value in turned.items() if value is not None}
            self._world.save()

    def release(self, *, reverse: bool = False) -> None:
        """Deliver what was held, in the order of the events or the other way round, and hold no more."""
        with self._world.lock:
            self.set(hold=None)
            deliveries = self._world.data["deliveries"]
            held = [delivery for delivery in deliveries.values() if delivery["status"] == "held"]
            for delivery in reversed(held) if reverse else held:
                del deliveries[delivery["id"]]
                deliveries[delivery["id"]] = delivery | {"status": "pending"}
            self._world.save()

    def repeat(self, event: str) -> None:
        """Deliver an event again to all who were told of it, or should have been."""
        with self._world.lock:
            for delivery in list(self._world.data["deliveries"].values()):
                if delivery["event"] == event:
                    again = {**delivery, "id": self._world.new_id("delivery"), "status": "pending", "attempts": 0}
                    self._world.data["deliveries"][again["id"]] = {**again, "due": self._world.now()}
            self._world.save()

    @property
    def deliveries(self) -> list[Json]:
        """The record: event, type, url, secret, status, attempts and the last answer's code.

        A status is pending, held, sending, delivered, failed or dropped.
        """
        with self._world.lock:
            return [copied(delivery) for delivery in self._world.data["deliveries"].values()]

    def drain(self, timeout: float = 10) -> None:
        """Wait until all that is due is delivered.

        :raises TimeoutError: if that takes longer than so many seconds.
        """
        with self._world.lock:
            if not self._world.changed.wait_for(lambda: not self._busy(), timeout):
                msg = f"webhooks are still on their way: {self._busy()}"
                raise TimeoutError(msg)

    def _busy(self) -> list[Json]:
        return [delivery for delivery in self.deliveries if delivery["status"] == "sending" or self._is_due(delivery)]

    def _is_due(self, delivery: Json) -> bool:
        return delivery["status"] == "pending" and bool(delivery["due"] <= self._world.now())

    def _run(self) -> None:
        world = self._world
        while True:
            with world.lock:
                if self._ended:
                    return
                if world.catch_up():
                    world.save()
                waiting = [
                    delivery for delivery in world.data["deliveries"].values() if delivery["status"] == "pending"
                ]
                delivery = next((one for one in waiting if self._is_due(one)), None)
                if delivery is None:
                    moments = [one["due"] for one in waiting] + [timer[0] for timer in world.data["timers"]]
                    soonest = min(moments, default=None)
                    world.changed.wait(None if soonest is None else max(0.05, soonest - world.now()))
                    continue
                delivery["status"] = "sending"
                body, signature = self._letter(world.get(delivery["event"]), delivery["secret"])
            code = _post(delivery["url"], body, signature)
            with world.lock:
                self._record(delivery, code)
                world.save()

    def _letter(self, event: Json, secret: str) -> tuple[str, str]:
        """Return the body that tells of an event and its signature."""
        knobs = self._world.data["webhook_knobs"]
        told = {name: value for name, value in event.items() if event["object"] == "event" or name not in _NOT_THIN}
        if knobs.get("livemode"):
            told["livemode"] = True
        if knobs.get("api_version") and "api_version" in told:
            told["api_version"] = knobs["api_version"]
        body = json.dumps(told)
        signed_at = int(time.time()) - (knobs.get("age") or 0)
        key = "whsec_of_somebody_else" if knobs.get("wrong_secret") else secret
        return body, stripe.WebhookSignature.generate_signature_header(body, key, signed_at)

    def _record(self, delivery: Json, code: int | None) -> None:
        delivery["attempts"] += 1
        delivery["code"] = code
        event = self._world.data["objects"].get(delivery["event"], {})
        retry = self._world.data["webhook_knobs"].get("retry") or "clock"
        if code is not None and 200 <= code < 300:
            delivery["status"] = "delivered"
            if event.get("pending_webhooks"):
                event["pending_webhooks"] -= 1
        elif retry == "never" or delivery["attempts"] > len(BACK_OFF):
            delivery["status"] = "failed"
        else:
            pause = BACK_OFF[delivery["attempts"] - 1] if retry == "clock" else 0
            delivery |= {"status": "pending", "due": self._world.now() + pause}


_NOT_THIN: Final = ("data", "changes", "snapshot_event")
"""What an event of API v2 has and its notification hasn't."""


def _post(url: str, body: str, signature: str) -> int | None:
    """Post a body and return the status of the answer, or None if there is none."""
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0",
    }
    path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        connection.request("POST", path, body.encode(), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
