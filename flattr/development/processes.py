"""Child processes that never outlive their parent."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(end_signal: signal.Signals, *, parent: int) -> None:
    """Ask the kernel to send this process a signal when its parent ends, even by `kill -9`.

    Only Linux offers this. Elsewhere an orderly stop still ends all children; a `kill -9` doesn't.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(end_signal))
    if os.getppid() != parent:
        # It ended before it could be asked for.
        os.kill(os.getpid(), end_signal)


def start(
    command: Sequence[str],
    *,
    end_signal: signal.Signals,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own that gets `end_signal` when this process ends."""
    parent = os.getpid()

    def prepare() -> None:
        end_with_parent(end_signal, parent=parent)

    # The kernel forgets the request when a process changes its user, and Python runs `preexec_fn`
    # after that change. Threads would make it unsafe; the callers have none.
    return subprocess.Popen(command, preexec_fn=prepare, process_group=0, **options)  # noqa: PLW1509, S603


def stop(process: "subprocess.Popen[bytes]", *, stop_signal: signal.Signals, timeout: float) -> None:
    """Ask a child to end, and kill it when it takes longer than `timeout` seconds."""
    if process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


Child = subprocess.Popen[bytes]
"""A started child."""

Report = Callable[[str], None]
"""Takes one line about what is being done."""

NOTHING: Final = subprocess.DEVNULL
PIPE: Final = subprocess.PIPE
STDOUT: Final = subprocess.STDOUT


def kill_group(child: Child) -> None:
    """Kill what is left of a child and of the processes that it started, and forget it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()
