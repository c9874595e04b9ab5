"""Charts as drawings that the server makes, each with a text alternative and the table of its figures."""

from collections.abc import Sequence
from typing import Any, Final

from django import template
from django.utils.text import Truncator

from flattr import charts

register = template.Library()

_ROW_HEIGHT: Final = 48
_NAME_LENGTH: Final = 30
"""How much of a name fits beside an amount on a narrow screen; the table has all of it."""


@register.inclusion_tag("components/chart_bars.html")
def bar_chart(bars: Sequence[charts.Barlike], label: str, rest: str = "", part: str = "") -> dict[str, Any]:
    """Draw amounts side by side, one bar a month, say: `{% load charts %}{% bar_chart bars label %}`.

    `bars` is a sequence, from the oldest to the newest, of objects with `label` (such as `October 2026`) and
    `amount_micros`; `flattr.charts.Bar` is one if you have none. One that has `low_micros` and `high_micros`, which
    aren't None, is a forecast: it is drawn in dashes, with a line over its range. `label` is what the drawing is
    called: `Earnings in the last twelve months`. No bars make no chart.

    Where some have `part_micros`, that part is drawn in another colour, under a name: `part` is its one, and `rest`
    that of what else the amount consists of.
    """
    bars = list(bars)
    lines = charts.lines(highest_micros=charts.highest_micros(bars))
    drawn = charts.draw_bars(bars, top_micros=lines[-1].amount_micros)
    return {
        "bars": drawn,
        "lines": lines,
        "label": label,
        "rest": rest,
        "part": part,
        "has_parts": any(bar.part_micros for bar in drawn),
        "has_forecast": any(bar.high_micros for bar in drawn),
    }


@register.inclusion_tag("components/chart_parts.html")
def parts_chart(parts: Sequence[charts.Partlike], label: str) -> dict[str, Any]:
    """Draw what a sum consists of as bars below each other: `{% load charts %}{% parts_chart parts label %}`.

    `parts` is a sequence, in the order to show, of objects with `label` (such as a button's title) and
    `amount_micros` of 0 or more; `label` is what the drawing is called. No parts make no chart.
    """
    drawn = charts.draw_parts(list(parts), row_height=_ROW_HEIGHT)
    rows = [(part, Truncator(part.label).chars(_NAME_LENGTH)) for part in drawn]
    return {"rows": rows, "label": label, "height": _ROW_HEIGHT * len(rows)}
