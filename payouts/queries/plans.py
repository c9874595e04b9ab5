"""What a fan's promise comes to from now on: how long the balance lasts, and when the next charge is."""

from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Subscription
from flattr import money
from flattr.period import Period
from payouts.queries import renewals


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """When which month will be charged for, and how much in cents, if every month until then is cut whole."""

    on: date
    period: Period
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The promise in force, the one that takes its place next month if there is one, and what the balance does."""

    period: Period
    current: Subscription | None
    coming: Subscription | None
    charge: Charge | None

    @property
    def last_day(self) -> date:
        """Return the last day on which the promise in force counts."""
        return self.period.last_moment.date()

    @property
    def next_day(self) -> date:
        """Return the first day of the next month, from which changes count."""
        return self.period.next.first_day

    @property
    def lasts_until(self) -> Period | None:
        """Return the last month that the balance covers; None where it doesn't cover this one or none is to come."""
        return None if self.charge is None or self.is_short else self.charge.period.previous

    @property
    def is_short(self) -> bool:
        """Tell whether the balance doesn't cover the running month."""
        return self.charge is not None and self.charge.period == self.period


def plan_of(
    *, current: Subscription | None, latest: Subscription | None, spendable_micros: int, kind: str, now: datetime
) -> Plan:
    """Return the plan of a fan who said `latest` last, while `current` is in force.

    `spendable_micros` is what the months before leave of the balance. `kind` is that of what the fan pays by, which
    says how long before a month it is charged for.
    """
    period = Period.at(now)
    short = _first_short(current=current, latest=latest, spendable_micros=spendable_micros, period=period)
    promise = current if short == period else latest
    charge = None
    if short is not None and promise is not None:
        charge = Charge(
            on=max(now, short.start - renewals.lead_of(kind=kind)).date(),
            period=short,
            amount_cents=promise.budget_cents * promise.term_months,
        )
    return Plan(period=period, current=current, coming=latest if latest != current else None, charge=charge)


def _first_short(
    *, current: Subscription | None, latest: Subscription | None, spendable_micros: int, period: Period
) -> Period | None:
    """Return the first month with a budget that the balance doesn't cover, or None where no budget is to come."""
    own, coming = _budget_micros(current), _budget_micros(latest)
    if spendable_micros < own:
        return period
    return period.next.shift((spendable_micros - own) // coming) if coming else None


def _budget_micros(promise: Subscription | None) -> int:
    """Return what a promise has cut in a month, in micros."""
    is_active = promise is not None and promise.state == Subscription.State.ACTIVE
    return money.cents_to_micros(promise.budget_cents) if promise and is_active else 0
