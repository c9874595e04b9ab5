"""Demo host pages: other people's sites with our buttons, on names of their own such as `artist.localhost`."""

import html
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import mark_safe

from flattr.middleware import GetResponse, is_embed_host

_SUFFIX: Final = ".localhost"


def serve_host_sites(get_response: GetResponse) -> GetResponse:
    """Answer requests for `NAME.localhost` as that creator's own site would."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Not `get_host`, which refuses unknown names: whether this one is allowed is for others to say.
        host = request.META.get("HTTP_HOST", "").partition(":")[0]
        is_theirs = host.endswith(_SUFFIX) and not is_embed_host(request.META["HTTP_HOST"])
        return _host_page(request, host) if is_theirs else get_response(request)

    return middleware


def _host_page(request: HttpRequest, host: str) -> HttpResponse:
    """Return a plain page that shows the works of the site's creator, each with its badge."""
    # The ground floor imports no app; this page is a stranger to them all.
    everything = apps.get_model("buttons", "Button").objects.select_related("creator__creator_profile")
    buttons = everything.filter(site__host=host, hidden_at__isnull=True)
    works = [button for button in buttons.order_by("id") if request.path in {"/", urlsplit(button.url).path}]
    articles = "".join(
        f"<article><h2>{html.escape(button.title)}</h2><p>{html.escape(button.description)}</p>"
        f"<p>{_snippet(button.creator.creator_profile.slug, button.url)}</p></article>"
        for button in works
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(host)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font:1.1rem/1.6 Georgia,serif;max-width:40rem;margin:2rem auto;padding:0 1rem;"
        "color-scheme:light dark}</style>"
        f'<script async src="{settings.EMBED_URL}/1.js"></script></head>'
        f'<body><h1><a href="/">{html.escape(host)}</a></h1>{articles or "<p>Nothing here yet.</p>"}</body></html>'
    )
    response = HttpResponse(mark_safe(page), status=200 if works else 404)  # noqa: S308  Escaped piece by piece.
    response["Cache-Control"] = "private, no-store"
    return response


def _snippet(slug: str, url: str) -> str:
    """Return the button around its link and picture, as a creator pastes it."""
    page = urlencode({"url": url})
    link = f"{settings.APP_URL}{reverse('buttons:creator', args=[slug])}?{page}"
    picture = f"{settings.EMBED_URL}/{slug}.svg?{page}"
    return (
        f'<flattr-button to="{slug}" url="{html.escape(url)}"><a href="{html.escape(link)}" rel="payment">'
        f'<img src="{html.escape(picture)}" width="132" height="28" alt="Flattr {slug}"></a></flattr-button>'
    )
