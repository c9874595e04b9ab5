"""One settlement by real Celery workers, watched from outside: the time of each phase, the memory of each process."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
import redis
from celery import Celery

from benchmarks import inside
from benchmarks.cluster import Cluster
from benchmarks.failures import UnableToMeasure
from flattr.development import processes
from flattr.period import Period

_LOOK_SECONDS: Final = 0.05
_MEMORY_SECONDS: Final = 0.5
_MEMORY_POINTS: Final = 60
_PATIENCE_SECONDS: Final = 4 * 3600

_PROGRESS: Final = """
    SELECT finished_at IS NOT NULL, announced_at IS NOT NULL,
           NOT EXISTS (SELECT FROM payouts_settlementrange WHERE settlement_id = settlement.id AND done_at IS NULL)
    FROM payouts_settlement AS settlement
"""


@dataclass(slots=True)
class Memory:
    """The resident memory in MiB of each process of a worker."""

    peaks: dict[str, float] = field(default_factory=dict)
    samples: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    def look(self, worker: psutil.Process, seconds: float) -> None:
        """Note what each process holds now, and the most that it ever held."""
        now: dict[str, float] = {}
        for process in [worker, *worker.children(recursive=True)]:
            name = "parent" if process.pid == worker.pid else f"child {process.pid}"
            try:
                now[name] = round(process.memory_info().rss / 2**20, 1)
                self.peaks[name] = max(self.peaks.get(name, 0), now[name], _highest_mib(process.pid))
            except psutil.NoSuchProcess:
                continue
        self.samples.append((round(seconds, 1), now))

    @property
    def highest_mib(self) -> float:
        """Return the most that any one process held."""
        return max(self.peaks.values())

    def over_time(self) -> list[tuple[float, dict[str, float]]]:
        """Return some of the samples, evenly chosen."""
        return self.samples[:: max(1, len(self.samples) // _MEMORY_POINTS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What one settlement took, in seconds, and what came out."""

    phases: dict[str, float]
    lines: int
    digest: str
    memory: Memory
    memory_before_announcing_mib: float
    books_seconds: float | None
    """None where nobody asked for what comes after the settlement."""

    @property
    def seconds(self) -> float:
        """Return the time from the order to the finished settlement."""
        return self.phases["open"] + self.phases["ranges"] + self.phases["finish"]

    @property
    def micros_per_line(self) -> float:
        """Return the microseconds that a line took."""
        return self.seconds / self.lines * 1e6


def settle(cluster: Cluster, database: str, period: Period, *, proves: bool, announces: bool) -> Settled:
    """Let two worker processes settle a period, where asked announce it too, and prove the books once more.

    The settlement itself proves them already before it is finished.

    :raises UnableToMeasure: if a task fails or the books are wrong.
    """
    redis.Redis.from_url(cluster.redis_url).flushall()
    with cluster.workers(database) as worker, _broker(cluster) as celery:
        _wait_for_workers(cluster, celery, worker)
        memory = Memory()
        cluster.query("CHECKPOINT")
        celery.send_task("payouts.tasks.settle_month", [str(period)])
        names = ["open", "ranges", "finish", *(["announce"] if announces else [])]
        moments, before_announcing = _watch(cluster, database, names, psutil.Process(worker.pid), memory)
        # What comes after, emails and next month's charges, is not looked at.
        processes.kill_group(worker)
    lines, digest = cluster.query(
        "SELECT (SELECT count(*) FROM payouts_settlementline), digest FROM payouts_settlement", database=database
    )[0]
    books = inside.run(cluster, database, "books") if proves else {"seconds": None, "findings": []}
    if books["findings"]:
        msg = f"the books don't balance after the settlement: {books['findings']}"
        raise UnableToMeasure(msg)
    return Settled(
        phases=moments,
        lines=lines,
        digest=digest,
        memory=memory,
        memory_before_announcing_mib=before_announcing,
        books_seconds=books["seconds"],
    )


@contextmanager
def _broker(cluster: Cluster) -> Iterator[Celery]:
    """Connect to the queue as production's settings do."""
    address = cluster.redis_url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    with closing(Celery("benchmarks", broker=address, set_as_current=False)) as celery:
        yield celery


def _wait_for_workers(cluster: Cluster, celery: Celery, worker: processes.Child) -> None:
    deadline = time.monotonic() + 60
    while not celery.control.ping(timeout=0.5):
        if worker.poll() is not None or time.monotonic() > deadline:
            msg = f"the worker didn't start:\n{cluster.log_of('worker')}"
            raise UnableToMeasure(msg)


def _watch(
    cluster: Cluster, database: str, names: list[str], worker: psutil.Process, memory: Memory
) -> tuple[dict[str, float], float]:
    """Look on until the named phases are over; return the seconds of each, and the memory before announcing."""
    started = time.monotonic()
    moments = [started]
    before_announcing = 0.0
    looked = 0.0
    with closing(cluster.connect(database)) as connected, connected.cursor() as cursor:
        while len(moments) <= len(names):
            cursor.execute(_PROGRESS)
            row = cursor.fetchone()
            now = time.monotonic()
            reached = 0
            if row is not None:
                is_finished, is_announced, is_cut = row
                reached = 1 + is_cut + is_finished + is_announced
            moments += [now] * (reached + 1 - len(moments))
            if now - looked >= _MEMORY_SECONDS:
                looked = now
                memory.look(worker, now - started)
                _refuse_failure(cluster, now - started)
                if not (row and row[0]):
                    before_announcing = memory.highest_mib
            time.sleep(_LOOK_SECONDS)
    memory.look(worker, time.monotonic() - started)
    pairs = zip(names, moments, moments[1:], strict=False)
    return {name: after - before for name, before, after in pairs}, before_announcing


def _refuse_failure(cluster: Cluster, seconds: float) -> None:
    log = cluster.log_of("worker")
    if "raised unexpected" in log or "Traceback" in log or seconds > _PATIENCE_SECONDS:
        msg = f"the settlement failed after {seconds:.0f} seconds:\n{log}"
        raise UnableToMeasure(msg)


def _highest_mib(pid: int) -> float:
    """Return the most memory that a process ever held, as the kernel noted it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0
