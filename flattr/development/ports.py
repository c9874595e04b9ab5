"""Which port the development web server takes."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flattr.development.services import CHECKOUT

FIRST_PORT: Final = 8000
_LAST_PORT: Final = 8999
_HIGHEST_PORT: Final = 65535


class NoPort(RuntimeError):
    """No port can be taken."""


def choose(*, memory: Path = CHECKOUT / "var" / "port") -> int:
    """Return a free port: the one that is asked for, that was used last, or the first free one from 8000 on.

    :raises NoPort: if the port that `PORT` asks for, or every one, is taken; or if it isn't a port.
    """
    wanted = os.environ.get("PORT")
    if wanted and not (wanted.isdecimal() and 0 < int(wanted) <= _HIGHEST_PORT):
        msg = f"PORT: {wanted!r} is not a port from 1 to {_HIGHEST_PORT}"
        raise NoPort(msg)
    for port in [int(wanted)] if wanted else _candidates(memory):
        if _is_free(port):
            memory.parent.mkdir(parents=True, exist_ok=True)
            memory.write_text(str(port))
            return port
    msg = f"PORT: {wanted or f'every port from {FIRST_PORT} to {_LAST_PORT}'} is taken"
    raise NoPort(msg)


def _candidates(memory: Path) -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError):
        yield int(memory.read_text())
    yield from range(FIRST_PORT, _LAST_PORT + 1)


def _is_free(port: int) -> bool:
    """Tell whether a server could listen there; a connection just closed doesn't count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104  Free for every address that the web server may be told.
        except OSError:
            return False
    return True
