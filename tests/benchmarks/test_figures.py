"""A figure is judged by the floor of its own round, and a table says what holds."""

import json
from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.figures import at_least, at_most


def test_ours_is_judged_by_the_floor_of_the_same_round() -> None:
    """A machine that gets slower in the middle slows both; the ratio stays."""
    result = figures.compared(
        "click", unit="clicks/s", ours=[30, 15, 60], floors=[100, 50, 200], target=at_least(0.25)
    )

    assert (result.figure, result.floor, result.ratio, result.spread) == (30, 100, 0.3, 0)
    assert result.holds
    assert result.target == "ratio ≥ 0.25"


def test_the_spread_is_the_range_of_the_rounds() -> None:
    """How far rounds lie apart is told relative to their median."""
    result = figures.compared("settle", unit="s", ours=[2, 3, 4], floors=[1, 1, 1], target=at_most(2.5))

    assert result.ratio == 3
    assert result.spread == pytest.approx(2 / 3)
    assert result.holds is False


def test_a_figure_without_a_floor_is_judged_by_itself() -> None:
    """Memory and latencies have bounds of their own; what has none is only told."""
    assert figures.measured("memory", unit="MiB", values=[299, 300, 310], target=at_most(300)).holds
    assert not figures.measured("memory", unit="MiB", values=[301], target=at_most(300)).holds
    assert figures.measured("p50", unit="ms", values=[1e9]).holds is None


def test_the_table_shows_what_does_not_hold() -> None:
    """Whoever looks for NO finds it in the line of the figure."""
    results = [
        figures.measured("good", unit="ms", values=[1], target=at_most(2)),
        figures.measured("bad", unit="ms", values=[3], target=at_most(2)),
    ]
    _head, _rule, good, bad = figures.table(results).splitlines()

    assert good.endswith("yes")
    assert bad.endswith("NO")


def test_the_file_has_machine_and_results(tmp_path: Path) -> None:
    """What was measured is kept with what it was measured on."""
    path = tmp_path / "bench" / "latest.json"
    result = figures.measured("memory", unit="MiB", values=[299], target=at_most(300))
    figures.write(path, machine={"cores": 2}, results=[result], details={}, is_complete=True)
    written = json.loads(path.read_text())

    assert written["complete"] is True
    assert written["machine"] == {"cores": 2}
    assert written["results"] == [
        {
            "benchmark": "memory",
            "figure": 299,
            "unit": "MiB",
            "floor": None,
            "ratio": None,
            "spread": 0,
            "target": "≤ 300",
            "holds": True,
        }
    ]
