"""The oEmbed provider (https://oembed.com, version 1.0): who is given an address of ours shows the button for it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from accounts.models import CreatorProfile
from buttons import queries, snippets
from buttons.badge import NAME, SIZES
from buttons.models import Button
from buttons.operations import buttons as operations

KEPT_SECONDS: Final = 3600
_NUMBER: Final = re.compile(r"[1-9]\d{0,8}")
_BY_PREFERENCE: Final = ("", "small")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What an address of ours shows: whose button, for which page, and what it is called."""

    profile: CreatorProfile
    url: str
    title: str


def _json(fields: Mapping[str, str | int]) -> str:
    return json.dumps(fields)


def _xml(fields: Mapping[str, str | int]) -> str:
    root = ET.Element("oembed")
    for name, value in fields.items():
        ET.SubElement(root, name).text = str(value)
    return '<?xml version="1.0" encoding="utf-8" standalone="yes"?>' + ET.tostring(root, encoding="unicode")


_FORMATS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, str | int]], str]]]] = {
    "json": ("application/json", _json),
    "xml": ("text/xml; charset=utf-8", _xml),
}


@require_safe
def describe(request: HttpRequest) -> HttpResponse:
    """Return the button that a creator's or a button's page stands for, as a frame that fits into the asked size.

    It is 404 where there is no such page or no frame is that small, 501 for a format that is neither JSON nor XML,
    and 400 for a size that is no number.
    """
    asked = request.GET
    wanted_format = asked.get("format") or "json"
    if wanted_format not in _FORMATS:
        return _refused(HTTPStatus.NOT_IMPLEMENTED, f"format: {wanted_format!r} is neither 'json' nor 'xml'")
    limits = {name: asked[name] for name in ("maxwidth", "maxheight") if asked.get(name)}
    for name, value in limits.items():
        if not _NUMBER.fullmatch(value):
            return _refused(HTTPStatus.BAD_REQUEST, f"{name}: {value!r} is no positive whole number")
    size = _largest_within({name: int(value) for name, value in limits.items()})
    if size is None:
        return _refused(HTTPStatus.NOT_FOUND, "maxwidth, maxheight: no button is that small")
    shown = _shown_at(asked.get("url", ""))
    if shown is None:
        return _refused(HTTPStatus.NOT_FOUND, "url: it is no page of a creator or a button here")
    content_type, write = _FORMATS[wanted_format]
    response = HttpResponse(write(_described(shown, size)), content_type=content_type)
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _described(shown: _Shown, size: str) -> Mapping[str, str | int]:
    order = operations.order_for(shown.profile, url=shown.url, size=size)
    return {
        "type": "rich",
        "version": "1.0",
        "title": snippets.plain(shown.title),
        "author_name": snippets.plain(shown.profile.name),
        "author_url": operations.creator_page(shown.profile.slug),
        "provider_name": NAME,
        "provider_url": f"{settings.APP_URL}/",
        "cache_age": KEPT_SECONDS,
        "html": snippets.frame(order),
        "width": SIZES[size].width,
        "height": SIZES[size].height,
    }


def _largest_within(limits: Mapping[str, int]) -> str | None:
    """Return the usual size, or the small one where that is too large, or None where that is, too."""
    for name in _BY_PREFERENCE:
        size = SIZES[name]
        if size.width <= limits.get("maxwidth", size.width) and size.height <= limits.get("maxheight", size.height):
            return name
    return None


def _shown_at(address: str) -> _Shown | None:
    """Return what a page of ours shows, or None where it is none, or shows no button to everybody."""
    if not address.startswith(f"{settings.APP_URL}/"):
        return None
    parts = urlsplit(address)
    try:
        found = resolve(parts.path if parts.path.endswith("/") else f"{parts.path}/")
    except Resolver404:
        return None
    if found.view_name == "buttons:creator":
        profile = queries.open_pages().filter(slug=found.kwargs["slug"]).first()
        # Without an address of a page it is the button for the creator's own.
        (url,) = parse_qs(parts.query).get("url", [""])[:1]
        return None if profile is None else _Shown(profile=profile, url=url, title=profile.name)
    if found.view_name == "buttons:button":
        button = (
            Button.objects.filter(public_id=found.kwargs["public_id"], hidden_at__isnull=True)
            .select_related("creator__creator_profile")
            .first()
        )
        if button is not None:
            return _Shown(profile=button.creator.creator_profile, url=button.url, title=button.title)
    return None


def _refused(status: HTTPStatus, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
