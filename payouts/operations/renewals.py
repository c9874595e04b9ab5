"""Charging fans for a month that their balance doesn't cover, and again where that failed."""

from datetime import datetime

from django.db import IntegrityError

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from flattr.period import Period
from flattr.transactions import durable, required, savepoint
from payouts.models import Deposit
from payouts.operations import deposits
from payouts.queries import balances, disputes, renewals


def renew_deposit(*, fan: User, now: datetime) -> Deposit | None:
    """Charge the fan for this month or for one that is near, unless the balance covers it or it was charged for.

    Returns the new deposit, or None where there was nothing to do.
    """
    lead = renewals.lead_of(kind=renewals.kind_of_method(fan=fan))
    for period in sorted({Period.at(now), Period.at(now + lead)}):
        deposit = _open_renewal(fan=fan, period=period, now=now)
        if deposit is not None:
            deposits.charge(deposit=deposit, now=now)
            return deposit
        if renewals.standing(fan=fan, period=period).failures:
            # What is paid for the next month would go to this one.
            return None
    return None


@durable
def _open_renewal(*, fan: User, period: Period, now: datetime) -> Deposit | None:
    """Note the renewal; the unique fan and period say that nobody is charged twice for one month."""
    accounts_operations.lock_fan(fan=fan)
    amount_cents = balances.charge_cents(fan=fan, period=period)
    if amount_cents == 0 or balances.has_open_deposit(fan=fan):
        return None
    if not _may_try(fan=fan, period=period, now=now):
        return None
    try:
        with savepoint():
            return Deposit.objects.create(fan=fan, amount_cents=amount_cents, for_period=period, started_at=now)
    except IntegrityError:
        return None


@required
def _may_try(*, fan: User, period: Period, now: datetime) -> bool:
    """Tell whether a charge for a month may be made now; where none will be any more, tell the fan so, once."""
    if disputes.has_contested(fan=fan):
        return False
    standing = renewals.standing(fan=fan, period=period)
    if standing.is_past_due:
        accounts_operations.notify(
            recipient=fan,
            kind=Notification.Kind.DEPOSIT_PAST_DUE,
            subject_key=f"{period}:{standing.failures}",
            context={"period": str(period)},
            now=now,
        )
        return False
    return standing.next_try_at is None or now >= standing.next_try_at
