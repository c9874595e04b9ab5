"""The servers of one run: PostgreSQL, Valkey, and our own processes by the commands of the Procfile."""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Self

import psutil
import psycopg2
from psycopg2.extensions import connection

from benchmarks.failures import UnableToMeasure
from flattr.development import processes, servers
from flattr.development.services import CHECKOUT
from flattr.development.supervisor import read_procfile

HOST: Final = "flattr.example"
"""The name by which the web server is asked, as the proxy in front of it would."""
EMBED_HOST: Final = f"embed.{HOST}"

DURABILITY: Final = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""What has to be on for a commit to mean something; refused to be measured otherwise."""

_TUNING: Final = {
    "max_wal_size": "16GB",
    "shared_buffers": f"{min(psutil.virtual_memory().total // 4, 2**32) // 2**20}MB",
}
"""Differs from PostgreSQL's defaults as its manual advises for every machine; for the floor as for ours."""

_MIGRATED: Final = "migrated"
_PATIENCE_SECONDS: Final = 60
_STARTED: Final = time.monotonic()


def report(step: str) -> None:
    """Tell on stderr what is being done, and when; stdout is for the table."""
    sys.stderr.write(f"· {time.monotonic() - _STARTED:6.1f} s  {step}\n")
    sys.stderr.flush()


