"""What proves that a host, or a page on it, is a creator's; looked for where strangers keep it."""

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from justhtml import JustHTML

from buttons.models import Site
from flattr.outside.names import texts
from flattr.outside.network import Network
from flattr.outside.pages import Page, fetch

FILE_PATH: Final = "/.well-known/flattr-verification.txt"
"""Where the file lies, with a token in each line (RFC 8615)."""
META_NAME: Final = "flattr-verification"
DNS_LABEL: Final = "_flattr"
"""What the record's name begins with (RFC 8552)."""
DNS_PREFIX: Final = "flattr-verify="
_DNS_SECONDS: Final = 8.0


def is_there(*, host: str, proof: str, token: str, page: str, profile: str, network: Network) -> bool:
    """Look for a proof at a host, and tell whether it is there.

    A link is looked for on the page at `page`, and has to lead to `profile`, the address of the creator's page here.
    It takes no longer than 8 seconds, and must not be called in a transaction.

    :raises flattr.outside.network.OutsideError: if the place where it should be can't be read.
    """
    if proof == Site.Proof.DNS:
        records = texts(f"{DNS_LABEL}.{host}", network=network, seconds=_DNS_SECONDS)
        return _is_among([record.decode(errors="replace") for record in records], DNS_PREFIX + token)
    if proof == Site.Proof.FILE:
        return _is_among(_lines(fetch(f"https://{host}{FILE_PATH}", network=network)), token)
    if proof == Site.Proof.META:
        return _is_among(_tags(fetch(f"https://{host}/", network=network)), token)
    return _links(fetch(page, network=network), profile)


def _is_among(found: list[str], wanted: str) -> bool:
    """Tell whether one of the texts is the wanted one, in a time that doesn't tell how near they are to it."""
    return any(secrets.compare_digest(each.encode(), wanted.encode()) for each in found)


def _lines(file: Page) -> list[str]:
    """Return the file's lines but one that may be cut."""
    lines = [line.strip() for line in file.text.removeprefix("\ufeff").splitlines()]
    return lines if file.is_whole else lines[:-1]


def _tags(page: Page) -> list[str]:
    """Return what the head's tags of ours say. What visitors write, comments for example, stands in the body."""
    tags = [tag.attrs or {} for tag in JustHTML(page.text, sanitize=False).query("head > meta")]
    return [_said(tag, "content") for tag in tags if _said(tag, "name").lower() == META_NAME]


def _links(page: Page, profile: str) -> bool:
    """Tell whether the page says of a profile, by a link with `rel=me`, that it is of the same person.

    See https://microformats.org/wiki/rel-me.
    """
    wanted = _plain(urlsplit(profile))
    links = [link.attrs or {} for link in JustHTML(page.text, sanitize=False).query("a[rel][href], link[rel][href]")]
    targets = [_said(link, "href") for link in links if "me" in _said(link, "rel").lower().split()]
    return any(_target(page.url, target) == wanted for target in targets)


def _said(tag: Mapping[str, str | None], attribute: str) -> str:
    return (tag.get(attribute) or "").strip()


def _target(base: str, href: str) -> tuple[str, ...]:
    """Return where a link leads, or nowhere if that can't be an address."""
    try:
        return _plain(urlsplit(urljoin(base, href)))
    except ValueError:
        return ()


def _plain(address: SplitResult) -> tuple[str, ...]:
    """Return what makes two spellings of an address the same one."""
    return address.scheme, address.netloc.lower(), address.path.rstrip("/"), address.query
