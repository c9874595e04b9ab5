"""How it stands with charging a fan for a month."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, Q, Subquery

from accounts.models import User
from flattr.period import Period
from payouts.gateway import HARD_REASONS
from payouts.models import Deposit, PaymentMethod

TRY_AFTER: Final = (timedelta(0), timedelta(days=3), timedelta(days=7))
"""When a charge is tried, from the first time on."""

LEAD: Final = {"card": timedelta(days=5), "sepa_debit": timedelta(days=10)}
"""How long before a month its charge is made, so that the money is there when the month is cut."""

LONGEST_LEAD: Final = max(LEAD.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The tries for a month that failed with what the fan pays by now, and when there will be another (UTC).

    `is_past_due` says that there will be none until the fan does something.
    """

    failures: int
    next_try_at: datetime | None
    is_past_due: bool


def standing(*, fan: User, period: Period) -> Standing:
    """Tell how it stands with a month.

    A charge that the fan was to confirm and didn't in time has failed like one that was declined. What failed before
    the fan changed what they pay by counts no more.
    """
    failed = Deposit.objects.filter(
        fan=fan, for_period=period, state__in=[Deposit.State.DECLINED, Deposit.State.EXPIRED]
    )
    since = PaymentMethod.objects.filter(fan=fan).values("changed_at")
    failed = failed.filter(Q(started_at__gt=Subquery(since)) | ~Exists(since))
    tries = list(failed.order_by("started_at").values_list("started_at", "reason"))
    if not tries:
        return Standing(failures=0, next_try_at=None, is_past_due=False)
    is_hard = any(reason in HARD_REASONS for _started_at, reason in tries)
    if is_hard or len(tries) >= len(TRY_AFTER):
        return Standing(failures=len(tries), next_try_at=None, is_past_due=True)
    return Standing(failures=len(tries), next_try_at=tries[0][0] + TRY_AFTER[len(tries)], is_past_due=False)


def kind_of_method(*, fan: User) -> str:
    """Return the kind of what the fan pays by, empty where there is none."""
    return PaymentMethod.objects.filter(fan=fan).values_list("kind", flat=True).first() or ""


def lead_of(*, kind: str) -> timedelta:
    """Return how long before a month a method of that kind is charged for it; where none is saved, as a card."""
    return LEAD.get(kind, LEAD["card"])
