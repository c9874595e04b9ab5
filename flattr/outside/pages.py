"""Pages of strangers by HTTPS: only from public addresses, only a little, only for a short time.

A name is asked of DNS once, and the connection goes to the very address that was looked at: asked again, DNS
could answer otherwise. Python's `http.client` sends no cookie, login or header of its own accord, follows nothing
and knows no proxy, so all that happens stands here.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from flattr.outside.decoding import decoded
from flattr.outside.hosts import BadHost, canonical_host
from flattr.outside.names import public_addresses
from flattr.outside.network import Deadline, Network, OutsideError, Trouble

SECONDS_MAX: Final = 8.0
"""How long all of it may take, with DNS and redirects."""
CONNECT_SECONDS_MAX: Final = 3.0
BYTES_MAX: Final = 64 * 1024
"""How much of a page is read, unless somebody wants more."""
REDIRECTS_MAX: Final = 3
_ADDRESSES_MAX: Final = 4
"""How many addresses of a host are tried."""

_HEADERS: Final = {
    "User-Agent": "Flattr",
    "Accept": "text/html, text/plain",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_TEXTS: Final = {"text/plain", "text/html", "application/xhtml+xml"}
_FOR_GOOD: Final = {301, 308}
_REDIRECTS: Final = {*_FOR_GOOD, 302, 303, 307}
_GONE: Final = {404, 410}
_UNRESERVED: Final = "!#$%&'()*+,/:;=?@[]~"
"""What an address has besides letters and digits; all else is percent-encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it was got: its address after all redirects, and its beginning, if it isn't whole."""

    url: str
    headers: Sequence[tuple[str, str]]
    text: str
    is_whole: bool
    lasting_url: str
    """Its address from now on: where redirects led that are for good, up to the first that isn't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redirect:
    """Where a server leads to instead, and whether it says that this is for good."""

    place: str
    is_for_good: bool


class _TimedSocket(ssl.SSLSocket):
    """Waits for an answer until a deadline, however slowly it trickles in."""

    deadline: Deadline

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*arguments)


class _Connection(http.client.HTTPSConnection):
    """Connects to the address of a host that was looked at, and to no other."""

    def __init__(self, host: str, *, network: Network, deadline: Deadline) -> None:
        super().__init__(host)
        self._network, self._deadline = network, deadline

    def connect(self) -> None:
        addresses = public_addresses(self.host, network=self._network, deadline=self._deadline)
        context = ssl.create_default_context(cadata=self._network.authorities)
        context.sslsocket_class = _TimedSocket
        plain = _dial(addresses[:_ADDRESSES_MAX], port=self._network.https_port, deadline=self._deadline)
        with plain:
            plain.settimeout(self._deadline.left())
            secure = context.wrap_socket(plain, server_hostname=self.host)
        assert isinstance(secure, _TimedSocket)  # noqa: S101  The context makes no other.
        secure.deadline = self._deadline
        self.sock = secure


def fetch(
    url: str, *, network: Network, bytes_max: int = BYTES_MAX, may_ask: Callable[[str], bool] | None = None
) -> Page:
    """Return the page at an https address, or its first `bytes_max` bytes.

    It may lead on up to three times, to the same host with or without `www.` before it. Where `may_ask` is given, it
    decides instead for each host, the first one included, whether it may be asked.

    :raises OutsideError: with what went wrong.
    """
    deadline = Deadline(SECONDS_MAX)
    target = first = lasting = _target(url)
    is_lasting = True
    for _ in range(REDIRECTS_MAX + 1):
        if not (may_ask(target.netloc) if may_ask else _without_www(target) == _without_www(first)):
            break
        found = _ask(target, network=network, deadline=deadline, bytes_max=bytes_max)
        if isinstance(found, Page):
            return replace(found, lasting_url=lasting.geturl())
        target = _target(found.place, base=target.geturl())
        is_lasting = is_lasting and found.is_for_good
        lasting = target if is_lasting else lasting
    raise OutsideError(Trouble.LEADS_AWAY)


def spelling(url: str) -> str:
    """Return an https address as it is asked for: what of it isn't plain is percent-encoded.

    :raises OutsideError: `LEADS_AWAY` if it isn't one that `fetch` asks for.
    """
    return _target(url).geturl()


def _ask(target: SplitResult, *, network: Network, deadline: Deadline, bytes_max: int) -> Page | _Redirect:
    """Return the page, or where the server leads to instead."""
    connection = _Connection(target.netloc, network=network, deadline=deadline)
    try:
        path = f"{target.path}?{target.query}" if target.query else target.path
        connection.request("GET", path, headers=_HEADERS)
        with connection.getresponse() as response:
            if response.status in _REDIRECTS:
                return _Redirect(place=response.headers.get("Location", ""), is_for_good=response.status in _FOR_GOOD)
            _require_text(response)
            body = response.read(bytes_max + 1)
    except (OSError, http.client.HTTPException) as error:
        raise OutsideError(_trouble_of(error)) from error
    finally:
        connection.close()
    return Page(
        url=target.geturl(),
        headers=response.headers.items(),
        text=decoded(body[:bytes_max], charset=response.headers.get_content_charset() or ""),
        is_whole=len(body) <= bytes_max,
        lasting_url=target.geturl(),
    )


def _trouble_of(error: OSError | http.client.HTTPException) -> Trouble:
    troubles = {
        ssl.SSLCertVerificationError: Trouble.BAD_CERTIFICATE,
        # It was closed before it said anything.
        http.client.RemoteDisconnected: Trouble.NO_ANSWER,
        ssl.SSLEOFError: Trouble.NO_ANSWER,
        ssl.SSLError: Trouble.NO_TLS,
        TimeoutError: Trouble.TOO_SLOW,
        ConnectionRefusedError: Trouble.REFUSED,
    }
    return next((trouble for kind, trouble in troubles.items() if isinstance(error, kind)), Trouble.NO_ANSWER)


def _require_text(response: http.client.HTTPResponse) -> None:
    if response.status != http.client.OK:
        raise OutsideError(Trouble.MISSING if response.status in _GONE else Trouble.BAD_STATUS)
    is_text = "Content-Type" in response.headers and response.headers.get_content_type() in _TEXTS
    if not is_text or response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise OutsideError(Trouble.NOT_TEXT)


def _target(url: str, *, base: str = "") -> SplitResult:
    """Return an address with nothing in it but a host that can be owned, a path and a query.

    :raises OutsideError: `LEADS_AWAY` if it says more or other than that.
    """
    try:
        parts = urlsplit(urljoin(base, url))
        is_plain = parts.scheme == "https" and parts.port in {None, 443} and "@" not in parts.netloc
        host = canonical_host(parts.hostname or "")
    except (BadHost, ValueError) as error:
        raise OutsideError(Trouble.LEADS_AWAY) from error
    if not is_plain:
        raise OutsideError(Trouble.LEADS_AWAY)
    path, query = (quote(part, safe=_UNRESERVED) for part in (parts.path or "/", parts.query))
    return SplitResult("https", host, path, query, "")


def _without_www(target: SplitResult) -> str:
    return target.netloc.removeprefix("www.")


def _dial(addresses: list[str], *, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first of the addresses that answers."""
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), deadline.left(at_most=CONNECT_SECONDS_MAX))
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), deadline.left(at_most=CONNECT_SECONDS_MAX))
