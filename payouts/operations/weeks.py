"""What creators are told every week: clicks, supporters, the best buttons, and what the month may bring."""

from datetime import datetime, timedelta

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from flattr.transactions import durable
from payouts.queries import earnings, weeks


def tell_creators_of_week(*, now: datetime) -> None:
    """Owe each creator who got clicks in the week (UTC) before this one an email about it.

    Each is told in a transaction of its own, once a week as a constraint says; a run that was cut short is gone on
    with by the next one.
    """
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    start = monday - timedelta(days=7)
    key = f"{start:%G-W%V}"
    for week in weeks.untold_weeks(start=start, end=monday, key=key):
        _tell(week, key=key, start=start, now=now)


@durable
def _tell(week: weeks.Week, *, key: str, start: datetime, now: datetime) -> None:
    creator = User.objects.get(pk=week.creator_id)
    expected = earnings.forecast(creator=creator, now=now)
    accounts_operations.notify(
        recipient=creator,
        kind=Notification.Kind.CREATOR_WEEK,
        subject_key=key,
        context={
            "day": f"{start:%Y-%m-%d}",
            "clicks": week.clicks,
            "fans": week.fans,
            "best": week.best,
            "low_micros": expected.low_micros,
            "high_micros": expected.high_micros,
        },
        now=now,
    )
