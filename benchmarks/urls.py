"""The addresses of the short way, and an empty page beside them."""

from django.urls import path

from buttons import short_way_urls
from flattr.short_way import Answer, Request, by_short_way


@by_short_way(method="GET")
async def empty(request: Request) -> Answer:
    """Answer with nothing."""
    del request
    return Answer(200, (), b"")


urlpatterns = [*short_way_urls.urlpatterns, path("benchmarks/empty/", empty)]
