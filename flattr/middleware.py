"""Middleware of the house."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.urls import resolve
from django.utils import timezone

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


class _ZoneOfTheVisitor(tzinfo):
    """The time zone of whoever is logged in. Who that is, is looked up once a date is shown, and not before.

    Answers without dates then stay the same for everybody, and cost no query.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(getattr(self._request.user, "time_zone", "UTC"))

    def __str__(self) -> str:
        """Return the name, as databases know it."""
        return self._zone.key

    def utcoffset(self, dt: datetime | None, /) -> timedelta | None:
        """Return how far the zone is from UTC at that time."""
        return self._zone.utcoffset(dt)

    def dst(self, dt: datetime | None, /) -> timedelta | None:
        """Return how much of that is for the summer."""
        return self._zone.dst(dt)

    def tzname(self, dt: datetime | None, /) -> str | None:
        """Return the abbreviation at that time."""
        return self._zone.tzname(dt)

    def fromutc(self, dt: datetime, /) -> datetime:
        """Return the time of the zone for one of UTC."""
        return self._zone.fromutc(dt.replace(tzinfo=self._zone))


def show_times_of_the_visitor(get_response: GetResponse) -> GetResponse:
    """Show dates and times as the visitor's clock has them. Months of money stay those of UTC, for everybody."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(_ZoneOfTheVisitor(request)):
            return get_response(request)

    return middleware
