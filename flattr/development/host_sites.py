"""Demo host pages: other people's sites with our buttons, on names of their own such as `artist.localhost`."""

import html
from typing import Final
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import mark_safe

from flattr.middleware import GetResponse

_SUFFIX: Final = ".localhost"


def serve_host_sites(get_response: GetResponse) -> GetResponse:
    """Answer requests for `NAME.localhost` as that creator's own site would."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Not `get_host`, which refuses unknown names: whether this one is allowed is for others to say.
        host = request.META.get("HTTP_HOST", "").partition(":")[0]
        return _host_page(request, host) if host.endswith(_SUFFIX) else get_response(request)

    return middleware


def _host_page(request: HttpRequest, host: str) -> HttpResponse:
    """Return a plain page that shows the works of the site's creator, each with its badge."""
    # The ground floor imports no app; this page is a stranger to them all.
    buttons = apps.get_model("buttons", "Button").objects.filter(site__host=host, hidden_at__isnull=True)
    works = [button for button in buttons.order_by("id") if request.path in {"/", urlsplit(button.url).path}]
    articles = "".join(
        f"<article><h2>{html.escape(button.title)}</h2><p>{html.escape(button.description)}</p>"
        f'<p><a href="{_address("click", button.public_id)}" rel="payment">'
        f'<img src="{_address("badge", button.public_id)}" alt="flattr" height="20"></a></p></article>'
        for button in works
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(host)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font:1.1rem/1.6 Georgia,serif;max-width:40rem;margin:2rem auto;padding:0 1rem;"
        "color-scheme:light dark}</style></head>"
        f'<body><h1><a href="/">{html.escape(host)}</a></h1>{articles or "<p>Nothing here yet.</p>"}</body></html>'
    )
    response = HttpResponse(mark_safe(page), status=200 if works else 404)  # noqa: S308  Escaped piece by piece.
    response["Cache-Control"] = "private, no-store"
    return response


def _address(view: str, public_id: str) -> str:
    return html.escape(settings.APP_URL + reverse(f"buttons:{view}", args=[public_id]))
