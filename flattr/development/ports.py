"""Which ports the servers of `make run` take."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FIRST_PORT: Final = 8000
_AT_MOST: Final = 1000
_HIGHEST_PORT: Final = 65535


class NoPort(RuntimeError):
    """No port can be taken."""


def choose(*, memory: Path, wanted: str = "", first: int = FIRST_PORT) -> int:
    """Return a free port: the one that is wanted, that was used last, or the next free one from the first on.

    :raises NoPort: if the one that is wanted, by `PORT`, or every one, is taken; or if it isn't a port.
    """
    if wanted and not (wanted.isdecimal() and 0 < int(wanted) <= _HIGHEST_PORT):
        msg = f"PORT: {wanted!r} is not a port from 1 to {_HIGHEST_PORT}"
        raise NoPort(msg)
    for port in [int(wanted)] if wanted else _candidates(memory, first):
        if _is_free(port):
            memory.parent.mkdir(parents=True, exist_ok=True)
            memory.write_text(str(port))
            return port
    msg = f"PORT: {wanted} is taken" if wanted else f"every port from {first} to {first + _AT_MOST - 1} is taken"
    raise NoPort(msg)


def latest(*, memory: Path, first: int) -> int:
    """Return the port that was used last, or the first."""
    return next(_candidates(memory, first))


def _candidates(memory: Path, first: int) -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError):
        yield int(memory.read_text())
    yield from range(first, first + _AT_MOST)


def _is_free(port: int) -> bool:
    """Tell whether a server could listen there; a connection just closed doesn't count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104  Free for every address that the web server may be told.
        except OSError:
            return False
    return True
