"""The month's end with real worker processes: killed, robbed of their queue, rung for twice, and still the same."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
from celery import Celery
from django.conf import settings
from django.utils import timezone

from flattr.period import Period

pytestmark = pytest.mark.processes

CHECKOUT = Path(__file__).parent.parent.parent
FANS = 200
KILL_AFTER = 20
PATIENCE_SECONDS = 60


def database_url(name: str) -> str:
    """Return the address of another database on the server of the tests."""
    parts = urlsplit(settings.DATABASE_URL)
    return f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")


def redis_url() -> str:
    """Return the address of a part of the Redis server that no other test uses."""
    parts = urlsplit(settings.REDIS_URL)
    number = 15 - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return f"{parts.scheme}://{parts.netloc}/{number}"


def on_server(statement: str) -> None:
    """Run a statement that needs to be outside a transaction, such as CREATE DATABASE."""
    with closing(psycopg2.connect(database_url("postgres"))) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)


class House:
    """One database and what runs on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.environment = {
            **os.environ,
            "FLATTR_ENV": "development",
            "DATABASE_URL": database_url(name),
            "REDIS_URL": redis_url(),
            "DJANGO_SETTINGS_MODULE": "flattr.settings",
            "SETTLEMENT_RANGE_FANS": "1",
            "LOG_LEVEL": "ERROR",
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed; its failure fails the test."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def worker(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a worker with two processes; it is killed in the end, if not before."""
        command = [sys.executable, "-m", "celery", "--app", "flattr.celery", "worker", "--pool", "prefork"]
        options = ["--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        process = subprocess.Popen(
            [*command, *options],
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill(process)

    def ask(self, query: str) -> Any:
        """Return the first value of the first row."""
        with closing(psycopg2.connect(database_url(self.name))) as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            row = cursor.fetchone()
            return row[0] if row else None

    def done_ranges(self) -> int:
        """Return how many ranges are settled by now."""
        return int(self.ask("SELECT count(*) FROM payouts_settlementrange WHERE done_at IS NOT NULL"))


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a worker and its children as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(holds: Callable[[], object], process: "subprocess.Popen[bytes]") -> None:
    """Wait for something that the worker does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert process.poll() is None, "the worker ended by itself"
        assert time.monotonic() < deadline, "the worker took too long"
        time.sleep(0.005)


def month_of_clicks() -> str:
    """Return a CSV file with a few clicks of each fan."""
    chance = random.Random(7)
    rows = [
        f"fan {fan},creator {creator},{chance.randint(1, 3)}"
        for fan in range(FANS)
        for creator in chance.sample(range(30), 3)
    ]
    return "fan,creator,clicks\n" + "\n".join(rows) + "\n"


@pytest.fixture
def houses(tmp_path: Path) -> Iterator[tuple[House, House]]:
    """Return two houses with the same month of clicks, which is over and not settled."""
    names = [f"flattr_killed_{uuid.uuid4().hex[:12]}_{part}" for part in ("month", "quiet", "disturbed")]
    month, quiet, disturbed = map(House, names)
    file = tmp_path / "month.csv"
    file.write_text(month_of_clicks(), encoding="utf-8")
    try:
        on_server(f'CREATE DATABASE "{month.name}"')
        month.manage("migrate", "--verbosity", "0")
        month.manage("import_clicks", str(file), "--period", str(period()), "--budget-cents", "500")
        for copy in (quiet, disturbed):
            on_server(f'CREATE DATABASE "{copy.name}" TEMPLATE "{month.name}"')
        yield quiet, disturbed
    finally:
        for name in names:
            on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def queue() -> Iterator["redis.Redis"]:
    """Return an empty queue of our own."""
    with closing(redis.Redis.from_url(redis_url())) as server:
        server.flushdb()
        yield server
        server.flushdb()


def period() -> Period:
    """Return the month that is over; the workers read the real clock."""
    return Period.at(timezone.now()).previous


def test_killed_workers_a_lost_queue_and_tasks_delivered_twice_change_nothing(
    houses: tuple[House, House], queue: "redis.Redis"
) -> None:
    """The month ends with the digest of an undisturbed run, to the micro, and the books hold."""
    quiet, disturbed = houses
    undisturbed = quiet.manage("settle", str(period()))
    broker = redis_url().replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    ring = Celery("bell", broker=broker, set_as_current=False)

    with disturbed.worker() as worker:
        ring.send_task("payouts.tasks.settle_month", [str(period())])
        wait_until(lambda: disturbed.done_ranges() >= KILL_AFTER, worker)
        kill(worker)
    survived = disturbed.done_ranges()
    assert KILL_AFTER <= survived < FANS
    assert "BROKEN" not in disturbed.manage("check_books")
    assert disturbed.ask("SELECT digest FROM payouts_settlement") == ""

    queue.flushdb()
    settlement_id = disturbed.ask("SELECT id FROM payouts_settlement")
    with disturbed.worker() as worker:
        for _ in range(2):
            for number in (0, FANS - 2, FANS - 1):
                ring.send_task("payouts.tasks.settle_range", [settlement_id, number])
            ring.send_task("payouts.tasks.sweep_settlements")
        wait_until(lambda: disturbed.ask("SELECT announced_at FROM payouts_settlement"), worker)
    ring.close()

    digest = disturbed.ask("SELECT digest FROM payouts_settlement")
    assert undisturbed.splitlines()[-1] == f"digest {digest}"
    assert disturbed.manage("settle", str(period())).splitlines()[1:] == undisturbed.splitlines()
    assert "BROKEN" not in disturbed.manage("check_books")
