"""`pages`: the queries and the server's time of every page that could grow with the platform."""

import re
from contextlib import closing
from typing import Any, Final

from benchmarks import inside, settlements, world
from benchmarks.cluster import Cluster, report
from benchmarks.figures import Result, at_most, measured
from benchmarks.sizes import Scale

_MILLISECONDS: Final = at_most(100)
_QUERIES: Final = at_most(12)
_THIS_MONTHS_PART: Final = 10
"""The running month has a tenth of the clicks of the settled one."""


def run(cluster: Cluster, scale: Scale) -> tuple[list[Result], dict[str, object]]:
    """Measure pages in the world of the largest month, once it is settled and the next one runs."""
    month = max(scale.months, key=lambda month: month.world.clicks)
    database = settlements.make_settled(cluster, month)
    running = world.this_month()
    with closing(cluster.connect(database)) as connected:
        clicks = month.world.clicks // _THIS_MONTHS_PART
        world.add_clicks(
            connected, month.world, clicks=clicks, first=0, month=running.start, until=running.end, report=report
        )
        world.list_buttons(connected)
        # Autovacuum comes by within minutes of a settlement.
        with connected.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
    report("pages: collecting the static files and asking for each page")
    cluster.manage(database, "collectstatic", "--no-input", "--verbosity", "0")
    pages = inside.run(cluster, database, "pages", running.previous, scale.page_requests)
    results = [
        measured(f"page {page['name']}", unit="ms", values=page["milliseconds"], target=_MILLISECONDS)
        for page in pages
    ]
    counts = {page["name"]: len(page["queries"]) for page in pages}
    # One line suffices while all keep the bound; those that don't are named.
    told = [name for name, count in counts.items() if not _QUERIES.holds_for(count)]
    results += [
        measured(f"queries of page {name}", unit="", values=[counts[name]], target=_QUERIES)
        for name in told or [max(counts, key=counts.__getitem__)]
    ]
    return results, {"pages": [_short(page) for page in pages]}


def _short(page: dict[str, Any]) -> dict[str, Any]:
    """Return the page with the beginning of each query, after what it selects."""
    queries = [re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", sql)[:200] for sql in page["queries"]]
    return {**page, "queries": queries}
