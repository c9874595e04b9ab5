"""Calls of the APIs of strangers' servers by HTTPS: asked once, answered in JSON, and followed nowhere."""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

from flattr.outside.connections import BYTES_MAX, SECONDS_MAX, Connection, target_of
from flattr.outside.network import Deadline, Network, OutsideError, Trouble

_HEADERS: Final = {
    "User-Agent": "Flattr",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered: its status, and the object in its body, empty where there is none."""

    status: int
    content: dict[str, Any]
    retry_after: str = ""
    """The header of that name, by which a server says when it wants to be asked again."""

    def seconds_to_wait(self, *, now: datetime) -> int | None:
        """Return how long the server wants to be left alone, or None where it doesn't say (RFC 9110, 10.2.3)."""
        if self.retry_after.isascii() and self.retry_after.isdigit():
            return int(self.retry_after[:9])
        try:
            moment = parsedate_to_datetime(self.retry_after)
        except (ValueError, OverflowError):
            # A zone may be farther away than any number of the machine's.
            return None
        return max(0, int((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()))


def call(
    url: str,
    *,
    network: Network,
    method: str = "POST",
    form: Mapping[str, str] | None = None,
    content: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Send a form, or an object as JSON, or nothing to an https address; return the answer, whatever its status.

    :raises OutsideError: if there is none. `NO_ANSWER` leaves open whether the server has done what it was asked.
    """
    target = target_of(url)
    sent = {**_HEADERS, **(headers or {})}
    body = b""
    if form is not None:
        body, sent["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
    elif content is not None:
        body, sent["Content-Type"] = json.dumps(content).encode(), "application/json"
    connection = Connection(target.netloc, network=network, deadline=Deadline(SECONDS_MAX))
    try:
        path = f"{target.path}?{target.query}" if target.query else target.path
        connection.request(method, path, body=body if method == "POST" else None, headers=sent)
        with connection.getresponse() as response:
            known = response.headers.get("Retry-After", "").strip()
            return Reply(status=response.status, content=_content(response.read(BYTES_MAX)), retry_after=known)
    except ssl.SSLCertVerificationError as error:
        raise OutsideError(Trouble.BAD_CERTIFICATE) from error
    except (OSError, http.client.HTTPException) as error:
        raise OutsideError(Trouble.NO_ANSWER) from error
    finally:
        connection.close()


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
