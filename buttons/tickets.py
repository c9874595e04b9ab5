"""Signed tickets: which click a frame of ours on somebody's page asks for, so that nobody else can make one up."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.core import signing

LASTS: Final = timedelta(minutes=15)
_SALT: Final = "flattr.buttons.ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One click that may be asked for: for whom, for which page, and from which site. Its id makes a repeat no click.

    `to` is the creator's slug, `url` the page in its one spelling, and `origin` scheme and host of the page
    that shows the frame, or empty where the browser told none.
    """

    to: str
    url: str
    origin: str
    click_id: uuid.UUID


class BadTicket(ValueError):
    """It was not made here."""


class StaleTicket(BadTicket):
    """It was made here, too long ago."""


def mint(ticket: Ticket) -> str:
    """Return the ticket as text that goes into an address, with the moment of its making."""
    return signing.dumps([ticket.to, ticket.url, ticket.origin, ticket.click_id.hex], salt=_SALT)


def read(text: str) -> Ticket:
    """Return the ticket that a text is.

    :raises StaleTicket: if it is older than a quarter of an hour.
    :raises BadTicket: if it was not made here.
    """
    try:
        to, url, origin, click_id = signing.loads(text, salt=_SALT, max_age=LASTS)
    except signing.SignatureExpired as error:
        msg = "ticket: it is too old"
        raise StaleTicket(msg) from error
    except (signing.BadSignature, ValueError) as error:
        msg = "ticket: it was not made here"
        raise BadTicket(msg) from error
    return Ticket(to=to, url=url, origin=origin, click_id=uuid.UUID(click_id))
