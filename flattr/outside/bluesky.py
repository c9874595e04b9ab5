"""Posting on Bluesky, or on any other server of the AT Protocol, for somebody who gave us an app password.

What is asked is in https://docs.bsky.app/docs/api/ under `com.atproto.server` and `com.atproto.repo`. The server is
one that the person may name, so it is asked as any stranger's is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flattr.outside.network import Network
from flattr.outside.social import AccessEnded, Refused, asked, text_in, token_in

USUAL_SERVER: Final = "bsky.social"

_POSTS: Final = "app.bsky.feed.post"
_ALPHABET: Final = "234567abcdefghijklmnopqrstuvwxyz"
_ENDED: Final = ("ExpiredToken", "InvalidToken", "AccountTakedown", "AccountDeactivated")
"""By what the server's 400 says that the session is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Access for some minutes, and the token that gives the next one for some weeks."""

    did: str
    handle: str
    access: str
    refresh: str


def log_in(*, server: str, identifier: str, password: str, network: Network) -> Session:
    """Begin a session by an app password, which is worth nothing to us afterwards and isn't kept.

    :raises NotDone: if the server doesn't let us in.
    """
    content = {"identifier": identifier, "password": password}
    return _session(_call(server, "com.atproto.server.createSession", content=content, network=network))


def refresh(*, server: str, token: str, network: Network) -> Session:
    """Go on with a session. What it returns has a new token; the one before stays good for a short while.

    :raises NotDone: if the server doesn't let us in any more.
    """
    return _session(_call(server, "com.atproto.server.refreshSession", token=token, network=network))


def log_out(*, server: str, token: str, network: Network) -> None:
    """End the session that a refresh token goes on with.

    :raises NotDone: if the server doesn't take note.
    """
    _call(server, "com.atproto.server.deleteSession", token=token, network=network)


def post(
    *,
    server: str,
    session: Session,
    text: str,
    links: Sequence[tuple[int, int, str]],
    language: str,
    key: str,
    moment: datetime,
    network: Network,
) -> str:
    """Post a text and return its address; the same with the same key and moment again changes nothing.

    `links` are places in the text, from and to, with their addresses. The record is put at its key instead of
    created, as that may be done twice: what is there already is the same.

    :raises NotDone: if the server doesn't, or doesn't say that it did.
    """
    record = {
        "$type": _POSTS,
        "text": text,
        "createdAt": moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "langs": [language],
        "facets": [_facet(text, start, end, url) for start, end, url in links],
    }
    content = {"repo": session.did, "collection": _POSTS, "rkey": key, "record": record}
    _call(server, "com.atproto.repo.putRecord", content=content, token=session.access, network=network)
    return f"https://bsky.app/profile/{session.did}/post/{key}"


def record_key(*, moment: datetime, number: int) -> str:
    """Return the key of a post: a moment in microseconds and ten bits of a number (https://atproto.com/specs/tid)."""
    value = int(moment.timestamp() * 1_000_000) << 10 | number % 1024
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(13)))


def _facet(text: str, start: int, end: int, url: str) -> dict[str, Any]:
    """Return what makes a link of a part of a text, whose places are counted in bytes of UTF-8."""
    return {
        "index": {"byteStart": len(text[:start].encode()), "byteEnd": len(text[:end].encode())},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": url}],
    }


def _call(server: str, method: str, *, network: Network, token: str = "", **sent: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        return asked(f"https://{server}/xrpc/{method}", headers=headers, network=network, **sent)
    except Refused as error:
        if any(code in str(error) for code in _ENDED):
            raise AccessEnded(str(error)) from error
        raise


def _session(content: dict[str, Any]) -> Session:
    return Session(
        did=text_in(content, "did")[:300],
        handle=text_in(content, "handle")[:300],
        access=token_in(content, "accessJwt"),
        refresh=token_in(content, "refreshJwt"),
    )
