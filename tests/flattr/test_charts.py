"""Charts: what they draw, and that all of it is told in words as well."""

from itertools import pairwise
from typing import Any

import pytest
from django.template import Context, Template
from hypothesis import given as for_all
from hypothesis import strategies as st
from justhtml import JustHTML

from flattr.charts import PLOT_HEIGHT, Bar, draw_bars, draw_parts, lines

EURO = 1_000_000


def drawn(tag: str, rows: list[Bar]) -> Any:
    """Return the parsed chart."""
    text = Template(f"{{% load charts %}}{{% {tag} rows 'What came in' %}}").render(Context({"rows": rows}))
    return JustHTML(text, fragment=True, strict=True, sanitize=False)


def figures(chart: Any) -> list[list[str]]:
    """Return the rows of its table as texts."""
    rows = chart.query("tbody tr")
    return [[" ".join(cell.to_text().split()) for cell in row.query("th, td")] for row in rows]


def test_a_bar_chart_is_named_and_has_a_table_of_its_figures() -> None:
    """Whoever doesn't see the drawing reads the same."""
    chart = drawn(
        "bar_chart", [Bar(label="May 2026", amount_micros=3 * EURO), Bar(label="June 2026", amount_micros=0)]
    )

    (drawing,) = chart.query("svg")
    assert (drawing.attrs["role"], drawing.attrs["aria-label"]) == ("img", "What came in")
    assert figures(chart) == [["May 2026", "€3.00"], ["June 2026", "€0.00"]]


def test_a_forecast_is_drawn_and_told_as_one() -> None:
    """In dashes, with its range, which the table and a sentence tell."""
    chart = drawn("bar_chart", [Bar(label="May", amount_micros=4 * EURO, low_micros=2 * EURO, high_micros=6 * EURO)])

    assert len(chart.query(".is-forecast")) == len(chart.query(".chart-range")) == 1
    assert "forecast" in chart.query(".hint")[0].to_text()
    assert figures(chart) == [["May", "€4.00 (€2.00 to €6.00)"]]


def test_a_part_of_a_bar_is_drawn_on_top_and_told_in_columns() -> None:
    """In a colour and a place of its own, under a name that the key beside the drawing has, too."""
    rows = [
        Bar(label="May", amount_micros=4 * EURO, part_micros=EURO),
        Bar(label="June", amount_micros=2 * EURO, part_micros=2 * EURO),
        Bar(label="July", amount_micros=3 * EURO, low_micros=2 * EURO, high_micros=4 * EURO),
    ]
    text = Template("{% load charts %}{% bar_chart rows 'What came in' 'From cakes' 'Gifts' %}")
    chart: Any = JustHTML(text.render(Context({"rows": rows})), fragment=True, strict=True, sanitize=False)
    places = [[int(bar.attrs[name]) for name in ("y", "height")] for bar in chart.query(".chart-bar")]

    # The highest line is at 4 EUR; two pixels of the ground lie between the parts.
    assert places == [[40, 120], [0, 38], [160, 0], [80, 78], [40, 120]]
    assert [bar.query("title")[0].to_text() for bar in chart.query(".is-part")] == [
        "May: Gifts, €1.00",
        "June: Gifts, €2.00",
    ]
    assert [each.to_text() for each in chart.query(".chart-key li")] == ["From cakes", "Gifts"]
    assert [each.to_text() for each in chart.query("thead th")] == ["When", "From cakes", "Gifts", "Together"]
    assert figures(chart) == [
        ["May", "€3.00", "€1.00", "€4.00"],
        ["June", "€0.00", "€2.00", "€2.00"],
        ["July", "€3.00", "€0.00", "€3.00 (€2.00 to €4.00)"],
    ]


def test_a_few_bars_have_all_their_names_and_a_year_has_some() -> None:
    """As many as there is room for on a wide screen and on a narrow one, and always that of the last month."""
    bars = [Bar(label=str(number), amount_micros=number) for number in range(24)]

    def ranks(count: int) -> list[int]:
        return [bar.rank for bar in draw_bars(bars[:count], top_micros=99)]

    assert ranks(4) == [0] * 4
    assert ranks(8) == [1, 0] * 4
    assert ranks(12) == [2, 1, 2, 0] * 3
    assert ranks(24) == [2, 2, 1, 2, 2, 0] * 4


@for_all(st.integers(min_value=0, max_value=10**15))
def test_lines_go_from_nothing_to_at_least_the_highest_bar(highest: int) -> None:
    """Few of them, evenly, and none far above it; no bar is higher than the drawing."""
    found = lines(highest_micros=highest)
    amounts = [line.amount_micros for line in found]
    (bar,) = draw_bars([Bar(label="", amount_micros=highest)], top_micros=amounts[-1])

    assert amounts[0] == 0
    assert 2 <= len(found) <= 5
    assert len({high - low for low, high in pairwise(amounts)}) == 1
    assert highest <= amounts[-1] <= max(2 * highest, 10_000)
    assert 0 <= bar.y <= PLOT_HEIGHT
    assert bar.rest_y + bar.rest_height == PLOT_HEIGHT


def test_less_than_nothing_is_drawn_as_nothing_and_told_as_it_is() -> None:
    """A month in which more was taken back than came in."""
    chart = drawn("bar_chart", [Bar(label="May", amount_micros=-EURO), Bar(label="June", amount_micros=EURO)])

    assert chart.query(".chart-bar")[0].attrs["height"] == "0"
    assert figures(chart)[0] == ["May", "-€1.00"]


def test_parts_have_bars_as_long_as_their_amounts_and_shares_of_the_whole() -> None:
    """Long names are cut in the drawing and whole in the table."""
    name = "A very long title of a very long episode"
    chart = drawn("parts_chart", [Bar(label=name, amount_micros=3 * EURO), Bar(label="Song", amount_micros=EURO)])

    assert [bar.attrs["width"] for bar in chart.query(".chart-bar")] == ["100.000%", "33.333%"]
    assert figures(chart) == [[name, "€3.00", "75 %"], ["Song", "€1.00", "25 %"]]
    assert [part.share_percent for part in draw_parts([Bar(label="", amount_micros=0)], row_height=48)] == [0]


def test_nothing_makes_no_chart() -> None:
    """An empty drawing would say nothing."""
    assert [chart.query("figure") for chart in (drawn("bar_chart", []), drawn("parts_chart", []))] == [[], []]


@pytest.mark.parametrize("count", range(1, 40))
def test_names_never_come_closer_than_there_is_room_for(count: int) -> None:
    """On a wide chart those of narrow ones stand among the others, all at one distance, eight at most."""
    bars = draw_bars([Bar(label=str(each), amount_micros=1) for each in range(count)], top_micros=1)
    named = [place for place, bar in enumerate(bars) if bar.rank < 2]

    assert len(named) <= 8
    assert len({after - before for before, after in pairwise(named)}) <= 1
    assert sum(bar.rank == 0 for bar in bars) <= 4
