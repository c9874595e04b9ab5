"""Writes about buttons: made for one address each, hidden and shown."""

import re
from datetime import datetime
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.conf import settings

from accounts.models import CreatorProfile, User
from buttons.badge import NAME
from buttons.models import Button, Site
from buttons.queries import sites as queries
from buttons.snippets import Order, plain
from buttons.tickets import Place
from flattr.emails import one_line
from flattr.outside.hosts import BadHost, ascii_host
from flattr.transactions import durable, required

_HOST_LENGTH_MAX: Final = 253
TITLE_LENGTH_MAX: Final = 200
_NEVER_IN_URLS: Final = re.compile(r"[\s\x00-\x1f\x7f]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
URL_BYTES_MAX: Final = 2000
"""How long an address may be: the index that keeps it unique takes no more than about 2,700 bytes."""

_READ_MAX: Final = 4 * URL_BYTES_MAX
"""How long an address may be that is looked at: Python remembers the last ones that it took apart."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_TRACKING: Final = re.compile(
    r"(?<![^&])(utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_[ce]id|_hs(enc|mi)|vero_id"
    r"|oly_(anon|enc)_id|pk_\w+|mtm_\w+|s_cid|wt_mc)=[^&]*(&|\Z)",
    re.IGNORECASE,
)
"""What newsletters, networks and advertisers add to an address: the same page, with or without it."""


class BadUrl(ValueError):
    """The address is not one that a button can stand for."""


class UrlTooLong(BadUrl):
    """The address is one that the database has no room for."""


class UnknownCreator(ValueError):
    """There is no such creator."""


class ButtonExists(ValueError):
    """The creator has a button for that address already."""


def canonical_url(url: str) -> str:
    """Return the one spelling of a web address: lower case host, no default port, no fragment, nothing that tracks.

    :raises BadUrl: if it is not a plain http or https address with a host.
    :raises UrlTooLong: if it has more than 2,000 bytes, or 8,000 with what tracks.
    """
    if len(url) > _READ_MAX:
        msg = f"url: longer than {_READ_MAX} letters"
        raise UrlTooLong(msg)
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
    host = f"[{parts.hostname}]" if ":" in parts.hostname else _dns_name(parts.hostname)
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    query = _TRACKING.sub("", parts.query).rstrip("&")
    path, query = (_NOT_ASCII.sub(_encoded, part) for part in (parts.path or "/", query))
    address = urlunsplit((parts.scheme, host, path, query, ""))
    if len(address.encode()) > URL_BYTES_MAX:
        msg = f"url: longer than {URL_BYTES_MAX} bytes"
        raise UrlTooLong(msg)
    return address


def _encoded(letters: re.Match[str]) -> str:
    """Return letters as browsers send them in an address (WHATWG URL, 1.3)."""
    return quote(letters[0], errors="replace")


def _dns_name(host: str) -> str:
    """Return a host's name as browsers tell it: letters of other scripts encoded. All else is left as it is.

    :raises BadUrl: if such letters make no name.
    """
    if host.isascii():
        return host
    try:
        return ascii_host(host)
    except BadHost as error:
        msg = "url: its host is no name of one"
        raise BadUrl(msg) from error


def button_at(*, creator_id: int, url: str) -> Button | None:
    """Return the creator's button that an address in its one spelling leads to: its page is there, or was."""
    buttons = Button.objects.filter(creator_id=creator_id)
    return buttons.filter(url=url).first() or buttons.filter(aliases__creator_id=creator_id, aliases__url=url).first()


@required
def lock_addresses(*, creator_id: int) -> User:
    """Return the creator, and let one change of where their buttons are follow another until the transaction ends."""
    return User.objects.select_for_update(no_key=True).get(pk=creator_id)


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
    """Create a button for one address, and its site when it is the first there; its title becomes one line.

    :raises BadUrl: if the address can't be one.
    :raises ButtonExists: if the creator has a button for it.
    """
    address = canonical_url(url)
    # Staff may make them inactive in this very moment.
    hidden_at = lock_addresses(creator_id=creator.pk).inactive_since
    if button_at(creator_id=creator.pk, url=address) is not None:
        msg = f"url: you have a button for {address} already"
        raise ButtonExists(msg)
    return Button.objects.create(
        creator=creator,
        site=site_at(creator_id=creator.pk, url=address),
        url=address,
        title=one_line(title),
        description=description,
        category=category,
        tags=list(tags),
        language=language,
        hidden_at=hidden_at,
    )


@required
def site_at(*, creator_id: int, url: str) -> Site:
    """Return the creator's site that an address is on, or one that covers it; note it where it is missing."""
    host = urlsplit(url).hostname or ""
    covering = queries.verified_site(creator_id=creator_id, host=host)
    return covering or Site.objects.get_or_create(creator_id=creator_id, host=host)[0]


def creator_page(slug: str) -> str:
    """Return the address of a creator's own page here, whose button takes what is for no page of theirs."""
    # Not by `reverse`: it is asked for with each frame, and on the frames' host there is no such address.
    return f"{settings.APP_URL}/@{slug}/"


def order_for(profile: CreatorProfile, *, text: str = "", **chosen: str) -> Order:
    """Return what snippets of a creator's button are made of. `chosen` are page and looks, as in `Order`."""
    return Order(
        app_url=settings.APP_URL,
        embed_url=settings.EMBED_URL,
        to=profile.slug,
        name=profile.name,
        text=plain(text) or f"{NAME} {profile.name}",
        **chosen,
    )


def page_or_creator(*, to: str, url: str) -> str:
    """Return the one spelling of a page's address, or the creator's own page where it can't be one."""
    try:
        return canonical_url(url)
    except BadUrl:
        return creator_page(to)


@durable
def open_button(*, place: Place, now: datetime) -> Button:
    """Return the button that a click at a place is for; make it where it is missing.

    A page of a site that is verified for the creator has a button of its own from its first click on, and is read
    once it has been clicked. What is for any other page is for the creator's own page here, so that nobody makes
    buttons in another's name. Buttons of a creator whom staff made inactive are hidden (`migrations/0022`), and none
    is made.

    :raises UnknownCreator: if no creator has this slug, or an inactive one has no button for the place.
    """
    to, url = place.to, place.url
    profile = CreatorProfile.objects.select_related("user").filter(slug=to).first()
    if profile is None:
        msg = f"to: no creator has the address {to!r}"
        raise UnknownCreator(msg)
    known = button_at(creator_id=profile.pk, url=url)
    if known is not None:
        return known
    site = queries.verified_site(creator_id=profile.pk, host=urlsplit(url).hostname or "")
    page, title = (url, _title_of(url)) if site is not None else (creator_page(to), profile.name)
    # Meanwhile somebody else may have made it, or a page have moved.
    creator = lock_addresses(creator_id=profile.pk)
    known = button_at(creator_id=profile.pk, url=page)
    if known is None and not creator.is_active:
        msg = f"to: {to!r} is inactive"
        raise UnknownCreator(msg)
    return known or Button.objects.create(
        creator=creator, url=page, site=site, title=title, read_next_at=None if site is None else now
    )


def _title_of(url: str) -> str:
    """Return what a page is called until somebody has read it: its address without the scheme."""
    parts = urlsplit(url)
    title = unquote(f"{parts.netloc}{parts.path}").rstrip("/")[:TITLE_LENGTH_MAX]
    # What an address encodes may be no letter: a database keeps no NUL, and others turn the text around them.
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in title)


@durable
def set_hidden(*, button: Button, hidden: bool, now: datetime) -> None:
    """Hide a button, which keeps its clicks but takes no new ones, or show it again."""
    # Staff may make the creator inactive in this very moment.
    shown = lock_addresses(creator_id=button.creator_id).inactive_since
    button.hidden_at = (button.hidden_at or now) if hidden else shown
    button.save(update_fields=["hidden_at"])
