"""By which ways the outside is reached, how long that may take, and what can go wrong."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf


class Trouble(StrEnum):
    """Why nothing was got, as little as its owner needs to mend it."""

    NO_ADDRESS = "no_address"
    """The name has no address."""
    NOT_PUBLIC = "not_public"
    """The name has an address that isn't public."""
    NO_DNS = "no_dns"
    """DNS doesn't answer for the name."""
    REFUSED = "refused"
    """At its address nobody takes connections."""
    TOO_SLOW = "too_slow"
    """It didn't answer in time."""
    NO_TLS = "no_tls"
    """What answers there doesn't speak TLS, or an old kind of it."""
    NO_ANSWER = "no_answer"
    """What answers there broke off, or doesn't speak HTTP."""
    BAD_CERTIFICATE = "bad_certificate"
    """The server's certificate isn't for that name, has ended, or is nobody's whom we trust."""
    LEADS_AWAY = "leads_away"
    """It leads to another host, to plain HTTP, or from one address to the next without an end."""
    MISSING = "missing"
    """There is no such page."""
    BAD_STATUS = "bad_status"
    """The server refuses, or is broken."""
    NOT_TEXT = "not_text"
    """It is no text and no HTML, or compressed although we said that it must not be."""


class OutsideError(Exception):
    """What was asked for could not be got."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The internet, unless tests say otherwise: DNS as this machine is set up, port 443, the system's authorities."""

    dns_servers: Sequence[str] = ()
    dns_port: int = 53
    https_port: int = 443
    """Where we connect to, whatever stands in an address, which may name no other port than 443."""
    authorities: str | None = None
    """Certificates (PEM) to trust in place of the system's."""
    exempt: frozenset[str] = frozenset()
    """Addresses that may be connected to although they aren't public."""


class Deadline:
    """A moment some seconds ahead, by which all of something has to be done."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, *, at_most: float = inf) -> float:
        """Return the seconds that are left, or fewer.

        :raises TimeoutError: if none are.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, at_most)
