"""`settle`: the month's end by two workers, beside PostgreSQL grouping the clicks and copying the same lines."""

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks import settling, world
from benchmarks.cluster import Cluster, report
from benchmarks.failures import UnableToMeasure
from benchmarks.figures import Result, at_most, compared, measured
from benchmarks.settling import Settled
from benchmarks.sizes import Month, Scale, World
from flattr.period import Period

_RATIO: Final = at_most(3)
_TENFOLD: Final = at_most(11)
_MEMORY_MIB: Final = at_most(286)
"""300 MB."""

_BOOKS: Final = at_most(3)
"""`check_books` is to stay in the order of the settlement, so it has the same bound."""

_VIRAL: Final = at_most(1.1)
"""No more than the rest, and a tenth for what two rounds of the same differ by."""

_JUDGED_CLICKS: Final = 1_000_000
"""Smaller ones are only told: what each settlement takes once weighs more on them. They are for the viral one."""

_ROUND: Final = "round"


@dataclass(slots=True)
class _Rounds:
    """What all rounds of one month came to."""

    ours: list[Settled] = field(default_factory=list)
    viral: list[Settled] = field(default_factory=list)
    tenths: list[Settled] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> list[float]:
        """Return the seconds of each settlement."""
        return [each.seconds for each in self.ours]


def settled_name(month: Month) -> str:
    """Return the name of the database in which a month stays settled, for whoever wants to look at it."""
    return f"settled_{month.world.clicks}"


def run(cluster: Cluster, scale: Scale) -> tuple[list[Result], dict[str, object]]:
    """Measure settlements of all sizes, and how they grow."""
    results: list[Result] = []
    details: dict[str, object] = {}
    worlds = {month.world.clicks: month.world for month in scale.months}
    for month in scale.months:
        clicks = month.world.clicks
        rounds = _measure(cluster, month, scale.rounds, tenth=worlds.get(clicks // 10), keep=clicks == max(worlds))
        results += _judge(month, rounds)
        details[f"settle {clicks}"] = _tell(rounds)
    return results, details


def make_settled(cluster: Cluster, month: Month) -> str:
    """Return the database in which the month is settled; settle it if nobody has."""
    name, period = settled_name(month), world.this_month().previous
    if not cluster.has(name):
        _build(cluster, month.world, period)
        _settle_copy(cluster, month.world, period, proves=True, announces=True)
        cluster.rename(_ROUND, name)
        cluster.drop(month.world.name)
    return name


def _measure(cluster: Cluster, month: Month, rounds: int, *, keep: bool, tenth: World | None) -> _Rounds:
    """Settle copies of one world, and let PostgreSQL alone do its part of it, in turn.

    A world of a tenth is settled in each round too, since another hour's machine is another one. The last settlement
    alone is announced, by emails that take as long and say nothing of its time, only of what a worker holds.
    """
    period = world.this_month().previous
    viral = replace(month.world, viral=True)
    towns = [month.world, *([viral] if month.with_viral else []), *([tenth] if tenth else [])]
    for town in towns:
        _build(cluster, town, period)
    found = _Rounds()
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "lines")
        for number in range(1, rounds + 1):
            report(f"settle {month.world.clicks:,}: round {number} of {rounds}")
            if tenth is not None:
                found.tenths.append(_settle_copy(cluster, tenth, period))
            is_last = number == rounds
            found.ours.append(_settle_copy(cluster, month.world, period, proves=True, announces=is_last))
            columns = _export_lines(cluster, lines)
            if keep and is_last:
                cluster.rename(_ROUND, settled_name(month))
            found.floors.append(_floor(cluster, month.world, period, lines, columns))
            if month.with_viral:
                found.viral.append(_settle_copy(cluster, viral, period))
    for name in (_ROUND, *(town.name for town in towns)):
        cluster.drop(name)
    _refuse_differences(found)
    return found


def _refuse_differences(found: _Rounds) -> None:
    for settled in (found.ours, found.viral, found.tenths):
        if len({each.digest for each in settled}) > 1:
            msg = "the same clicks were settled in different ways"
            raise UnableToMeasure(msg)


def _build(cluster: Cluster, town: World, period: Period) -> None:
    cluster.drop(town.name)
    cluster.create_migrated(town.name)
    with closing(cluster.connect(town.name)) as database:
        world.build(database, town, month=period.start, until=period.end, report=report)


def _settle_copy(
    cluster: Cluster, town: World, period: Period, *, proves: bool = False, announces: bool = False
) -> Settled:
    cluster.drop(_ROUND)
    cluster.create(_ROUND, template=town.name)
    settled = settling.settle(cluster, _ROUND, period, proves=proves, announces=announces)
    phases = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in settled.phases.items())
    books = "" if settled.books_seconds is None else f" books {settled.books_seconds:.1f} s,"
    report(
        f"  {'viral' if town.viral else f'{town.clicks:,}'}: {settled.seconds:.1f} s ({phases}),{books}"
        f" {settled.lines:,} lines, {settled.memory.highest_mib:.0f} MiB"
    )
    return settled


