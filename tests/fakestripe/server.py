"""The HTTP server."""

import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.fakestripe import api, control, pages

if TYPE_CHECKING:
    from tests.fakestripe.fake import FakeStripe

LARGEST_BODY = 1_000_000
"""Bytes."""


class Server(ThreadingHTTPServer):
    """A server of one fake; each connection has a thread."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, fake: "FakeStripe") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.fake = fake

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave: tests leave in the middle on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # It is called so in the base.
        """Log nothing; what matters is in the world."""

    def _answer(self) -> None:
        fake = self.server.fake
        address = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self._send(api.Answer(413, "{}"))
            return
        body = self.rfile.read(length).decode(errors="replace")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = api.Request(self.command, address.path, address.query, headers, body)
        try:
            if address.path.startswith(("/v1/", "/v2/")):
                found = api.answer(fake.world, fake.key, request, fake.faults)
            elif address.path.startswith("/_fake/"):
                found = control.answer(fake, request)
            else:
                fields = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
                found = pages.answer(fake.world, self.command, address.path, fields)
        except api.Cut:
            self.close_connection = True
            return
        self._send(found)

    def _send(self, found: api.Answer) -> None:
        body = found.body.encode()
        self.send_response(found.status)
        for name, value in {"Content-Type": "application/json", **found.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