class Cluster:
    """A PostgreSQL cluster and a Valkey of our own in a folder, stopped and removed at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places = servers.Places(folder)
        self._secret_key = secrets.token_urlsafe(64)
        self._ending = contextlib.ExitStack()
        self._programs = Path()

    def __enter__(self) -> Self:
        """Start both servers."""
        with contextlib.ExitStack() as ending:
            self._lock(ending)
            self._remove()
            self._places.prepare()
            ending.callback(self._remove)
            redis = servers.start_redis(self._places)
            ending.callback(processes.stop, redis, stop_signal=signal.SIGTERM, timeout=5)
            self._postgres = servers.start_postgres(self._places, report, tuning=_TUNING)
            ending.callback(lambda: processes.stop(self._postgres, stop_signal=signal.SIGINT, timeout=60))
            # The wheel keeps all of PostgreSQL's programs in one folder.
            self._programs = Path(str(self._postgres.args[0])).parent  # type: ignore[index]  # It is a list.
            self._refuse_to_be_lax()
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and remove everything but the results."""
        self._ending.close()

    def crash(self) -> None:
        """Kill PostgreSQL with all its processes where they are, and start it again; it recovers from its log."""
        postmaster = psutil.Process(self._postgres.pid)
        for each in [postmaster, *postmaster.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self._postgres.wait()
        self._postgres = servers.start_postgres(self._places, report, tuning=_TUNING)

    def restart(self, *options: str) -> None:
        """Stop PostgreSQL and start it again with more options, in the network that the caller is in."""
        user = psutil.Process(self._postgres.pid).username()
        processes.stop(self._postgres, stop_signal=signal.SIGINT, timeout=60)
        with (self._places.var / "postgres.log").open("ab") as log:
            self._postgres = processes.start(
                [*self._postgres.args, *options],  # type: ignore[misc]  # It is a list of words.
                end_signal=signal.SIGQUIT,
                user=user,
                extra_groups=[] if os.getuid() == 0 else None,
                stdin=processes.NOTHING,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        self._wait_until(self._answers, self._postgres, "postgres")

    def _answers(self) -> bool:
        try:
            self.query("SELECT")
        except psycopg2.OperationalError:
            return False
        return True

    def database_url(self, database: str) -> str:
        """Return the address of a database."""
        return self._places.database_url.removesuffix("/flattr") + f"/{database}"

    @property
    def redis_url(self) -> str:
        """Return the address of Valkey."""
        return self._places.redis_url

    def program(self, name: str) -> str:
        """Return the path of one of PostgreSQL's programs."""
        return str(self._programs / name)

    def connect(self, database: str = "postgres") -> connection:
        """Return a connection that commits each statement by itself."""
        connected = psycopg2.connect(self.database_url(database))
        connected.autocommit = True
        return connected

    def query(self, statement: str, *parameters: object, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement and return its rows, if it has any."""
        with closing(self.connect(database)) as connected, connected.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def has(self, database: str) -> bool:
        """Tell whether there is such a database."""
        return bool(self.query("SELECT 1 FROM pg_database WHERE datname = %s", database))

    def create(self, database: str, *, template: str = "template0") -> None:
        """Make a database as a copy of another one, whose files are copied as they are, and flush all to disk."""
        self.query(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY")
        self.query("CHECKPOINT")

    def create_migrated(self, database: str) -> None:
        """Make a database with our tables, a copy of one in which they are made for the first that is asked for."""
        if not self.has(_MIGRATED):
            self.create(_MIGRATED)
            report("making the tables")
            self.manage(_MIGRATED, "migrate", "--verbosity", "0")
        self.create(database, template=_MIGRATED)

    def rename(self, database: str, name: str) -> None:
        """Give a database another name, once nobody is connected to it."""
        # Killed processes leave queries behind that run to their end.
        self.query("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s", database)
        self.query(f"ALTER DATABASE {database} RENAME TO {name}")

    def drop(self, database: str) -> None:
        """Remove a database if it is there."""
        self.query(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def environment(self, database: str) -> dict[str, str]:
        """Return what production sets, for our processes on one database."""
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": str(CHECKOUT),
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "BENCHMARKS_FOLDER": str(self._folder),
            "FLATTR_ENV": "production",
            "SECRET_KEY": self._secret_key,
            "DATABASE_URL": self.database_url(database),
            "REDIS_URL": self.redis_url,
            "APP_URL": f"https://{HOST}",
            "EMBED_URL": f"https://{EMBED_HOST}",
            "TRUSTED_PROXY": "true",
            "EMAIL_URL": "console:",
            "DEFAULT_FROM_EMAIL": f"hello@{HOST}",
            "PAYMENT_GATEWAY": "sandbox",
        }

    def manage(self, database: str, *arguments: str) -> None:
        """Run a management command on a database.

        :raises UnableToMeasure: with what it wrote, if it fails.
        """
        self.run([sys.executable, "manage.py", *arguments], environment=self.environment(database))

    def run(self, command: Sequence[str], *, environment: dict[str, str] | None = None) -> str:
        """Run a command to its end and return what it printed.

        :raises UnableToMeasure: with what it wrote, if it fails.
        """
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            msg = f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            raise UnableToMeasure(msg)
        return done.stdout

    @contextlib.contextmanager
    def web(self, database: str) -> Iterator[str]:
        """Serve a database by the Procfile's command for as long as the block runs; yield the address."""
        port = _free_port()
        environment = {**self.environment(database), "WEB_HOST": "127.0.0.1", "PORT": str(port)}
        with self._process("web", environment) as process:
            self._wait_until(lambda: _answers(port, "/readyz"), process, "web")
            yield f"http://127.0.0.1:{port}"

    @contextlib.contextmanager
    def empty_web(self, path: str) -> Iterator[str]:
        """Serve Django's empty page at a path by as many processes of the same server; yield the address."""
        port = _free_port()
        command = ["granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "8"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--no-ws", "benchmarks.empty:application"]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}
        with self._started("empty", command, environment) as process:
            self._wait_until(lambda: _answers(port, path), process, "empty")
            yield f"http://127.0.0.1:{port}"

    @contextlib.contextmanager
    def workers(self, database: str) -> Iterator[processes.Child]:
        """Run Celery by the Procfile's command, which has two worker processes, for as long as the block runs."""
        with self._process("worker", self.environment(database)) as process:
            yield process

    @contextlib.contextmanager
    def _process(self, name: str, environment: dict[str, str]) -> Iterator[processes.Child]:
        with self._started(name, read_procfile(CHECKOUT / "Procfile", environment)[name], environment) as process:
            yield process

    @contextlib.contextmanager
    def _started(self, name: str, command: list[str], environment: dict[str, str]) -> Iterator[processes.Child]:
        command[0] = str(Path(sys.executable).with_name(command[0]))
        with self._log(name).open("wb") as log:
            process = processes.start(
                command,
                end_signal=signal.SIGTERM,
                stdin=processes.NOTHING,
                stdout=log,
                stderr=log,
                cwd=CHECKOUT,
                env=environment,
            )
        try:
            yield process
        finally:
            processes.stop(process, stop_signal=signal.SIGTERM, timeout=15)
            processes.kill_group(process)

    def _wait_until(self, is_ready: Callable[[], bool], process: processes.Child, name: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                msg = f"{name} didn't start:\n{self.log_of(name)}"
                raise UnableToMeasure(msg)
            time.sleep(0.05)

    def log_of(self, name: str) -> str:
        """Return the end of what a process of ours wrote."""
        running = self._places.var / f"{name}.log"
        return (running if running.exists() else self._log(name)).read_text(errors="replace")[-4000:]

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _lock(self, ending: contextlib.ExitStack) -> None:
        """Keep a second run out of the folder, for as long as this one runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = ending.enter_context((self._folder / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"another run measures in {self._folder}"
            raise UnableToMeasure(msg) from error

    def _remove(self) -> None:
        """Remove the servers' files and the static files; logs and results stay."""
        for log in self._places.var.glob("*.log"):
            log.replace(self._log(log.stem))
        for folder in (self._places.var, self._places.sockets, self._folder / "static"):
            shutil.rmtree(folder, ignore_errors=True)

    def _refuse_to_be_lax(self) -> None:
        found = {name: self.query(f"SHOW {name}")[0][0] for name in DURABILITY}
        if found != DURABILITY:
            msg = f"PostgreSQL is not durable: {found}"
            raise UnableToMeasure(msg)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"X-Forwarded-Proto": "https"})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310  It is our own address.
            return bool(response.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
