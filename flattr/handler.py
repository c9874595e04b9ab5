"""How requests are answered: the few that come most in the event loop, all others by Django in threads that stay."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted, RequestDataTooBig
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from flattr.short_way import ShortWays

_Scope = dict[str, Any]
_Receive = Callable[[], Awaitable[Mapping[str, Any]]]
_Send = Callable[[Mapping[str, Any]], Awaitable[None]]

logger = logging.getLogger(__name__)


class Handler(ASGIHandler):
    """Django's handler, with a short way for what is asked for most, and a fixed number of threads for the rest.

    The threads each keep their connection to the database.
    """

    def __init__(self) -> None:
        super().__init__()
        self._short_ways = ShortWays()
        # The thread used last comes first, so no more of them connect to the database than are needed.
        self.threads: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for number in range(settings.WEB_THREADS):
            self.threads.put_nowait(ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"web-{number}"))

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002  It is Django's signature.
        """Load the middleware for a thread: a request goes there once, instead of once for each middleware."""
        del is_async
        super().load_middleware(is_async=False)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer a request; a thread is given to it once all of it has come, so none waits for a slow sender."""
        body = _Body(receive)
        try:
            answer = await self._short_ways.answer(scope, body.read)
            if answer is None:
                await self._answer_in_thread(scope, await body.read(), receive, send)
                return
        except RequestAborted:
            return
        except RequestDataTooBig:
            await self.send_response(HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE), send)
            return
        status, headers, content = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer_in_thread(self, scope: _Scope, body: bytes, receive: _Receive, send: _Send) -> None:
        messages: list[Mapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Mapping[str, Any]:
            return messages.pop() if messages else await receive()

        thread = await self.threads.get()
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive_again, send)
        finally:
            self.threads.put_nowait(thread)

    async def get_response_async(self, request: Any) -> HttpResponseBase:
        """Let the middleware and the view answer in the request's thread."""
        return await sync_to_async(self.get_response)(request)

    async def send_response(self, response: HttpResponseBase, send: _Send) -> None:
        """Send a response; what comes piece by piece is made in the request's thread, a piece at a time."""
        if response.streaming and not response.is_async:  # type: ignore[attr-defined]  # Streaming ones have it.
            response.streaming_content = _pieces(iter(response))  # type: ignore[attr-defined]
        await super().send_response(response, send)


class _Body:
    """The body of a request, which is waited for where somebody wants to read it."""

    def __init__(self, receive: _Receive) -> None:
        self._receive = receive
        self._read: bytes | None = None

    async def read(self) -> bytes:
        """Return all of it.

        :raises RequestAborted: if the sender goes away.
        :raises RequestDataTooBig: if it is larger than any form may be.
        """
        if self._read is not None:
            return self._read
        body = bytearray()
        is_complete = False
        while not is_complete:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            body += message.get("body", b"")
            if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                raise RequestDataTooBig
            is_complete = not message.get("more_body", False)
        self._read = bytes(body)
        return self._read


async def _pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what an iterator yields, each piece made in the thread that Django's views are in."""
    next_piece = sync_to_async(lambda: next(pieces, None))
    while (piece := await next_piece()) is not None:
        yield piece
