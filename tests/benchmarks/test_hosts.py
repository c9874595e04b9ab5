"""Flattr on several hosts at once, which have nothing in common but a network; one of them is cut off."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from benchmarks.hosts import network
from flattr.development import servers
from flattr.development.services import CHECKOUT

pytestmark = [pytest.mark.processes, pytest.mark.namespaces]


@pytest.fixture(autouse=True)
def _namespaces() -> None:
    """Skip where there can be no hosts, and say why."""
    try:
        network.require_namespaces()
    except network.NoNamespaces as error:
        pytest.skip(str(error))


def command(folder: Path) -> list[str]:
    """Return the command of the run in a folder."""
    return [sys.executable, "-m", "benchmarks.hosts", "--folder", str(folder)]


def left_behind(folder: Path) -> list[str]:
    """Return the command lines of processes that have to do with the folder or its sockets."""
    names = (str(folder), str(servers.Places(folder).sockets))
    found: list[str] = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != psutil.Process().pid and any(name in word for name in names for word in words):
            found.append(" ".join(process.cmdline()))
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait some seconds for something."""
    deadline = time.monotonic() + 15
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)


def test_the_month_ends_right_while_a_worker_host_is_cut_off_and_beat_runs_twice(tmp_path: Path) -> None:
    """Two web hosts count the same clicks, and the digest is that of one process which nobody disturbed."""
    ended = subprocess.run(command(tmp_path), cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    assert "worker1 is cut off while it holds a range" in ended.stderr
    assert "all of it holds" in ended.stderr
    assert left_behind(tmp_path) == []
    assert not servers.Places(tmp_path).sockets.exists()
    assert not servers.Places(tmp_path).cluster.exists()


def test_an_interrupted_run_leaves_no_process(tmp_path: Path) -> None:
    """Ctrl-C while hosts are set up ends everything on all of them; the namespaces end with the last process in them.

    What runs on web and worker hosts later is ended in the same way, by the end of each run.
    """
    running = subprocess.Popen(command(tmp_path), cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    for line in running.stderr:
        if "hosts in a network of their own" in line:
            break
    # The run itself, PostgreSQL, Valkey, and what makes the tables.
    wait_until(lambda: len(left_behind(tmp_path)) == 4)
    assert len(left_behind(tmp_path)) == 4
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=180)

    assert running.returncode == 130
    wait_until(lambda: left_behind(tmp_path) == [])
    assert left_behind(tmp_path) == []
    assert not servers.Places(tmp_path).cluster.exists()


def test_who_may_not_make_namespaces_is_told_why(tmp_path: Path) -> None:
    """Without root the run says so and tries nothing."""
    ended = subprocess.run(
        ["/usr/bin/setpriv", "--bounding-set=-sys_admin", "--", *command(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 3
    assert "Nothing was tried: a network namespace can't be made here: Operation not permitted" in ended.stderr
