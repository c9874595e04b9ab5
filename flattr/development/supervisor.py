"""Runs programs together, such as those of the Procfile: one output, one end."""

import os
import re
import selectors
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Final, Self

from flattr.development import processes

_END_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOP_SECONDS: Final = 15.0
_COLOURS: Final = ("\033[36m", "\033[33m", "\033[35m", "\033[32m")
_RESET: Final = "\033[0m"
_VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


def fill_in(text: str, environment: Mapping[str, str]) -> str:
    """Return the text with `${NAME:-default}` filled in as a shell would."""
    return _VARIABLE.sub(lambda match: environment.get(match["name"]) or match["default"] or "", text)


def read_procfile(path: Path, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Return each process's command by name, with variables filled in."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    pairs = [line.split(":", maxsplit=1) for line in lines]
    return {name: [fill_in(word, environment) for word in command.split()] for name, command in pairs}


class Supervisor:
    """Starts commands, shows their output, and ends all of them with the block: when one ends or a signal comes."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "PYTHONUNBUFFERED": "1"}
        self._children: dict[str, processes.Child] = {}
        self._output = selectors.DefaultSelector()
        self._unended: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        """Let signals end the block."""
        for each in _END_SIGNALS:
            signal.signal(each, _end)
        return self

    def __exit__(self, *_error: object) -> None:
        """End what runs."""
        self._stop()

    def start(self, commands: Mapping[str, list[str]]) -> None:
        """Start commands by name, which stands in front of each line that they write."""
        for name, command in commands.items():
            child = processes.start(
                command,
                end_signal=signal.SIGTERM,
                stdin=processes.NOTHING,
                stdout=processes.PIPE,
                stderr=processes.STDOUT,
                env=self._environment,
            )
            colour = _COLOURS[len(self._children) % len(_COLOURS)] if sys.stdout.isatty() else ""
            self._children[name] = child
            if child.stdout is not None:
                os.set_blocking(child.stdout.fileno(), False)
                prefix = f"{colour}{name:<7}{_RESET if colour else ''} "
                self._output.register(child.stdout, selectors.EVENT_READ, prefix)

    def watch(self, *, until: Callable[[], bool]) -> None:
        """Show what is written until something holds.

        :raises SystemExit: with 1 once one ends by itself, with 0 when a signal comes.
        """
        while not until():
            self._show_output(timeout=0.2)
            ended = [name for name, child in self._children.items() if child.poll() is not None]
            if ended:
                self._show_output(timeout=0)
                sys.stderr.write(f"· {', '.join(ended)} ended by itself, so everything ends\n")
                sys.exit(1)

    def _show_output(self, *, timeout: float) -> None:
        """Print what the children wrote, each line with its name in front."""
        for key, _ in self._output.select(timeout):
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]  # Only pipes are registered.
            chunk = stream.read()
            # A line may come in several pieces; the last one without an end waits for the rest of it.
            *lines, unended = (self._unended.pop(key.data, b"") + (chunk or b"")).split(b"\n")
            if not chunk:
                self._output.unregister(stream)
                lines += [unended] if unended else []
            elif unended:
                self._unended[key.data] = unended
            for line in lines:
                sys.stdout.write(f"{key.data}{line.decode(errors='replace')}\n")
            sys.stdout.flush()

    def _stop(self) -> None:
        """Ask all children to end at once, and kill those that take too long."""
        _ignore_further_ends()
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and any(child.poll() is None for child in self._children.values()):
            self._show_output(timeout=0.1)
        for child in self._children.values():
            processes.kill_group(child)
        self._output.close()


def _end(_number: int, _frame: FrameType | None) -> None:
    # Ctrl-C often comes twice, from the terminal and from make, and the second must not cut the ending short.
    _ignore_further_ends()
    sys.stderr.write("\n· Stopping\n")
    sys.exit(0)


def _ignore_further_ends() -> None:
    for each in _END_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
