"""`make run`'s supervisor: what it started ends with it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flattr.development import supervisor
from flattr.development.services import CHECKOUT

pytestmark = pytest.mark.processes

SUPERVISE = """
import os, sys
from pathlib import Path
from flattr.development import supervisor
with supervisor.Supervisor(os.environ) as running:
    running.start(supervisor.read_procfile(Path(sys.argv[1]), os.environ))
    running.watch(until=lambda: True)
    print("ready", flush=True)
    running.watch(until=lambda: False)
"""
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"


def supervise(tmp_path: Path, *, last: str = SLEEPER) -> "subprocess.Popen[str]":
    """Start a supervisor of two programs."""
    for name, program in (("one", SLEEPER), ("two", last)):
        (tmp_path / f"{name}.py").write_text(program)
    procfile = tmp_path / "Procfile"
    procfile.write_text("".join(f"{name}: {sys.executable} {tmp_path}/{name}.py\n" for name in ("one", "two")))
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(procfile)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )


def wait_for(process: "subprocess.Popen[str]", word: str) -> None:
    """Read the supervisor's output until both programs are up and the word came."""
    assert process.stdout is not None
    seen = ""
    while not (word in seen and seen.count("up") == 2):
        line = process.stdout.readline()
        assert line, seen
        seen += line


def left_of(tmp_path: Path, *, seconds: float = 15) -> list[str]:
    """Return the programs that still run after some seconds at most."""
    deadline = time.monotonic() + seconds
    while True:
        left = [
            " ".join(process.info["cmdline"])
            for process in psutil.process_iter(["cmdline", "status"])
            if any(str(tmp_path) in word and word.endswith(".py") for word in process.info["cmdline"] or [])
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


@pytest.mark.parametrize("end_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(tmp_path: Path, end_signal: signal.Signals) -> None:
    """Ctrl-C, an orderly kill and `kill -9` of the supervisor all end what it started."""
    process = supervise(tmp_path)
    wait_for(process, "ready")
    process.send_signal(end_signal)
    process.communicate(timeout=30)

    assert left_of(tmp_path) == []
    assert process.returncode == (-signal.SIGKILL if end_signal is signal.SIGKILL else 0)


def test_a_parent_that_ended_before_it_could_be_watched_still_ends_its_child() -> None:
    """`make` may be killed while Python itself is starting."""
    program = "import os, signal; from flattr.development.processes import end_with_parent as end; "
    program += "end(signal.SIGTERM, parent=os.getpid()); print('still here')"

    ended = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, check=False, capture_output=True, text=True)

    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "")


def test_one_that_ends_by_itself_ends_everything(tmp_path: Path) -> None:
    """A crashed process is told by name, and the exit code is not 0."""
    process = supervise(tmp_path, last="print('up', flush=True)")
    output, _ = process.communicate(timeout=30)

    assert "two ended by itself" in output
    assert process.returncode == 1
    assert left_of(tmp_path) == []


def test_lines_that_come_in_pieces_are_shown_whole(tmp_path: Path) -> None:
    """A line that is written in two goes, or is longer than a pipe holds, stays one line with its name in front."""
    talker = (
        "import sys, time; print('up', flush=True); sys.stdout.write('half'); sys.stdout.flush(); time.sleep(1);"
        "print(' and half'); print('x' * 200_000); sys.stdout.write('no end')"
    )
    shown, _ = supervise(tmp_path, last=talker).communicate(timeout=60)

    lines = [line for line in shown.splitlines() if line.startswith("two ")]
    assert lines == [f"two     {text}" for text in ("up", "half and half", "x" * 200_000, "no end")]


def test_a_procfile_fills_in_variables_as_a_shell_would(tmp_path: Path) -> None:
    """Defaults stand where the environment says nothing."""
    procfile = tmp_path / "Procfile"
    procfile.write_text("# comment\nweb: serve --port ${PORT:-8000} --host ${HOST:-localhost}\n")

    assert supervisor.read_procfile(procfile, {"PORT": "9000"}) == {
        "web": ["serve", "--port", "9000", "--host", "localhost"]
    }
