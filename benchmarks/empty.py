"""An empty page by Django without any middleware, by the WSGI of the same server: the floor for badges."""

import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=[], ROOT_URLCONF=__name__, SECRET_KEY=secrets.token_urlsafe())


def empty(request: HttpRequest) -> HttpResponse:
    """Answer with nothing."""
    del request
    return HttpResponse()


urlpatterns = [path("benchmarks/empty/", empty)]
application = get_wsgi_application()
