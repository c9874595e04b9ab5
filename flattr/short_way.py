"""The short way: what is asked for most is answered in the web server's event loop, past Django and its middleware.

A view of it is a coroutine that makes an `Answer` of a `Request` and finds out for itself who asks. Whatever
isn't quite as expected goes the long way, where the same view is one of Django's.
"""

import functools
import io
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.middleware.security import SecurityMiddleware
from django.urls import URLPattern, get_resolver
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from flattr.indexing import HEADER, UNLISTED
from flattr.middleware import is_embed_host

Headers = tuple[tuple[str, str], ...]
EncodedHeaders = list[tuple[bytes, bytes]]

_CLOSED: Final = {
    "Cache-Control": "private, no-store",
    HEADER: UNLISTED,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What comes by the short way is kept, listed, and framed by nobody and loads nothing, unless its view says so."""

_UNFRAMED: Final = {"X-Frame-Options": "DENY"}
"""For browsers that don't read the policy. It can't name who may, so a view with a policy of its own has none."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What a view of the short way knows: scheme and host that it is asked by, headers by lower-case name."""

    site: str
    headers: Mapping[bytes, bytes]
    query: str
    body: bytes

    def header(self, name: bytes) -> str:
        """Return a header, or nothing where it wasn't sent."""
        return self.headers.get(name, b"").decode("latin-1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view of the short way says. Whoever has the body with this `tag` already isn't sent it again.

    `headers` are few kinds, which are remembered as they are sent; `policy` is the Content-Security-Policy where it
    differs from answer to answer.
    """

    status: int
    headers: Headers
    body: bytes
    tag: str = ""
    policy: str = ""

    def unless_known(self, tags: str) -> "Answer":
        """Return the answer, without its body if its tag is among those of a header `If-None-Match`."""
        # Tags have no quotes in them, and proxies that compress a body put `W/` before them.
        is_known = self.tag and (f'"{self.tag}"' in tags or tags.strip() == "*")
        return replace(self, status=HTTPStatus.NOT_MODIFIED, body=b"") if is_known else self


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
            query = request.META.get("QUERY_STRING", "")
            asked = Request(f"{request.scheme}://{request.get_host()}", headers, query, request.body)
            answer = _outcome_here(view(asked, **arguments)).unless_known(asked.header(b"if-none-match"))
            said = _all_headers(answer.headers, has_policy=bool(answer.policy))
            response = HttpResponse(answer.body, status=answer.status, headers=said)
            if answer.policy:
                response["Content-Security-Policy"] = answer.policy
            if answer.tag:
                response["ETag"] = f'"{answer.tag}"'
            response.xframe_options_exempt = True
            return response

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
    """Answers what comes to the addresses in `settings.SHORT_WAY_URLCONF`, and to those of the embed host."""

    def __init__(self) -> None:
        self._ways = _ways_in(settings.SHORT_WAY_URLCONF)
        self._embed_ways = _ways_in(settings.EMBED_URLCONF)
        self._encoded = functools.lru_cache(maxsize=100)(_encoded)
        self._is_ours = functools.lru_cache(maxsize=1000)(_is_ours)
        self._has_proxy = settings.SECURE_PROXY_SSL_HEADER is not None
        self._is_https_alone = settings.SECURE_SSL_REDIRECT

    async def answer(
        self, scope: Mapping[str, Any], read_body: Callable[[], Awaitable[bytes]]
    ) -> tuple[int, EncodedHeaders, bytes] | None:
        """Return status, headers and body of the answer, or None for what has to go the long way."""
        path, method = scope["path"][1:], scope["method"]
        headers = dict(scope["headers"])
        is_embed = is_embed_host(headers.get(b"host", b"").decode("latin-1"))
        for pattern, way in self._embed_ways if is_embed else self._ways:
            match = pattern.match(path)
            if match is not None and way.method == method:
                break
        else:
            return None
        site = self._site(scope, headers)
        if site is None:
            return None
        # Nothing is waited for that isn't wanted: that is half of the time of the shortest answers.
        body = b"" if method == "GET" else await read_body()
        try:
            query = scope["query_string"].decode("latin-1")
            answer = await way.view(Request(site, headers, query, body), **match[2])
        except Exception:
            logger.info("%s %s failed by the short way", method, path, exc_info=True)
            return None
        encoded = self._encoded(answer.headers, bool(answer.policy), site.partition(":")[0])
        if answer.policy:
            encoded = [*encoded, (b"content-security-policy", answer.policy.encode("latin-1"))]
        if answer.tag:
            answer = answer.unless_known(headers.get(b"if-none-match", b"").decode("latin-1"))
            # Tags are many, so they aren't among what is remembered encoded.
            encoded = [*encoded, (b"etag", f'"{answer.tag}"'.encode())]
        return answer.status, encoded, answer.body

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


def _ways_in(urlconf: str) -> list[tuple[Any, _ShortWay]]:
    return [
        (each.pattern, each.callback.short_way)
        for each in get_resolver(urlconf).url_patterns
        if isinstance(each, URLPattern) and hasattr(each.callback, "short_way")
    ]


def _all_headers(headers: Headers, *, has_policy: bool) -> dict[str, str]:
    """Return the headers with those that each answer has, but for a policy that only this one has."""
    said = dict(headers)
    if has_policy:
        return {name: value for name, value in _CLOSED.items() if name != "Content-Security-Policy"} | said
    return _CLOSED | ({} if "Content-Security-Policy" in said else _UNFRAMED) | said


def _is_ours(host: str) -> bool:
    """Compare a host with those that we answer to, as Django does."""
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def _encoded(headers: Headers, has_policy: bool, scheme: str) -> EncodedHeaders:  # noqa: FBT001  A cache's key.
    """Return the headers of an answer with those that each answer has, as they are sent."""
    response = HttpResponse(headers=_all_headers(headers, has_policy=has_policy))
    scope = {"method": "GET", "path": "/", "headers": [(b"x-forwarded-proto", scheme.encode())], "scheme": scheme}
    SecurityMiddleware(lambda _: response).process_response(ASGIRequest(scope, io.BytesIO()), response)
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
