"""Writes about buttons: made for one address each, hidden and shown."""

import re
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from django.db import IntegrityError

from accounts.models import User
from buttons.models import Button, Site
from flattr.transactions import durable, savepoint

_HOST_LENGTH_MAX: Final = 253
_NEVER_IN_URLS: Final = re.compile(r"[\s\x00-\x1f\x7f]")
URL_BYTES_MAX: Final = 2000
"""How long an address may be: the index that keeps it unique takes no more than about 2,700 bytes."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class BadUrl(ValueError):
    """The address is not one that a button can stand for."""


class UrlTooLong(BadUrl):
    """The address is one that the database has no room for."""


class ButtonExists(ValueError):
    """The creator has a button for that address already."""


def canonical_url(url: str) -> str:
    """Return the one spelling of a web address: host in lower case, no default port, no fragment.

    :raises BadUrl: if it is not a plain http or https address with a host.
    :raises UrlTooLong: if it has more than 2,000 bytes.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        msg = f"url: {url!r} is malformed"
        raise BadUrl(msg) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        msg = f"url: {url!r} is not an http or https address"
        raise BadUrl(msg)
    if parts.username is not None or parts.password is not None:
        msg = "url: an address with a login in it can't be shown to others"
        raise BadUrl(msg)
    if _NEVER_IN_URLS.search(url.strip()) or len(parts.hostname) > _HOST_LENGTH_MAX:
        msg = "url: it has spaces or control characters, or a host too long to be one"
        raise BadUrl(msg)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    address = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    if len(address.encode()) > URL_BYTES_MAX:
        msg = f"url: longer than {URL_BYTES_MAX} bytes"
        raise UrlTooLong(msg)
    return address


@durable
def create_button(
    *,
    creator: User,
    url: str,
    title: str,
    description: str = "",
    category: str = Button.Category.OTHER,
    tags: tuple[str, ...] = (),
    language: str = "",
) -> Button:
    """Create a button for one address, and its site when it is the first there.

    :raises BadUrl: if the address can't be one.
    :raises ButtonExists: if the creator has a button for it.
    """
    address = canonical_url(url)
    site, _ = Site.objects.get_or_create(creator=creator, host=urlsplit(address).hostname or "")
    try:
        with savepoint():
            return Button.objects.create(
                creator=creator,
                site=site,
                url=address,
                title=title,
                description=description,
                category=category,
                tags=list(tags),
                language=language,
            )
    except IntegrityError as error:
        msg = f"url: you have a button for {address} already"
        raise ButtonExists(msg) from error


@durable
def set_hidden(*, button: Button, hidden: bool, now: datetime) -> None:
    """Hide a button, which keeps its clicks but takes no new ones, or show it again."""
    button.hidden_at = (button.hidden_at or now) if hidden else None
    button.save(update_fields=["hidden_at"])
