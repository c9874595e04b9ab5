"""The short way: what is asked for most is answered in the web server's event loop, past Django and its middleware.

A view of it is a coroutine that makes an `Answer` of a `Request` and finds out for itself who asks. Whatever
isn't quite as expected goes the long way, where the same view is one of Django's.
"""

import functools
import io
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.middleware.security import SecurityMiddleware
from django.urls import URLPattern, get_resolver
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

Headers = tuple[tuple[str, str], ...]
EncodedHeaders = list[tuple[bytes, bytes]]

_CLOSED: Final = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}
"""What comes by the short way is kept, loads and is framed by nobody, unless its view says otherwise."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What a view of the short way knows: scheme and host that it is asked by, headers by lower-case name, body."""

    site: str
    headers: Mapping[bytes, bytes]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view of the short way says."""

    status: int
    headers: Headers
    body: bytes


View = Callable[..., Coroutine[Any, Any, Answer]]
"""It takes a `Request` and what the address has for it."""

DjangoView = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class _ShortWay:
    """A view, and by which method one comes to it."""

    method: str
    view: View


def by_short_way(*, method: str) -> Callable[[View], DjangoView]:
    """Make a view of the short way one of Django's, too, which is found by both."""

    def decorate(view: View) -> DjangoView:
        @csrf_exempt
        @require_http_methods([method, "HEAD"] if method == "GET" else [method])
        @functools.wraps(view)
        def long_way(request: HttpRequest, **arguments: Any) -> HttpResponse:
            headers = {name.lower().encode(): value.encode("latin-1") for name, value in request.headers.items()}
            asked = Request(f"{request.scheme}://{request.get_host()}", headers, request.body)
            answer = _outcome_here(view(asked, **arguments))
            return HttpResponse(answer.body, status=answer.status, headers=_CLOSED | dict(answer.headers))

        long_way.short_way = _ShortWay(method, view)  # type: ignore[attr-defined]
        return long_way

    return decorate


def _outcome_here(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine in this thread, which has no event loop: nothing that it calls waits for others then.

    :raises RuntimeError: if something does.
    """
    try:
        coroutine.send(None)
    except StopIteration as ended:
        answer: Answer = ended.value
        return answer
    coroutine.close()
    msg = "a view of the short way waits for something that is only there in an event loop"
    raise RuntimeError(msg)


class ShortWays:
    """Answers what comes to the addresses in `settings.SHORT_WAY_URLCONF`."""

    def __init__(self) -> None:
        patterns = get_resolver(settings.SHORT_WAY_URLCONF).url_patterns
        self._ways: list[tuple[Any, _ShortWay]] = [
            (each.pattern, each.callback.short_way)  # type: ignore[attr-defined]  # `by_short_way` gave it.
            for each in patterns
            if isinstance(each, URLPattern)
        ]
        self._encoded = functools.lru_cache(maxsize=100)(_encoded)
        self._is_ours = functools.lru_cache(maxsize=1000)(_is_ours)
        self._has_proxy = settings.SECURE_PROXY_SSL_HEADER is not None
        self._is_https_alone = settings.SECURE_SSL_REDIRECT

    async def answer(
        self, scope: Mapping[str, Any], read_body: Callable[[], Awaitable[bytes]]
    ) -> tuple[int, EncodedHeaders, bytes] | None:
        """Return status, headers and body of the answer, or None for what has to go the long way."""
        path, method = scope["path"][1:], scope["method"]
        for pattern, way in self._ways:
            match = pattern.match(path)
            if match is not None and way.method == method:
                break
        else:
            return None
        headers = dict(scope["headers"])
        site = self._site(scope, headers)
        if site is None:
            return None
        # Nothing is waited for that isn't wanted: that is half of the time of the shortest answers.
        body = b"" if method == "GET" else await read_body()
        try:
            answer = await way.view(Request(site, headers, body), **match[2])
        except Exception:
            logger.info("%s %s failed by the short way", method, path, exc_info=True)
            return None
        return answer.status, self._encoded(answer.headers, site.partition(":")[0]), answer.body

    def _site(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str | None:
        """Return scheme and host if they are ours and nothing is left to do about them."""
        # Other versions may send one header in several parts.
        if scope["http_version"] != "1.1":
            return None
        scheme = scope["scheme"]
        if self._has_proxy:
            scheme = "https" if headers.get(b"x-forwarded-proto") == b"https" else "http"
        if self._is_https_alone and scheme != "https":
            return None
        host = headers.get(b"host", b"").decode("latin-1")
        return f"{scheme}://{host}" if self._is_ours(host) else None


def _is_ours(host: str) -> bool:
    """Compare a host with those that we answer to, as Django does."""
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def _encoded(headers: Headers, scheme: str) -> EncodedHeaders:
    """Return the headers of an answer with those that each answer has, as they are sent."""
    response = HttpResponse(headers=_CLOSED | dict(headers))
    scope = {"method": "GET", "path": "/", "headers": [(b"x-forwarded-proto", scheme.encode())], "scheme": scheme}
    SecurityMiddleware(lambda _: response).process_response(ASGIRequest(scope, io.BytesIO()), response)
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
