"""What search engines and networks show of a page."""

import html
from typing import Any, Final

from django import template
from django.conf import settings
from django.template import Context
from django.utils.safestring import SafeData
from django.utils.text import Truncator

register = template.Library()

_DESCRIPTION_MAX: Final = 160
"""How many characters of a description search engines show, about."""


@register.inclusion_tag("components/metadata.html", takes_context=True)
def metadata(
    context: Context, *, title: str, description: str, picture: str, alt: str, kind: str = "website", path: str = ""
) -> dict[str, Any]:
    """Show title, description, address and picture of a page, for search engines and by Open Graph (https://ogp.me).

    The address is the page's own, without what brought somebody here, or the given `path`. `picture` is the path of a
    picture of ours, `alt` says what is on it, and `kind` is a type of Open Graph's.
    """
    return {
        "title": _plain(title),
        "description": Truncator(" ".join(_plain(description).split())).chars(_DESCRIPTION_MAX),
        "url": settings.APP_URL + (path or str(context["request"].path)),
        "picture": settings.APP_URL + picture,
        "alt": _plain(alt),
        "kind": kind,
    }


def _plain(text: str) -> str:
    """Return a text as it is read: what templates put together is HTML, which would be cut in its entities."""
    return html.unescape(text) if isinstance(text, SafeData) else text
