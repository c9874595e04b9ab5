"""Every benchmark runs, at its smallest size; the figures of such a run say nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flattr.development import servers
from flattr.development.services import CHECKOUT

pytestmark = pytest.mark.processes

WITHOUT_WRK = ["settle", "pages"]
WITH_WRK = ["click", "badge", "frame"]


def command(folder: Path, *names: str) -> list[str]:
    """Return the command that runs benchmarks at their smallest size in a folder."""
    return [sys.executable, "-m", "benchmarks", "--scale", "smoke", "--folder", str(folder), *names]


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of running processes that name the folder or its sockets."""
    names = (str(folder), str(servers.Places(folder).sockets))
    lines = [
        " ".join(process.info["cmdline"] or [])
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return [line for line in lines if any(name in line for name in names)]


@pytest.mark.parametrize("names", [WITHOUT_WRK, WITH_WRK], ids=", ".join)
def test_every_benchmark_runs(names: list[str], tmp_path: Path) -> None:
    """Each measures, judges, and leaves nothing behind but its results; those of HTTP need wrk, which CI has."""
    if names == WITH_WRK and not shutil.which("wrk") and "CI" not in os.environ:
        pytest.skip("no wrk here; `apt-get install wrk` brings it")
    ended = subprocess.run(command(tmp_path, *names), cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert ended.returncode in {0, 1}, ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    written = json.loads((tmp_path / "latest.json").read_text())
    measured = [result["benchmark"] for result in written["results"]]
    assert written["machine"]["postgresql"]
    assert {name.split()[0] for name in measured} >= {{"pages": "page"}.get(name, name) for name in names}
    assert all(name.split(",")[0] in ended.stdout for name in measured)
    assert processes_of(tmp_path) == []
    assert not servers.Places(tmp_path).sockets.exists()
    assert not servers.Places(tmp_path).cluster.exists()


def test_an_interrupted_run_leaves_no_server(tmp_path: Path) -> None:
    """Ctrl-C in the middle ends everything that was started."""
    running = subprocess.Popen(command(tmp_path, "settle"), cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    for line in running.stderr:
        if "making the tables" in line:
            break
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=180)

    assert running.returncode == 130, told
    deadline = time.monotonic() + 10
    while processes_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(tmp_path) == []
    assert not servers.Places(tmp_path).cluster.exists()
