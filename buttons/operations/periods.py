"""Writes about periods: each has a partition of clicks, is closed once, and stays closed."""

from datetime import datetime

from django.db import connection

from buttons.models import ClosedPeriod
from flattr.period import Period
from flattr.transactions import durable, required


@durable
def make_partitions(*, now: datetime) -> list[Period]:
    """Make the partitions of clicks for this period and the next two; return those that were missing."""
    period = Period.at(now)
    return [each for each in (period, period.next, period.shift(2)) if make_partition(period=each)]


@required
def make_partition(*, period: Period) -> bool:
    """Make the period's partition of clicks; return False where there is one. Clicks go on meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT buttons_make_click_partition(%s)", [period.first_day])
        made: bool = cursor.fetchone() == (True,)
        return made


@required
def close_period(*, period: Period, now: datetime) -> None:
    """Close a period to clicks for good; closing it twice changes nothing.

    Every click holds a shared lock on its period until it is committed (see the trigger in
    `migrations/0002`), so taking that lock alone here waits for the last click under way.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(buttons_period_lock(%s))", [period.first_day])
        ClosedPeriod.objects.bulk_create([ClosedPeriod(period=period, closed_at=now)], ignore_conflicts=True)
        # What a button got in months that are over is counted here, for the last time.
        cursor.execute(
            "INSERT INTO buttons_monthlyclicks (button_id, period, clicks)"
            " SELECT button_id, period, count(*) FROM buttons_click WHERE period = %s AND undone_at IS NULL"
            " GROUP BY button_id, period ORDER BY button_id ON CONFLICT DO NOTHING",
            [period.first_day],
        )


@required
def keep_period_open(*, period: Period) -> bool:
    """Keep a period from being closed until the transaction ends, as a click does; return False if it is closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(buttons_period_lock(%s))", [period.first_day])
    return not ClosedPeriod.objects.filter(period=period).exists()
