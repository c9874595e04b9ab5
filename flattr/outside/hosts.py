"""Names of hosts, spelled as DNS has them."""

import re
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import idna
from publicsuffixlist import PublicSuffixList

_LENGTH_MAX: Final = 253
_ENDS_IN_NUMBER: Final = re.compile(r"(\A|\.)([0-9]+|0x[0-9a-f]*)\Z")
"""What browsers and operating systems read as an IPv4 address in one of its many spellings (WHATWG URL, 3.5)."""


class BadHost(ValueError):
    """The text names no host that somebody could own."""


def ascii_host(text: str) -> str:
    """Return a name as DNS has it: lower case, letters of other scripts encoded (UTS #46), no dot at the end.

    :raises BadHost: if it isn't a name of a host.
    """
    try:
        host = idna.encode(text.removesuffix("."), uts46=True, std3_rules=True).decode()
    except idna.IDNAError as error:
        msg = f"host: {text[:_LENGTH_MAX]!r} is no name of a host"
        raise BadHost(msg) from error
    return host.lower().removesuffix(".")


def canonical_host(text: str) -> str:
    """Return the one spelling of a host that somebody can own, from its name or from an address on it.

    It has a name that anybody can look up, below a public suffix such as `com` or `github.io`
    (https://publicsuffix.org): who is given names by one can't speak for all others there.

    :raises BadHost: if it is none: a suffix alone, a single word, a number, or no name at all.
    """
    try:
        name = urlsplit(text.strip()).hostname if "://" in text else text.strip()
    except ValueError as error:
        msg = "host: that address is malformed"
        raise BadHost(msg) from error
    host = ascii_host(name or "")
    if len(host) > _LENGTH_MAX or _ENDS_IN_NUMBER.search(host):
        msg = f"host: {host[:_LENGTH_MAX]!r} is a number, or too long"
        raise BadHost(msg)
    if _suffixes().privatesuffix(host) is None:
        msg = f"host: {host!r} belongs to everybody whose name ends in it"
        raise BadHost(msg)
    return host


@cache
def _suffixes() -> PublicSuffixList:
    """Read the list when it is first needed."""
    return PublicSuffixList()
