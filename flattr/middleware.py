"""Middleware of the house."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_resolver, resolve

HEALTH_CHECKS: Final = frozenset({"/healthz", "/readyz"})
SHORT_WAY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}
"""What comes by the short way loads nothing and is framed by nobody, unless its view says otherwise."""

GetResponse = Callable[[HttpRequest], HttpResponse]


def private_unless_said_otherwise(get_response: GetResponse) -> GetResponse:
    """Mark every answer as private and not to be stored, unless its view chose a cache header itself.

    A page that shows one person's money can then never be kept by a cache because somebody forgot.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def take_short_way(get_response: GetResponse) -> GetResponse:
    """Lead requests for the few addresses that are asked for most straight to their views.

    These do for themselves what they need of the middleware that is passed by, and nothing else. The
    host is looked at here as for all others.
    """
    resolver = get_resolver(settings.SHORT_WAY_URLCONF)

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            match = resolver.resolve(request.path_info)
        except Resolver404:
            return get_response(request)
        request.get_host()
        # Nobody asks the database first whether it still lives. Where it was started anew, each thread's
        # next request here fails once; whoever sent it can send it by the long way.
        connection.health_check_done = True  # type: ignore[attr-defined]  # Its stub doesn't know it.
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        for name, value in SHORT_WAY_HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    return middleware


def answer_health_checks(get_response: GetResponse) -> GetResponse:
    """Answer health checks before the host is looked at: they come from inside, by whatever name."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path in HEALTH_CHECKS:
            match = resolve(request.path)
            answer: HttpResponse = match.func(request)
            return answer
        return get_response(request)

    return middleware
