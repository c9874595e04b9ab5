"""What search engines may list: nothing, but for the pages whose views say so."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

P = ParamSpec("P")
GetResponse = Callable[[HttpRequest], HttpResponse]

HEADER: Final = "X-Robots-Tag"
"""What search engines do, by https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag."""

UNLISTED: Final = "noindex"
LISTED: Final = "all"


def unlisted_unless_said_otherwise(get_response: GetResponse) -> GetResponse:
    """Keep every answer out of search engines, unless its view says otherwise: somebody's money, forms, files.

    A page that is for one person can then never be listed because somebody forgot.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault(HEADER, UNLISTED)
        return response

    return middleware


def indexable(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let search engines list what a view shows. The `metadata` block of its page says what they show of it."""

    @wraps(view)
    def listed(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code == HTTPStatus.OK:
            response.headers[HEADER] = LISTED
        return response

    return listed
