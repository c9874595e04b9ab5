"""Our addresses, and an empty page behind the same middleware."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def empty(request: HttpRequest) -> HttpResponse:
    """Answer with nothing."""
    del request
    return HttpResponse()


urlpatterns = [
    path("benchmarks/empty/", empty),
    path("", include("flattr.urls")),
]
