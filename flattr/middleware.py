"""Middleware of the house."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
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


def is_embed_host(host: str) -> bool:
    """Tell whether a request's host is the one that other people's pages know, however it is spelled."""
    # Browsers let addresses have a dot behind the name, and anybody else may write it as they like.
    return split_domain_port(host)[0] == urlsplit(settings.EMBED_URL).hostname


def serve_embed_host(get_response: GetResponse) -> GetResponse:
    """Give the host that other people's pages know addresses of its own, and none of the pages of ours."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Not `get_host`, which refuses unknown names: whether this one is allowed is for others to say.
        if is_embed_host(request.META.get("HTTP_HOST", "")):
            request.urlconf = settings.EMBED_URLCONF
        return get_response(request)

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
