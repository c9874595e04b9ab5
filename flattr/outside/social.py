"""What networks of people have in common when we post for somebody: how they say no."""

from http import HTTPStatus
from typing import Any, Final

from flattr.outside.calls import Reply, call
from flattr.outside.network import Network, OutsideError, Trouble

_WORDS_MAX: Final = 200
_PASSING: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class NotDone(Exception):
    """A network didn't do what it was asked."""


class AccessEnded(NotDone):
    """It doesn't know us as somebody who may act for the person, or not any more."""


class Refused(NotDone):
    """It won't do it, however often it is asked."""


class NotNow(NotDone):
    """It may do it later. `is_uncertain` if it may have done it already; `reply` is what it said, if anything."""

    def __init__(self, words: str, *, is_uncertain: bool, reply: Reply | None = None) -> None:
        super().__init__(words)
        self.is_uncertain = is_uncertain
        self.reply = reply


def asked(url: str, *, network: Network, **sent: Any) -> dict[str, Any]:
    """Call a network's API as `calls.call` does, and return the object that it answers with.

    :raises AccessEnded: for 401 and 403.
    :raises NotNow: if it doesn't answer, is broken (5xx) or has too much to do (429).
    :raises Refused: for all other errors, and for an answer that leads elsewhere.
    """
    try:
        reply = call(url, network=network, **sent)
    except OutsideError as error:
        raise NotNow(error.trouble, is_uncertain=error.trouble is Trouble.NO_ANSWER) from error
    words = words_of(reply)
    if HTTPStatus(HTTPStatus.OK) <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return reply.content
    if reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise AccessEnded(words)
    if reply.status in _PASSING or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        is_uncertain = reply.status not in _PASSING
        raise NotNow(words, is_uncertain=is_uncertain, reply=reply)
    raise Refused(words)


def words_of(reply: Reply) -> str:
    """Return what a network says went wrong, in its own words, with the status."""
    said = [reply.content.get(name) for name in ("error", "error_description", "message")]
    words = " ".join([str(reply.status), *(each for each in said if isinstance(each, str))])
    return "".join(each for each in words if each.isprintable())[:_WORDS_MAX]


def text_in(content: dict[str, Any], name: str) -> str:
    """Return a text that an answer must have.

    :raises Refused: if it isn't there: whoever answers like that isn't the network that we took it for.
    """
    value = content.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        msg = f"the answer has no {name}"
        raise Refused(msg)
    return value


def token_in(content: dict[str, Any], name: str) -> str:
    """Return a token that an answer must have, which can be sent in a header.

    :raises Refused: as `text_in`.
    """
    value = text_in(content, name)
    if not value.isascii():
        msg = f"the answer has no {name} that could be sent"
        raise Refused(msg)
    return value
