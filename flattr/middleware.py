"""Middleware of the house."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

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
