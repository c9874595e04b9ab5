"""Writes about caps: a fan says how much of their cake a creator may get."""

from datetime import datetime
from typing import Final

from accounts import operations as accounts_operations
from accounts.models import BUDGET_CENTS_MAX, User
from buttons.operations import periods
from buttons.operations.clicks import PeriodClosed
from flattr.period import Period
from flattr.transactions import durable
from payouts.models import CreatorCap
from payouts.models.caps import CAP_CENTS_MIN
from payouts.queries import caps

CAPS_MAX: Final = 100
"""How many caps of a fan are in force at once: all of them are shown on one page, and asked for by each cut."""


class CapOutOfRange(ValueError):
    """The cap is below a cent or above the largest budget."""

    def __init__(self, most_cents: int) -> None:
        super().__init__(f"most_cents: {most_cents} is not between {CAP_CENTS_MIN} and {BUDGET_CENTS_MAX} cents")


class OwnCap(ValueError):
    """Nobody clicks their own buttons, so there is nothing to cap."""


class TooManyCaps(ValueError):
    """The fan has as many caps as one may have."""


@durable
def set_cap(*, fan: User, creator: User, most_cents: int | None, now: datetime) -> None:
    """Let a creator get at most so many cents of the fan's cake, this month and each after it; None lifts the cap.

    It can be changed as long as the month's clicks can be undone. Saying what was said before changes nothing.

    :raises CapOutOfRange: below 1 or above 50,000 cents.
    :raises OwnCap: if the creator is the fan.
    :raises TooManyCaps: if the fan has caps for 100 other creators.
    :raises PeriodClosed: if the month was closed in this very moment.
    """
    if most_cents is not None and not CAP_CENTS_MIN <= most_cents <= BUDGET_CENTS_MAX:
        raise CapOutOfRange(most_cents)
    if fan == creator:
        msg = "creator: nobody gets anything of their own cake"
        raise OwnCap(msg)
    period = Period.at(now)
    # Before the fan is locked: whoever closes a month holds it alone.
    if not periods.keep_period_open(period=period):
        msg = f"period: {period} is closed"
        raise PeriodClosed(msg)
    accounts_operations.lock_fan(fan=fan)
    standing = {cap.creator_id: cap.most_cents for cap in caps.caps_of(fan=fan, period=period)}
    if standing.get(creator.pk) == most_cents:
        return
    if most_cents is not None and creator.pk not in standing and len(standing) >= CAPS_MAX:
        msg = f"most_cents: there are {CAPS_MAX} caps already; lift one first"
        raise TooManyCaps(msg)
    CreatorCap.objects.update_or_create(
        fan=fan, creator=creator, period=period, defaults={"most_cents": most_cents, "changed_at": now}
    )
