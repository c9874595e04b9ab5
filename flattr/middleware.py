"""Middleware of the house."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

HEALTH_CHECKS: Final = frozenset({"/healthz", "/readyz"})
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


def answer_health_checks(get_response: GetResponse) -> GetResponse:
    """Answer health checks before the host is looked at: they come from inside, by whatever name."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path in HEALTH_CHECKS:
            match = resolve(request.path)
            answer: HttpResponse = match.func(request)
            return answer
        return get_response(request)

    return middleware
