"""When money that moves is booked: never into a month that is closed, whose statement stands."""

from datetime import UTC, datetime

from django.conf import settings

from accounts.models import User
from buttons import queries as buttons_queries
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import required
from payouts.models import SettlementSpend
from payouts.queries import due


class BeingSettled(ValueError):
    """A settlement that isn't finished has fixed what the fan gives; whose it is then is known at its end."""

    def __init__(self, fan: User) -> None:
        super().__init__(f"fan: a month of {fan.pk} is being settled")


@required
def open_moment(*, wanted: datetime, now: datetime) -> datetime:
    """Return the wanted moment, or the first one from now on where its month or a later one is closed.

    Until the transaction ends, nobody closes a month up to now: what a fan's clicks claim stays as it
    is read after this, and so does what a settlement will find. Ask before any account is locked, since
    this waits for whoever closes a month just now.
    """
    for period in sorted({Period.at(wanted), Period.at(now), *due.unsettled_periods(until=Period.at(now))}):
        periods.keep_period_open(period=period)
    closed = buttons_queries.newest_closed_period()
    if closed is None or closed.end <= wanted:
        return wanted
    # The clock of a process that was paused may stand in a closed month, too.
    later = max(now, closed.end)
    return open_moment(wanted=later, now=later)


def withdrawable_from(period: Period) -> datetime:
    """Return the moment (UTC) from which a creator can withdraw what came in a period: a day of the next one."""
    return datetime(period.next.year, period.next.month, settings.HOLD_UNTIL_DAY, tzinfo=UTC)


@required
def require_settled(*, fan: User) -> None:
    """Raise while a settlement that has fixed a spend of the fan's isn't finished.

    Whoever takes from a fan's balance what clicks claim asks this, after `open_moment`: else the settlement would
    lack what it has fixed, and the creators who get it could not be asked for it.

    :raises BeingSettled: for that.
    """
    if SettlementSpend.objects.filter(fan=fan, settlement__finished_at__isnull=True).exists():
        raise BeingSettled(fan)
