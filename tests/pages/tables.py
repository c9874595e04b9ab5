"""What tables and files of figures say, as tests read them."""

import csv
from collections import defaultdict
from decimal import Decimal
from io import StringIO
from typing import Any

from tests.pages import world


def table(page: Any, caption: str) -> list[list[str]]:
    """Return the cells of the table with that caption, without its head."""
    for found in world.document(page).query("table"):
        if caption in [each.to_text() for each in found.query("caption")]:
            return [[cell.to_text() for cell in row.query("th, td")] for row in found.query("tbody tr, tfoot tr")]
    raise AssertionError(caption)


def facts(page: Any) -> dict[str, str]:
    """Return the facts at the top of a page by their names."""
    return {
        each.query("dt")[0].to_text(): each.query("dd")[0].to_text()
        for each in world.document(page).query(".facts div")
    }


def rows_of(file: Any) -> list[dict[str, str]]:
    """Return the rows of a CSV download by their columns."""
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(file.content.decode())))


def sums(rows: list[dict[str, str]], *, by: str, of: str) -> dict[str, str]:
    """Return the sums of a column by another one, as pages write them."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row[by]] += Decimal(row[of])
    return {name: f"€{amount:.4f}" for name, amount in found.items()}
