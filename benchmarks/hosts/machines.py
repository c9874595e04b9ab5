"""Machines in a network: each has an address, a host name and one folder of its own, and can write nowhere else."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.failures import UnableToMeasure
from benchmarks.hosts.network import Namespace
from flattr.development import processes
from flattr.development.services import CHECKOUT
from flattr.development.supervisor import read_procfile

# Everything but the machine's own folder can only be read, and shared memory is another one on each. The order
# counts: the folder may lie below the checkout or below /tmp.
_OWN_FILES: Final = """
set -e
hostname "$1"; own=$2; checkout=$3; temporary=$4
shift 4
for folder in "$checkout" "$temporary"; do
    mount --bind "$folder" "$folder"
    mount -o remount,bind,ro "$folder"
done
mount --bind "$own" "$own"
mount -o remount,bind,rw "$own"
mount -t tmpfs tmpfs /dev/shm
cd "$own"
exec "$@"
"""
_END_SECONDS: Final = 10


class Machine:
    """One machine; what runs on it has nothing in common with the others but the network."""

    def __init__(self, name: str, network: Namespace, address: str, folder: Path) -> None:
        self.name = name
        self.address = address
        self.network = network
        self.folder = folder / name
        self._environment: dict[str, str] = {}
        self.folder.mkdir(parents=True)

    def set_up(self, environment: Mapping[str, str]) -> None:
        """Give it the variables that its processes read."""
        own = {name: str(self.folder) for name in ("HOME", "TMPDIR")}
        self._environment = {**environment, **own, "BEAT_SCHEDULE": str(self.folder / "schedule")}

    def start(self, name: str, ending: ExitStack) -> processes.Child:
        """Start a process by the Procfile's command; it ends with `ending`, if not before."""
        command = read_procfile(CHECKOUT / "Procfile", self._environment)[name]
        command[0] = str(Path(sys.executable).with_name(command[0]))
        with self.network.entered(), self.log(name).open("wb") as log:
            process = processes.start(
                self._on_its_own(command),
                end_signal=signal.SIGTERM,
                stdin=processes.NOTHING,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        ending.callback(self.stop, process)
        return process

    @staticmethod
    def stop(process: processes.Child) -> None:
        """End a process and all that it started."""
        processes.stop(process, stop_signal=signal.SIGTERM, timeout=_END_SECONDS)
        processes.kill_group(process)

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run a management command here, and return what it printed.

        :raises UnableToMeasure: with what it wrote, if it fails.
        """
        command = self._on_its_own([sys.executable, str(CHECKOUT / "manage.py"), *arguments])
        with self.network.entered():
            done = subprocess.run(
                command, env={**self._environment, **environment}, capture_output=True, text=True, check=False
            )
        if done.returncode:
            msg = f"{' '.join(arguments)} failed on {self.name}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            raise UnableToMeasure(msg)
        return done.stdout

    def log(self, name: str) -> Path:
        """Return where a process of this machine writes to."""
        return self.folder / f"{name}.log"

    def said(self, name: str) -> str:
        """Return what a process of this machine wrote until now."""
        return self.log(name).read_text(errors="replace")

    def _on_its_own(self, command: list[str]) -> list[str]:
        own = [self.name, str(self.folder), str(CHECKOUT), tempfile.gettempdir()]
        return ["unshare", "--mount", "--uts", "sh", "-c", _OWN_FILES, "sh", *own, *command]
