"""How it stands with charging a fan for a month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from accounts.models import User
from flattr.period import Period
from payouts.gateway import HARD_REASONS
from payouts.models import Deposit, PaymentMethod

TRY_AFTER: Final = (timedelta(0), timedelta(days=3), timedelta(days=7))
"""When a charge is tried, from the first time on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The tries for a month that were declined with what the fan pays by now, and when there will be another (UTC).

    `is_past_due` says that there will be none until the fan does something.
    """

    declines: int
    next_try_at: datetime | None
    is_past_due: bool


def standing(*, fan: User, period: Period) -> Standing:
    """Tell how it stands with a month."""
    declined = Deposit.objects.filter(fan=fan, for_period=period, state=Deposit.State.DECLINED)
    method = PaymentMethod.objects.filter(fan=fan).first()
    return standing_of(deposits=declined, period=period, method=method)


def standing_of(*, deposits: Iterable[Deposit], period: Period, method: PaymentMethod | None) -> Standing:
    """Tell by a fan's deposits how it stands with a month.

    What was declined before the fan changed what they pay by counts no more.
    """
    since = method.changed_at if method else None
    tries = sorted(
        (deposit.started_at, deposit.reason)
        for deposit in deposits
        if (deposit.for_period, deposit.state) == (period, Deposit.State.DECLINED)
        and (since is None or deposit.started_at > since)
    )
    if not tries:
        return Standing(declines=0, next_try_at=None, is_past_due=False)
    is_hard = any(reason in HARD_REASONS for _started_at, reason in tries)
    if is_hard or len(tries) >= len(TRY_AFTER):
        return Standing(declines=len(tries), next_try_at=None, is_past_due=True)
    return Standing(declines=len(tries), next_try_at=tries[0][0] + TRY_AFTER[len(tries)], is_past_due=False)


def kind_of_method(*, fan: User) -> str:
    """Return the kind of what the fan pays by, empty where there is none."""
    return PaymentMethod.objects.filter(fan=fan).values_list("kind", flat=True).first() or ""
