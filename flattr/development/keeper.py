"""The keeper: owns a checkout's embedded servers for as long as somebody holds a lease on them.

A lease is an open connection to the keeper's socket. The kernel closes it when its holder ends, by
whatever means, so nothing has to be tidied up. When the last one is closed the keeper waits for a
moment, stops both servers and ends.
"""

import fcntl
import json
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from flattr.development import processes, servers

_GRACE_SECONDS: Final = 2.0


class Keeper:
    """Answers leases and keeps the servers."""

    def __init__(self, places: servers.Places) -> None:
        self._places = places
        self._listener = socket.socket(socket.AF_UNIX)
        self._leases: list[socket.socket] = []

    def run(self) -> None:
        """Serve until the last lease is closed."""
        lock = (self._places.var / "keeper.lock").open("w")
        # A keeper that is stopping its servers holds this until they and their sockets are gone.
        fcntl.flock(lock, fcntl.LOCK_EX)
        self._places.prepare()
        self._places.keeper_socket.unlink(missing_ok=True)
        self._listener.bind(str(self._places.keeper_socket))
        self._listener.listen(64)
        redis = postgres = None
        try:
            self._accept(timeout=_GRACE_SECONDS)
            redis = servers.start_redis(self._places)
            postgres = servers.start_postgres(self._places, self._report)
            self._keep([redis, postgres])
        except servers.UnableToStart as error:
            self._tell({"error": str(error)})
        finally:
            self._places.keeper_socket.unlink(missing_ok=True)
            if postgres is not None:
                # A fast shutdown: it doesn't wait for sessions.
                processes.stop(postgres, stop_signal=signal.SIGINT, timeout=20)
            if redis is not None:
                processes.stop(redis, stop_signal=signal.SIGTERM, timeout=5)
            self._places.clear()

    def _keep(self, children: list[processes.Child]) -> None:
        """Hand out leases while there are any and both servers live."""
        self._tell(self._addresses())
        while all(child.poll() is None for child in children):
            readable, _, _ = select.select([self._listener, *self._leases], [], [], _GRACE_SECONDS)
            for lease in [each for each in self._leases if each in readable]:
                # Holders never write, so a readable lease is a closed one.
                self._leases.remove(lease)
                lease.close()
            if self._listener in readable:
                self._accept(timeout=0)
                self._tell(self._addresses(), self._leases[-1:])
            elif not self._leases and not readable:
                return

    def _accept(self, *, timeout: float) -> None:
        """Take one new lease, waiting for it if need be."""
        if select.select([self._listener], [], [], timeout)[0]:
            self._leases.append(self._listener.accept()[0])

    def _addresses(self) -> dict[str, str]:
        return {"database_url": self._places.database_url, "redis_url": self._places.redis_url}

    def _report(self, step: str) -> None:
        self._tell({"step": step})

    def _tell(self, message: dict[str, str], leases: list[socket.socket] | None = None) -> None:
        """Write one line of JSON to these leases, or to all."""
        line = json.dumps(message).encode() + b"\n"
        for lease in self._leases if leases is None else leases:
            try:
                lease.sendall(line)
            except OSError:
                continue  # Its holder has ended; `_keep` will notice.


if __name__ == "__main__":
    # Ctrl-C in the terminal is for the holders of leases, not for the keeper.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Keeper(servers.Places(Path(sys.argv[1]))).run()
