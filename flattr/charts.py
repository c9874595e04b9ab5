"""What charts show, and where their strokes lie: integers in, numbers of an SVG out. A drawing may use floats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from flattr.money import MICROS_PER_CENT, MICROS_PER_UNIT

PLOT_HEIGHT: Final = 160
"""How high the highest line of a bar chart is, in pixels."""

_LINES_MAX: Final = 4
_LABELS_WIDE: Final = 8
_LABELS_NARROW: Final = 4
_BAR_PART: Final = 0.68
"""How much of its slot a bar fills; the rest is the gap."""


_SEAM: Final = 2
"""How many pixels of a bar's height lie between its parts."""


class Barlike(Protocol):
    """What `bar_chart` draws: any object with these.

    One with `low_micros` and `high_micros` is a forecast; one with `part_micros` has a part of its own.
    """

    @property
    def label(self) -> str:
        """The name under the bar, such as `October 2026`; its words stand below each other."""

    @property
    def amount_micros(self) -> int:
        """How high the bar is, in micros; less than 0 is drawn as 0, and told as it is."""


class Partlike(Protocol):
    """What `parts_chart` draws: any object with these."""

    @property
    def label(self) -> str:
        """The name beside the bar, such as a button's title."""

    @property
    def amount_micros(self) -> int:
        """How long the bar is, in micros, 0 or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar for those who have no row of their own to show. With a range it is a forecast.

    `part_micros` of the amount, 0 or more, are of another kind, and drawn above the rest in another colour.
    """

    label: str
    amount_micros: int
    low_micros: int | None = None
    high_micros: int | None = None
    part_micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line across a bar chart, and the amount that it stands for."""

    amount_micros: int
    y: int
    decimals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBar:
    """A bar with its place: across in percent of the width, so that text keeps its size; upright in pixels.

    The part of another kind lies at its top, the rest begins `rest_y` below the highest line.
    `low_y` and `high_y` are there for a forecast alone. `rank` says where there is room for its name: 0 always,
    1 on a wide screen, 2 nowhere but in the table.
    """

    label: str
    words: list[str]
    amount_micros: int
    x: str
    middle: str
    width: str
    y: int
    part_micros: int
    part_height: int
    rest_y: int
    rest_height: int
    low_micros: int | None
    high_micros: int | None
    low_y: int | None
    high_y: int | None
    rank: int

    @property
    def rest_micros(self) -> int:
        """Return what the amount is without its part."""
        return self.amount_micros - self.part_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPart:
    """A part with its length in percent of the longest one's, and its share of all in percent."""

    label: str
    amount_micros: int
    length: str
    share_percent: int
    name_y: int
    bar_y: int


def lines(*, highest_micros: int) -> list[Line]:
    """Return the lines of a chart from 0 up, at round amounts, the last of them at or above the highest bar."""
    step = _step(highest_micros)
    count = max(1, -(-highest_micros // step))
    decimals = 0 if step >= MICROS_PER_UNIT else 2
    return [
        Line(amount_micros=step * number, y=_y(step * number, top_micros=step * count), decimals=decimals)
        for number in range(count + 1)
    ]


def highest_micros(bars: Sequence[Barlike]) -> int:
    """Return the most that a chart has to have room for, 0 without bars."""
    return max((max(bar.amount_micros, _of(bar, "high_micros") or 0) for bar in bars), default=0)


def draw_bars(bars: Sequence[Barlike], *, top_micros: int) -> list[DrawnBar]:
    """Place bars side by side below a line at `top_micros`; names are counted from the last one, which is now."""
    slot = 100 / max(len(bars), 1)
    wide = _every(len(bars), labels=_LABELS_WIDE)
    # Names of a narrow chart are among those of a wide one, so that both together keep their distance.
    narrow = wide * -(-_every(len(bars), labels=_LABELS_NARROW) // wide)
    drawn: list[DrawnBar] = []
    for number, bar in enumerate(bars):
        from_last = len(bars) - 1 - number
        part = _of(bar, "part_micros") or 0
        y = _y(bar.amount_micros, top_micros=top_micros)
        rest_y = _y(bar.amount_micros - part, top_micros=top_micros)
        low, high = _of(bar, "low_micros"), _of(bar, "high_micros")
        drawn.append(
            DrawnBar(
                label=str(bar.label),
                words=str(bar.label).split(),
                amount_micros=bar.amount_micros,
                x=f"{slot * (number + (1 - _BAR_PART) / 2):.3f}%",
                middle=f"{slot * (number + 1 / 2):.3f}%",
                width=f"{slot * _BAR_PART:.3f}%",
                y=y,
                part_micros=part,
                # Some of the ground shows between the two, as colours alone tell too little.
                part_height=max(0, rest_y - y - _SEAM) if part else 0,
                rest_y=rest_y,
                rest_height=PLOT_HEIGHT - rest_y,
                low_micros=low,
                high_micros=high,
                low_y=None if low is None else _y(low, top_micros=top_micros),
                high_y=None if high is None else _y(high, top_micros=top_micros),
                rank=0 if from_last % narrow == 0 else 1 if from_last % wide == 0 else 2,
            )
        )
    return drawn


def draw_parts(parts: Sequence[Partlike], *, row_height: int) -> list[DrawnPart]:
    """Place parts as bars below each other, in their order, each under its name."""
    longest, total = max((part.amount_micros for part in parts), default=0), sum(part.amount_micros for part in parts)
    return [
        DrawnPart(
            label=str(part.label),
            amount_micros=part.amount_micros,
            length=f"{100 * part.amount_micros / longest if longest else 0:.3f}%",
            share_percent=(200 * part.amount_micros + total) // (2 * total) if total else 0,
            name_y=row_height * number + row_height // 2 - 4,
            bar_y=row_height * number + row_height // 2 + 3,
        )
        for number, part in enumerate(parts)
    ]


def _of(bar: Barlike, name: str) -> int | None:
    found: int | None = getattr(bar, name, None)
    return found


def _every(count: int, *, labels: int) -> int:
    """Return that every so many bars have a name, if there is room for so many names."""
    return max(1, -(-count // labels))


def _step(micros: int) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, … cents that needs few enough lines."""
    step = MICROS_PER_CENT
    while True:
        for factor in (1, 2, 5):
            if step * factor * _LINES_MAX >= micros:
                return step * factor
        step *= 10


def _y(micros: int, *, top_micros: int) -> int:
    """Return how many pixels below the highest line an amount lies."""
    return PLOT_HEIGHT - PLOT_HEIGHT * min(max(micros, 0), top_micros) // top_micros
