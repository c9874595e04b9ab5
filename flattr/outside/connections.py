"""Ways to servers of strangers by HTTPS: only to public addresses, only for a short time.

A name is asked of DNS once, and the connection goes to the very address that was looked at: asked again, DNS
could answer otherwise. Python's `http.client` sends no cookie, login or header of its own accord, follows nothing
and knows no proxy, so all that happens stands here.
"""

import http.client
import socket
import ssl
from functools import cache
from typing import Any, Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from flattr.outside.hosts import BadHost, canonical_host
from flattr.outside.names import public_addresses
from flattr.outside.network import Deadline, Network, OutsideError, Trouble

SECONDS_MAX: Final = 8.0
"""How long all of it may take, with DNS and redirects."""
CONNECT_SECONDS_MAX: Final = 3.0
BYTES_MAX: Final = 64 * 1024
"""How much of an answer is read."""
_ADDRESSES_MAX: Final = 4
"""How many addresses of a host are tried."""
_UNRESERVED: Final = "!#$%&'()*+,/:;=?@[]~"
"""What an address has besides letters and digits; all else is percent-encoded."""


class _TimedSocket(ssl.SSLSocket):
    """Waits for an answer until a deadline, however slowly it trickles in."""

    deadline: Deadline

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*arguments)


@cache
def _trust(authorities: str | None) -> ssl.SSLContext:
    """Return what looks at certificates: one for a process, as reading all authorities takes long."""
    context = ssl.create_default_context(cadata=authorities)
    context.sslsocket_class = _TimedSocket
    return context


class Connection(http.client.HTTPSConnection):
    """Connects to the address of a host that was looked at, and to no other."""

    def __init__(self, host: str, *, network: Network, deadline: Deadline) -> None:
        super().__init__(host, context=_trust(network.authorities))
        self._network, self._deadline = network, deadline

    def connect(self) -> None:
        """Open the connection, as `http.client` does before the first request."""
        addresses = public_addresses(self.host, network=self._network, deadline=self._deadline)
        plain = _dial(addresses[:_ADDRESSES_MAX], port=self._network.https_port, deadline=self._deadline)
        with plain:
            plain.settimeout(self._deadline.left())
            secure = _trust(self._network.authorities).wrap_socket(plain, server_hostname=self.host)
        assert isinstance(secure, _TimedSocket)  # noqa: S101  The context makes no other.
        secure.deadline = self._deadline
        self.sock = secure


def target_of(url: str, *, base: str = "") -> SplitResult:
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


def _dial(addresses: list[str], *, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first of the addresses that answers."""
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), deadline.left(at_most=CONNECT_SECONDS_MAX))
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), deadline.left(at_most=CONNECT_SECONDS_MAX))
