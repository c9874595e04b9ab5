"""The addresses of the short way, and an empty page beside them."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from buttons import short_way_urls


def empty(request: HttpRequest) -> HttpResponse:
    """Answer with nothing."""
    del request
    return HttpResponse()


urlpatterns = [*short_way_urls.urlpatterns, path("benchmarks/empty/", empty)]
