"""Figures with their floor, their spread and their target; the table and the file of them."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_HOLDS: Final = {True: "yes", False: "NO", None: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A bound for a ratio, or for the figure itself where there is no floor."""

    bound: float
    is_minimum: bool = False

    def __str__(self) -> str:
        """Write the bound as in `≤ 3`."""
        return f"{'≥' if self.is_minimum else '≤'} {self.bound:g}"

    def holds_for(self, value: float) -> bool:
        """Tell whether the value keeps the bound."""
        return value >= self.bound if self.is_minimum else value <= self.bound


def at_least(bound: float) -> Target:
    """Return a target that more is better for."""
    return Target(bound=bound, is_minimum=True)


def at_most(bound: float) -> Target:
    """Return a target that less is better for."""
    return Target(bound=bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table. `spread` is the range of the judged value over all rounds, relative to its median.

    `holds` is None where there is no target, and the line only told.
    """

    benchmark: str
    figure: float
    unit: str
    floor: float | None
    ratio: float | None
    spread: float
    target: str
    holds: bool | None


def compared(
    benchmark: str, *, unit: str, ours: Sequence[float], floors: Sequence[float], target: Target | None = None
) -> Result:
    """Judge ours by the floor of the same round: the median of the rounds' ratios, only told without a target."""
    ratios = [our / floor for our, floor in zip(ours, floors, strict=True)]
    ratio = statistics.median(ratios)
    return Result(
        benchmark=benchmark,
        figure=statistics.median(ours),
        unit=unit,
        floor=statistics.median(floors),
        ratio=ratio,
        spread=spread_of(ratios),
        target="" if target is None else f"ratio {target}",
        holds=None if target is None else target.holds_for(ratio),
    )


def measured(benchmark: str, *, unit: str, values: Sequence[float], target: Target | None = None) -> Result:
    """Judge the median of the rounds by itself; without a target it is only told."""
    figure = statistics.median(values)
    return Result(
        benchmark=benchmark,
        figure=figure,
        unit=unit,
        floor=None,
        ratio=None,
        spread=spread_of(values),
        target="" if target is None else str(target),
        holds=None if target is None else target.holds_for(figure),
    )


def spread_of(values: Sequence[float]) -> float:
    """Return the range of the values relative to their median."""
    median = statistics.median(values)
    return (max(values) - min(values)) / median if median else 0.0


def table(results: Sequence[Result]) -> str:
    """Return the results as a table for a terminal."""
    rows = [("benchmark", "figure", "unit", "floor", "ratio", "spread", "target", "holds")]
    rows += [
        (
            each.benchmark,
            _short(each.figure),
            each.unit,
            _short(each.floor),
            "" if each.ratio is None else f"{each.ratio:.3f}",
            f"{each.spread:.0%}",
            each.target,
            _HOLDS[each.holds],
        )
        for each in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004  More digits say nothing.


def write(
    path: Path,
    *,
    machine: dict[str, object],
    results: Sequence[Result],
    details: dict[str, object],
    is_complete: bool,
) -> None:
    """Write what was measured, where, and what stands behind it, as JSON; and whether that is all that was wanted."""
    found = [asdict(each) for each in results]
    content = {"complete": is_complete, "machine": machine, "results": found, "details": details}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
