"""Asks the web server's handler as the server does, without the server."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

Handler = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was sent; the status is None where nothing was."""

    status: int | None
    headers: Mapping[str, str]
    pieces: Sequence[bytes]

    @property
    def body(self) -> bytes:
        """Return all pieces together."""
        return b"".join(self.pieces)


def scope(method: str, path: str, *, headers: Mapping[str, str] | None = None, **others: Any) -> dict[str, Any]:
    """Return what a server says of a request to `http://testserver`."""
    sent = {"host": "testserver", **(headers or {})}
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        **others,
    }


async def ask(
    handler: Handler,
    asked: Mapping[str, Any],
    *parts: bytes,
    breaks_off: bool = False,
    before_end: Callable[[], Awaitable[object]] | None = None,
) -> Answer:
    """Send a request with a body in parts, which may break off or wait for something before its end."""
    sent: list[Mapping[str, Any]] = []
    has_ended = asyncio.Event()
    waiting = list(parts or [b""])

    async def receive() -> Mapping[str, Any]:
        if not waiting:
            if not breaks_off:
                await has_ended.wait()
            return {"type": "http.disconnect"}
        part = waiting.pop(0)
        if not waiting and before_end is not None:
            await before_end()
        return {"type": "http.request", "body": part, "more_body": bool(waiting) or breaks_off}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            has_ended.set()

    await handler(asked, receive, send)
    if not sent:
        return Answer(None, {}, [])
    headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(HTTPStatus(sent[0]["status"]), headers, [each["body"] for each in sent[1:] if each.get("body")])
