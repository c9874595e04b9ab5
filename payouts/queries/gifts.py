"""What was given beside the cake, as its fans and creators see it."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from flattr import money
from flattr.period import Period
from payouts.models import Gift
from payouts.queries import balances


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Whether a fan's balance has enough for a gift, in cents.

    `spare` is what the month's cake leaves of the balance, rounded down, and `missing` what has to be paid in first.
    """

    balance_micros: int
    reserved_cents: int
    spare_cents: int
    missing_cents: int


def means(*, fan: User, amount_cents: int, now: datetime) -> Means:
    """Return what the fan has for a gift of an amount in cents."""
    balance, reserved = balances.balance_and_reserved(fan=fan, period=Period.at(now))
    short = money.cents_to_micros(amount_cents) - (balance - reserved)
    return Means(
        balance_micros=balance,
        # Rounded up, as nobody can give what is less than a cent.
        reserved_cents=-money.micros_to_cents(-reserved),
        spare_cents=money.micros_to_cents(max(0, balance - reserved)),
        missing_cents=max(0, -money.micros_to_cents(-short)),
    )


def given(*, fan: User, period: Period) -> list[Gift]:
    """Return what the fan gave in a period, oldest first."""
    found = Gift.objects.filter(fan=fan, made_at__gte=period.start, made_at__lt=period.end)
    return list(found.select_related("creator__creator_profile", "button").order_by("made_at", "id"))


def received(*, creator: User, period: Period) -> list[Gift]:
    """Return what the creator was given in a period, oldest first; whoever gave it isn't named."""
    found = Gift.objects.filter(creator=creator, made_at__gte=period.start, made_at__lt=period.end)
    return list(found.select_related("button").order_by("made_at", "id"))
