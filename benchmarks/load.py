"""The load generators: wrk for HTTP, pgbench for PostgreSQL alone."""

import json
import math
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.cluster import HOST, Cluster
from benchmarks.failures import UnableToMeasure

CONNECTIONS: Final = 16
_GRACE_SECONDS: Final = 1.5
"""How long wrk waits for the last answers."""

_SCRIPT: Final = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of one measurement over HTTP. Latencies are in milliseconds, corrected by wrk for stalls."""

    good: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Return the good answers a second."""
        return self.good / self.seconds


def http_request(method: str, path: str, *, headers: dict[str, str] | None = None, body: str = "") -> str:
    """Return a request as it goes over the wire behind a proxy that speaks HTTPS to the world."""
    lines = {"Host": HOST, "X-Forwarded-Proto": "https", "User-Agent": "Mozilla/5.0", **(headers or {})}
    if body:
        lines |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n{body}"


def wrk_path() -> str:
    """Return where wrk is.

    :raises UnableToMeasure: if it isn't installed.
    """
    found = shutil.which("wrk")
    if found is None:
        msg = "wrk is not installed; Debian has it: apt-get install wrk"
        raise UnableToMeasure(msg)
    return found


def drive(cluster: Cluster, address: str, requests: Iterable[str], *, seconds: float, status: int) -> Load:
    """Send the requests over 16 connections for some seconds, each once; wait for all answers.

    :raises UnableToMeasure: if an answer is missing, has another status, or they ran out before the time.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".requests") as file:
        file.writelines(f"{request}\0" for request in requests)
        file.flush()
        lasts = math.ceil(seconds + _GRACE_SECONDS)
        options = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{lasts}s", "--timeout", "10s"]
        arguments = [file.name, str(seconds), str(status), str(CONNECTIONS)]
        printed = cluster.run([wrk_path(), *options, "--script", str(_SCRIPT), address, "--", *arguments])
    told = json.loads(printed.splitlines()[-1])
    if told["bad"] or any(told["socket_errors"]) or told["sent"] != told["good"]:
        msg = f"not every request was answered by {status}: {told}\n{cluster.log_of('web')}"
        raise UnableToMeasure(msg)
    if told["seconds"] < seconds / 2:
        msg = f"there were too few requests for {seconds} seconds: {told}"
        raise UnableToMeasure(msg)
    return Load(good=told["good"], seconds=told["seconds"], p50_ms=told["p50_ms"], p99_ms=told["p99_ms"])


def pgbench(cluster: Cluster, database: str, script: str, *, numbers: dict[str, int], seconds: float) -> float:
    """Run pgbench with 16 clients on a script that knows some numbers; return the transactions a second.

    :raises UnableToMeasure: if a transaction fails.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        options = ["--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}", "--jobs=2"]
        options += [f"--time={math.ceil(seconds)}", f"--file={file.name}"]
        options += [f"--define={name}={number}" for name, number in numbers.items()]
        printed = cluster.run([cluster.program("pgbench"), *options, cluster.database_url(database)])
    rate = re.search(r"^tps = ([0-9.]+)", printed, re.MULTILINE)
    if rate is None or not re.search(r"failed transactions: 0 ", printed):
        msg = f"pgbench failed:\n{printed}"
        raise UnableToMeasure(msg)
    return float(rate[1])
