"""Pages of strangers by HTTPS: only a little of each, and no further than to the same host."""

import http.client
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import SplitResult

from flattr.outside.connections import BYTES_MAX, SECONDS_MAX, Connection, target_of
from flattr.outside.decoding import decoded
from flattr.outside.network import Deadline, Network, OutsideError, Trouble

REDIRECTS_MAX: Final = 3

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


def fetch(
    url: str, *, network: Network, bytes_max: int = BYTES_MAX, may_ask: Callable[[str], bool] | None = None
) -> Page:
    """Return the page at an https address, or its first `bytes_max` bytes.

    It may lead on up to three times, to the same host with or without `www.` before it. Where `may_ask` is given, it
    decides instead for each host, the first one included, whether it may be asked.

    :raises OutsideError: with what went wrong.
    """
    deadline = Deadline(SECONDS_MAX)
    target = first = lasting = target_of(url)
    is_lasting = True
    for _ in range(REDIRECTS_MAX + 1):
        if not (may_ask(target.netloc) if may_ask else _without_www(target) == _without_www(first)):
            break
        found = _ask(target, network=network, deadline=deadline, bytes_max=bytes_max)
        if isinstance(found, Page):
            return replace(found, lasting_url=lasting.geturl())
        target = target_of(found.place, base=target.geturl())
        is_lasting = is_lasting and found.is_for_good
        lasting = target if is_lasting else lasting
    raise OutsideError(Trouble.LEADS_AWAY)


def spelling(url: str) -> str:
    """Return an https address as it is asked for: what of it isn't plain is percent-encoded.

    :raises OutsideError: `LEADS_AWAY` if it isn't one that `fetch` asks for.
    """
    return target_of(url).geturl()


def _ask(target: SplitResult, *, network: Network, deadline: Deadline, bytes_max: int) -> Page | _Redirect:
    """Return the page, or where the server leads to instead."""
    connection = Connection(target.netloc, network=network, deadline=deadline)
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


def _without_www(target: SplitResult) -> str:
    return target.netloc.removeprefix("www.")
