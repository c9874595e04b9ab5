"""Leases on the checkout's embedded PostgreSQL and Redis-protocol servers."""

import atexit
import fcntl
import json
import os
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flattr.development import processes
from flattr.development.servers import Places, UnableToStart

CHECKOUT: Final = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to use the servers, for as long as it is neither closed nor its process ended."""

    database_url: str
    redis_url: str
    connection: socket.socket

    def close(self) -> None:
        """Give the lease back."""
        self.connection.close()


def lease(*, report: processes.Report, checkout: Path = CHECKOUT) -> Lease:
    """Return a lease on the checkout's servers, which are started if nobody runs them.

    :raises UnableToStart: if a server doesn't come up.
    """
    places = Places(checkout)
    places.prepare()
    with (places.var / "lock").open("w") as lock:
        # One at a time looks for a keeper and starts it; the rest then find it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection = _connect(places)
        if connection is None:
            report("Starting PostgreSQL and Redis")
            connection = _start_keeper(places)
        return _await_addresses(connection, report)


def provide_environment(*, report: processes.Report, checkout: Path = CHECKOUT) -> None:
    """Set `DATABASE_URL` and `REDIS_URL` to the embedded servers where they aren't given.

    The lease is held until this process ends.
    """
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return
    held = lease(report=report, checkout=checkout)
    atexit.register(held.close)
    os.environ.setdefault("DATABASE_URL", held.database_url)
    os.environ.setdefault("REDIS_URL", held.redis_url)


def _connect(places: Places) -> socket.socket | None:
    """Return a connection to the checkout's keeper, or None where none listens."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(places.keeper_socket))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    return connection


def _start_keeper(places: Places) -> socket.socket:
    """Start a keeper in a session of its own and return the first connection to it.

    A keeper that is just about to end still holds its servers; it is waited for.
    """
    command = [sys.executable, "-m", "flattr.development.keeper", str(places.checkout)]
    path = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with (places.var / "keeper.log").open("ab") as log, Path(os.devnull).open() as nothing:
        os.posix_spawn(
            sys.executable,
            command,
            {**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
            ],
            setsid=True,
        )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection = _connect(places)
        if connection is not None:
            return connection
        time.sleep(0.02)
    msg = f"the keeper didn't start; see {places.var / 'keeper.log'}"
    raise UnableToStart(msg)


def _await_addresses(connection: socket.socket, report: processes.Report) -> Lease:
    """Read the keeper's lines until it tells the addresses.

    :raises UnableToStart: if it tells an error, or ends.
    """
    buffer = b""
    while chunk := connection.recv(4096):
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "step" in message:
                report(message["step"])
            elif "error" in message:
                raise UnableToStart(message["error"])
            else:
                return Lease(message["database_url"], message["redis_url"], connection)
    msg = "the keeper ended before the servers were up"
    raise UnableToStart(msg)
