"""Which port the development web server takes."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flattr.development.services import CHECKOUT

FIRST_PORT: Final = 8000
_LAST_PORT: Final = 8999


def choose(*, memory: Path = CHECKOUT / "var" / "port") -> int:
    """Return a free port: the one that is asked for, that was used last, or the first free one from 8000 on.

    :raises RuntimeError: if the port that `PORT` asks for, or every one, is taken.
    """
    wanted = os.environ.get("PORT")
    for port in [int(wanted)] if wanted else _candidates(memory):
        if _is_free(port):
            memory.parent.mkdir(parents=True, exist_ok=True)
            memory.write_text(str(port))
            return port
    msg = f"PORT: {wanted or f'every port from {FIRST_PORT} to {_LAST_PORT}'} is taken"
    raise RuntimeError(msg)


def _candidates(memory: Path) -> Iterator[int]:
    if memory.exists():
        yield int(memory.read_text())
    yield from range(FIRST_PORT, _LAST_PORT + 1)


def _is_free(port: int) -> bool:
    """Tell whether a server could listen there; a connection just closed doesn't count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104  The web server binds the same.
        except OSError:
            return False
    return True
