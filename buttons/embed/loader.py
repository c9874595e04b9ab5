"""The loader: the script that other people's pages name, always the newest or one version for good."""

from http import HTTPStatus
from typing import Final

from buttons.embed import assets
from flattr.short_way import Answer, Headers, Request, by_short_way

VERSION: Final = "1.0.0"
"""What the script is; its first number is the protocol that it speaks with frames."""

_HEADERS: Final = (
    ("Content-Type", "text/javascript; charset=utf-8"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Vary", "Accept-Encoding"),
)
_NEWEST: Final = ("Cache-Control", "public, max-age=3600, stale-while-revalidate=604800")
_PINNED: Final = ("Cache-Control", "public, max-age=31536000, immutable")


@by_short_way(method="GET")
async def show_loader(request: Request) -> Answer:
    """Return the newest loader; anybody may keep it for an hour."""
    return _loader(request, (*_HEADERS, _NEWEST))


@by_short_way(method="GET")
async def show_pinned_loader(request: Request) -> Answer:
    """Return this version of the loader, which never changes."""
    return _loader(request, (*_HEADERS, _PINNED))


def _loader(request: Request, headers: Headers) -> Answer:
    script = assets.load("loader.js")
    if "br" in request.header(b"accept-encoding"):
        return Answer(HTTPStatus.OK, (*headers, ("Content-Encoding", "br")), script.brotli)
    return Answer(HTTPStatus.OK, headers, script.text.encode())
