"""Where somebody new stands on the way to their first click, read from what they have done so far."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from accounts import queries as accounts_queries
from accounts.models import Subscription, User
from buttons import queries as buttons_queries
from buttons.models import Button
from flattr.period import Period
from payouts.models import Deposit, SettlementSpend
from payouts.queries import balances

SUGGESTED: Final = 6
_LOOKED_AT: Final = 60
"""Among how many of the newest buttons the suggested ones are: one of each creator."""


class Step(IntEnum):
    """What is to be done, in this order."""

    SUM = 1
    PAY = 2
    CLICK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The first step that isn't done, or None; the promise in force, and what of it has to be paid now, in cents."""

    step: Step | None
    promise: Subscription | None
    due_cents: int


def way_of(*, fan: User, now: datetime) -> Way:
    """Return how far the fan has come; money that a bank is sending counts as paid."""
    period = Period.at(now)
    promise = accounts_queries.active_subscription_for(fan=fan, period=period)
    if promise is None:
        return Way(step=Step.SUM, promise=None, due_cents=0)
    due = balances.charge_cents(fan=fan, period=period)
    if due and not Deposit.objects.filter(fan=fan, state=Deposit.State.PROCESSING).exists():
        return Way(step=Step.PAY, promise=promise, due_cents=due)
    has_clicked = buttons_queries.fan_click_count(fan=fan, period=period) > 0
    is_new = not has_clicked and not SettlementSpend.objects.filter(fan=fan).exists()
    return Way(step=Step.CLICK if is_new else None, promise=promise, due_cents=0)


def suggested_buttons(*, fan: User) -> list[Button]:
    """Return some of the newest buttons on proven sites to click first, one of each creator, none of the fan's."""
    newest = (
        Button.objects.filter(hidden_at__isnull=True, site__verified_at__isnull=False)
        .exclude(creator=fan)
        .select_related("creator__creator_profile")
        .order_by("-id")[:_LOOKED_AT]
    )
    by_creator: dict[int, Button] = {}
    for button in newest:
        by_creator.setdefault(button.creator_id, button)
    return list(by_creator.values())[:SUGGESTED]
