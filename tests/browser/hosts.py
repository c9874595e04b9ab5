"""Other people's sites for tests: pages with any markup and headers, on names of their own below `localhost`."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from django.conf import settings

SCRIPT: Final = '<script async src="{embed}/1.js"></script>'
SNIPPET: Final = (
    '<flattr-button to="{to}" url="{url}"><a href="{app}/@{to}/?url={url}" rel="payment">'
    '<img src="{embed}/{to}.svg?url={url}" width="132" height="28" alt="Flattr {to}"></a></flattr-button>'
)


class Sites:
    """Pages by host and path, served until the end of the test."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.pages: dict[tuple[str, str], tuple[str, Mapping[str, str]]] = {}
        self.posts: list[str] = []

    def origin(self, name: str) -> str:
        """Return scheme, host and port of a site."""
        return f"http://{name}.localhost:{self._port}"

    def put(
        self, name: str, path: str, body: str, *, head: str = "", headers: Mapping[str, str] | None = None
    ) -> str:
        """Serve a page, with the loader unless its head is given; return its address."""
        head = head or SCRIPT.format(embed=settings.EMBED_URL)
        html = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
            f"{head}</head><body>{body}</body></html>"
        )
        self.pages[f"{name}.localhost:{self._port}", path] = html, headers or {}
        return self.origin(name) + path

    def button(self, to: str, url: str) -> str:
        """Return the standard snippet."""
        return SNIPPET.format(to=to, url=url, app=settings.APP_URL, embed=settings.EMBED_URL)


@contextmanager
def served() -> Iterator[Sites]:
    """Serve sites on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            html, headers = sites.pages.get((self.headers["Host"], path), ("", {}))
            body = html.encode()
            self.send_response(200 if html else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sites = Sites(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sites
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
