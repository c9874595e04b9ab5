"""What everybody may know of the whole: what was given so far, to how many, and how much this month is clicked."""

from dataclasses import dataclass
from typing import Final

from django.core.cache import caches
from django.db import connection

from flattr.period import Period

SECONDS: Final = 600
"""How long a process remembers the totals."""

EXACT_UNTIL: Final = 100_000
"""How many clicks of the month are counted one by one; beyond that the database's own estimate is as good."""

_TOTALS: Final = """
    SELECT
        (SELECT coalesce(sum(debits_micros), 0)::bigint FROM ledger_ledgeraccount WHERE kind = 'settlement_clearing'),
        (SELECT count(*) FROM accounts_creatorprofile AS profile WHERE NOT EXISTS (
            SELECT FROM accounts_closing AS closing
            WHERE closing.user_id = profile.user_id AND closing.begun_at IS NOT NULL)),
        CASE WHEN rows.estimate > %(exact_until)s THEN rows.estimate ELSE
            (SELECT count(*) FROM buttons_click WHERE period = %(period)s AND undone_at IS NULL) END,
        rows.estimate <= %(exact_until)s
    FROM (
        SELECT coalesce(max(greatest(pg_stat_get_live_tuples(oid), reltuples)), 0)::bigint AS estimate
        FROM pg_class WHERE oid = to_regclass(%(partition)s)
    ) AS rows
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What fans gave since the beginning, in micros; open creators' pages; clicks of the month, or about how many."""

    given_micros: int
    creators: int
    clicks: int
    clicks_are_exact: bool


def totals(*, period: Period) -> Totals:
    """Return the totals in a period, not older than `SECONDS`, by at most one query.

    It reads no history: what was given is one counter of the ledger, whose account each cake passes on its way to
    the creators, and a month with many clicks is as large as the database takes its partition for.
    """
    key = f"totals {period}"
    found: Totals | None = caches["process"].get(key)
    if found is None:
        found = _read(period)
        caches["process"].set(key, found, SECONDS)
    return found


def _read(period: Period) -> Totals:
    with connection.cursor() as cursor:
        cursor.execute(
            _TOTALS,
            {
                "exact_until": EXACT_UNTIL,
                "period": period.first_day,
                "partition": f"buttons_click_{period.year}_{period.month:02}",
            },
        )
        given, creators, clicks, is_exact = cursor.fetchone()
    return Totals(given_micros=given, creators=creators, clicks=clicks, clicks_are_exact=is_exact)