def _export_lines(cluster: Cluster, path: Path) -> str:
    """Write the round's lines to a file, for the floor to copy; return their columns."""
    (columns,) = cluster.query(
        "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)"
        " FROM information_schema.columns WHERE table_name = 'payouts_settlementline' AND is_identity = 'NO'",
        database=_ROUND,
    )[0]
    _psql(cluster, _ROUND, f"\\copy (SELECT {columns} FROM payouts_settlementline ORDER BY id) TO '{path}'")  # noqa: S608
    return str(columns)


def _floor(cluster: Cluster, town: World, period: Period, lines: Path, columns: str) -> float:
    """Return how many seconds one connection needs to group the clicks and to copy the lines into such a table."""
    cluster.query("CREATE TABLE floor (LIKE payouts_settlementline INCLUDING ALL)", database=town.name)
    cluster.query("CHECKPOINT")
    group = (
        "SELECT fan_id, button_id, min(creator_id), count(*) FROM buttons_click"  # noqa: S608
        f" WHERE period = '{period.first_day}' AND undone_at IS NULL"
        " GROUP BY fan_id, button_id ORDER BY fan_id, button_id"
    )
    started = time.monotonic()
    _psql(cluster, town.name, f"\\copy ({group}) TO '/dev/null'", f"\\copy floor ({columns}) FROM '{lines}'")
    seconds = time.monotonic() - started
    cluster.query("DROP TABLE floor", database=town.name)
    report(f"  floor: {seconds:.1f} s")
    return seconds


def _psql(cluster: Cluster, database: str, *commands: str) -> None:
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    options += [f"--command={command}" for command in commands]
    cluster.run([cluster.program("psql"), *options, cluster.database_url(database)])


def _judge(month: Month, rounds: _Rounds) -> list[Result]:
    name = f"settle {month.world.clicks:,}"
    books = [each.books_seconds for each in rounds.ours if each.books_seconds is not None]
    memory = [each.memory.highest_mib for each in rounds.ours]
    per_line = [each.micros_per_line for each in rounds.ours]
    is_judged = month.world.clicks >= _JUDGED_CLICKS
    results = [
        compared(name, unit="s", ours=rounds.seconds, floors=rounds.floors, target=_RATIO if is_judged else None),
        compared(f"{name}, books after it", unit="s", ours=books, floors=rounds.floors, target=_BOOKS),
        measured(f"{name}, a worker's memory", unit="MiB", values=memory, target=_MEMORY_MIB),
        measured(f"{name}, a line", unit="µs", values=per_line),
    ]
    if rounds.tenths:
        tenths = [each.seconds for each in rounds.tenths]
        results.append(
            compared(
                f"{name} for ten times the clicks", unit="s", ours=rounds.seconds, floors=tenths, target=_TENFOLD
            )
        )
    if rounds.viral:
        viral = [each.micros_per_line for each in rounds.viral]
        fans = f"viral creator, {month.world.fans:,} fans"
        results.append(compared(f"{fans}, a line", unit="µs", ours=viral, floors=per_line, target=_VIRAL))
    return results


def _tell(rounds: _Rounds) -> dict[str, object]:
    """Return what the last round did over time, and each round in short."""
    last = rounds.ours[-1]
    return {
        "phases in seconds": [each.phases for each in rounds.ours],
        "books in seconds": [each.books_seconds for each in rounds.ours],
        "floor in seconds": rounds.floors,
        "viral phases in seconds": [each.phases for each in rounds.viral],
        "lines": last.lines,
        "digest": last.digest,
        "highest memory in MiB": [each.memory.peaks for each in rounds.ours],
        "highest memory before announcing in MiB": [each.memory_before_announcing_mib for each in rounds.ours],
        "memory in MiB over time in seconds": last.memory.over_time(),
    }
