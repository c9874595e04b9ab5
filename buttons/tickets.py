"""Signed tickets: which click a frame of ours on somebody's page asks for, so that nobody else can make one up."""

import functools
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.core import signing

LASTS: Final = timedelta(minutes=15)
"""For how long one press may use a ticket. Our window, where a person confirms, opens by older ones, too."""

_SALT: Final = "flattr.buttons.ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whom and what a click is for, and where it is asked for.

    `to` is the creator's slug, `url` the page in its one spelling, and `origin` scheme and host of the page
    that shows the frame, or empty where the browser told none.
    """

    to: str
    url: str
    origin: str


class BadTicket(ValueError):
    """It was not made here for this place."""


class StaleTicket(BadTicket):
    """It was made here, too long ago."""


def mint(*, place: Place) -> str:
    """Return a ticket for one click at a place. Its id is the click's, so a second use of it is none."""
    signed_before = _signed_before(place)
    return _signer().sign(f"{signed_before}{uuid.uuid4().hex}").removeprefix(signed_before)


def read(text: str, *, place: Place, max_age: timedelta | None) -> uuid.UUID:
    """Return the id of the click that a ticket is for.

    :raises StaleTicket: if it is older than allowed; None allows any age.
    :raises BadTicket: if it was not made here for this place.
    """
    signed_before = _signed_before(place)
    try:
        signed = _signer().unsign(f"{signed_before}{text}", max_age=max_age)
    except signing.SignatureExpired as error:
        msg = "ticket: it is too old"
        raise StaleTicket(msg) from error
    except signing.BadSignature as error:
        msg = "ticket: it was not made here for this page"
        raise BadTicket(msg) from error
    return uuid.UUID(signed.removeprefix(signed_before))


def _signed_before(place: Place) -> str:
    """Return what is signed with a ticket and not in its text, which so stays short."""
    # None of the parts has a line break.
    return f"{place.to}\n{place.url}\n{place.origin}\n"


@functools.cache
def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=_SALT)
