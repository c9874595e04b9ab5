"""What a page says of itself, for the button that was made by its first click: title, language, and its one address.

A page is asked for only while its site is verified for the button's creator, and it leads on to such sites alone.
Nothing but text is kept of it.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from justhtml import JustHTML

from buttons.models import Button
from buttons.operations import moves
from buttons.operations.buttons import TITLE_LENGTH_MAX, BadUrl, canonical_url, lock_addresses
from buttons.queries import reading as queries
from buttons.queries import sites as site_queries
from flattr.outside.network import Network, OutsideError
from flattr.outside.pages import Page, fetch, spelling
from flattr.transactions import durable

TRIED_AGAIN_AFTER: Final = (timedelta(minutes=10), timedelta(hours=2), timedelta(days=1))
"""How long we wait after each failure; after one more the page is left alone, the button called by its address."""

_LANGUAGE: Final = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*")
_LANGUAGE_LENGTH_MAX: Final = 10
_JOINERS: Final = "\u200c\u200d"
"""What Persian, Indian scripts and emoji join and separate letters by."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs"})
"""Control characters, what turns the direction of a text, and halves of characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a page says of itself, each as empty text where it says nothing. `url` is in its one spelling."""

    title: str
    language: str
    url: str


def read_page(*, button_id: int, network: Network, clock: Callable[[], datetime]) -> None:
    """Read the page of a button that waits for it and write what was found; else do nothing.

    It takes no longer than 8 seconds, and must not be called in a transaction.
    """
    button = Button.objects.filter(pk=button_id, read_next_at__isnull=False).first()
    if button is None:
        return

    def may_ask(host: str) -> bool:
        return site_queries.is_verified(creator_id=button.creator_id, host=host)

    if not may_ask(urlsplit(button.url).hostname or ""):
        _give_up(button_id=button_id)
        return
    try:
        page = fetch(_by_https(button.url), network=network, may_ask=may_ask)
    except OutsideError:
        _try_again(button_id=button_id, now=clock())
    else:
        _record(button_id=button_id, creator_id=button.creator_id, seen=see(page, asked=button.url), now=clock())


@durable
def ask_for_reading(*, now: datetime, limit: int = 1000) -> list[int]:
    """Return the buttons whose pages are due, and note that they are asked for: none twice in ten minutes."""
    due = list(queries.pages_to_read(now=now).select_for_update(skip_locked=True, of=("self",))[:limit])
    ids = [button.pk for button in due]
    Button.objects.filter(pk__in=ids).update(read_next_at=now + TRIED_AGAIN_AFTER[0])
    return ids


def see(page: Page, *, asked: str) -> Seen:
    """Return what a page says of itself. `asked` is the button's address, kept if nothing says otherwise."""
    document = JustHTML(page.text, sanitize=False)
    tags = [(tag.attrs or {}) for tag in document.query("head > meta[property][content]")]
    named = [tag["content"] or "" for tag in tags if (tag["property"] or "").strip().lower() == "og:title"]
    titles = [*named, *(title.to_text() for title in document.query("head > title"))]
    spoken = [(root.attrs or {}).get("lang") or "" for root in document.query("html[lang]")]
    return Seen(
        title=next(filter(None, map(_plain, titles)), ""),
        language=next((_language(each.strip()) for each in spoken), ""),
        url=_canonical(document, page) or _led_to(page, asked),
    )


def _plain(text: str) -> str:
    """Return a text on one line, without what nobody sees, cut where it is too long for a title."""
    line = " ".join(text.split())
    shown = "".join(each for each in line if each in _JOINERS or unicodedata.category(each) not in _INVISIBLE)
    return shown if len(shown) <= TITLE_LENGTH_MAX else f"{shown[: TITLE_LENGTH_MAX - 1]}…"


def _language(tag: str) -> str:
    """Return the language of a tag (RFC 5646), without its details where they are too long."""
    if not _LANGUAGE.fullmatch(tag):
        return ""
    return tag if len(tag) <= _LANGUAGE_LENGTH_MAX else tag.partition("-")[0]


def _canonical(document: JustHTML, page: Page) -> str:
    """Return the address that the page names as its own (RFC 6596); of a page that is elsewhere for now, nothing."""
    if page.url != page.lasting_url:
        return ""
    links = [(link.attrs or {}) for link in document.query("head > link[rel][href]")]
    named = [link["href"] or "" for link in links if "canonical" in (link["rel"] or "").lower().split()]
    bases = [(base.attrs or {})["href"] or "" for base in document.query("head > base[href]")]
    try:
        return canonical_url(urljoin(urljoin(page.url, next(iter(bases), "")), named[0].strip())) if named else ""
    except ValueError:
        return ""


def _led_to(page: Page, asked: str) -> str:
    """Return where the page is for good: what we asked for, which is by https, or where that leads."""
    by_https = _by_https(asked)
    try:
        return canonical_url(by_https if page.lasting_url == spelling(by_https) else page.lasting_url)
    except BadUrl:
        return asked


def _by_https(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(scheme="https"))


@durable
def _record(*, button_id: int, creator_id: int, seen: Seen, now: datetime) -> None:
    lock_addresses(creator_id=creator_id)
    button = Button.objects.get(pk=button_id)
    # Meanwhile its creator may have edited it, or another worker have been here.
    if button.read_next_at is None:
        return
    button.title, button.language = seen.title or button.title, seen.language or button.language
    button.read_next_at = None
    button.save(update_fields=["title", "language", "read_next_at"])
    moves.follow_page(button=button, url=seen.url, now=now)


@durable
def _try_again(*, button_id: int, now: datetime) -> None:
    button = Button.objects.select_for_update(no_key=True).get(pk=button_id)
    if button.read_next_at is None:
        return
    is_last = button.read_failures >= len(TRIED_AGAIN_AFTER)
    button.read_next_at = None if is_last else now + TRIED_AGAIN_AFTER[button.read_failures]
    button.read_failures += 1
    button.save(update_fields=["read_next_at", "read_failures"])


@durable
def _give_up(*, button_id: int) -> None:
    Button.objects.filter(pk=button_id).update(read_next_at=None)
