"""Whether a page's Content-Security-Policy lets in what is ours, by the rules of CSP Level 3 (W3C). Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

_ASKED: Final = {
    "script-src": ("script-src-elem", "script-src", "default-src"),
    "frame-src": ("frame-src", "child-src", "default-src"),
    "img-src": ("img-src", "default-src"),
}
"""Which directives a browser looks for, in this order; the first that is there decides."""

_OF_OTHERS: Final = frozenset({"default-src", "child-src"})
"""Directives that are for more than one kind of resource, so that nothing is added to them for ours."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)"
    r"(?::(?P<port>\d+|\*))?(?P<path>/\S*)?",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something of ours on a page: what kind of source it wants, and for scripts what may stand for the address."""

    wants: str
    address: str
    nonce: str = ""
    integrity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A policy that keeps something out, and the directive as it would let it in.

    Where `needs_nonce`, no address in the directive counts: the script wants the page's nonce.
    """

    line: str
    needs_nonce: bool


def split(values: Iterable[str]) -> list[str]:
    """Return the policies in the values of headers; each of them has to let everything in."""
    return [policy for value in values for policy in value.split(",") if policy.strip()]


def judge(policy: str, resource: Resource, *, page: str) -> Blocked | None:
    """Tell whether a policy of the page at an address keeps a resource out, and what lets it in, or return None."""
    directives = _parsed(policy)
    name = next((each for each in _ASKED[resource.wants] if each in directives), None)
    if name is None:
        return None
    sources = directives[name]
    is_dynamic = resource.wants == "script-src" and "'strict-dynamic'" in map(str.lower, sources)
    is_allowed = _is_proven(sources, resource) or (
        not is_dynamic and any(_matches(source, urlsplit(resource.address), urlsplit(page)) for source in sources)
    )
    if is_allowed:
        return None
    kept = [source for source in sources if _is_kept(source, name, resource.wants)]
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(resource.address))
    return Blocked(
        line=" ".join([resource.wants if name in _OF_OTHERS else name, *kept, *([] if is_dynamic else [origin])]),
        needs_nonce=is_dynamic,
    )


def _parsed(policy: str) -> dict[str, list[str]]:
    """Return the sources by directive; of two with one name the first counts."""
    directives: dict[str, list[str]] = {}
    for part in policy.split(";"):
        name, *sources = part.split() or [""]
        directives.setdefault(name.lower(), sources)
    return directives


def _is_kept(source: str, name: str, wanted: str) -> bool:
    """Tell whether a source goes into the mended directive."""
    if source.lower() == "'none'":
        return False
    # Of what is for everything, frames and pictures need only what names an address.
    is_about_code = source.startswith("'") and source.lower() != "'self'"
    return not (is_about_code and name in _OF_OTHERS and wanted != "script-src")


def _is_proven(sources: Sequence[str], resource: Resource) -> bool:
    """Tell whether a script has a nonce or a hash that the policy knows."""
    if resource.wants != "script-src":
        return False
    has_nonce = bool(resource.nonce) and f"'nonce-{resource.nonce}'" in sources
    hashes = resource.integrity.split()
    return has_nonce or (bool(hashes) and all(f"'{each}'" in sources for each in hashes))


def _matches(source: str, address: SplitResult, page: SplitResult) -> bool:
    """Tell whether a source lets an address in. What begins with a quote is no address, but for `'self'`."""
    if source == "*":
        return address.scheme in _DEFAULT_PORTS
    if source.lower() == "'self'":
        return _is_scheme(page.scheme, address.scheme) and (address.hostname, _port(address)) == (
            page.hostname,
            _port(page),
        )
    if scheme := _SCHEME.fullmatch(source):
        return _is_scheme(scheme[1].lower(), address.scheme)
    parts = _HOST.fullmatch(source)
    return parts is not None and (
        _is_scheme((parts["scheme"] or page.scheme).lower(), address.scheme)
        and _is_host(parts["host"].lower(), address.hostname or "")
        and _is_port(parts["port"], address)
        and _is_path(parts["path"] or "", address.path)
    )


def _is_scheme(allowed: str, scheme: str) -> bool:
    return scheme == allowed or (allowed, scheme) == ("http", "https")


def _is_host(allowed: str, host: str) -> bool:
    if allowed == "*":
        return True
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def _is_port(allowed: str | None, address: SplitResult) -> bool:
    if allowed is None:
        return _port(address) == _DEFAULT_PORTS.get(address.scheme)
    # Who lets in plain HTTP lets in HTTPS as well.
    return allowed == "*" or int(allowed) == _port(address) or (allowed, address.scheme) == ("80", "https")


def _is_path(allowed: str, path: str) -> bool:
    if not allowed:
        return True
    allowed, path = unquote(allowed), unquote(path)
    return path.startswith(allowed) if allowed.endswith("/") else path == allowed


def _port(address: SplitResult) -> int | None:
    return address.port or _DEFAULT_PORTS.get(address.scheme)
