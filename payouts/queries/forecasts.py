"""What would happen if the month ended now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from accounts import queries as accounts_queries
from accounts.models import Subscription, User
from buttons import queries as buttons_queries
from buttons.models import Button
from flattr import money
from flattr.period import Period
from payouts.queries import balances
from payouts.split import split_spend

COLOURS: Final = 8
"""How many colours the drawing of a cake has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One button's part of this month's cake, as it stands."""

    button: Button
    clicks: int
    latest_click_id: str
    clicked_at: datetime
    amount_micros: int
    colour: int

    @property
    def key(self) -> tuple[int, int, int]:
        """Return by what slices are ordered: the most clicked, then those clicked last, come first."""
        age = (datetime.max.replace(tzinfo=UTC) - self.clicked_at) // timedelta(microseconds=1)
        return -self.clicks, age, self.button.pk


@dataclass(frozen=True, slots=True, kw_only=True)
class Cake:
    """A fan's month so far. Amounts in micros; `spend` is what would be cut if it ended now."""

    period: Period
    subscription: Subscription | None
    budget_micros: int
    spend_micros: int
    clicks: int
    slices: list[Slice]

    @property
    def is_funded(self) -> bool:
        """Tell whether the balance covers the whole budget."""
        return 0 < self.budget_micros <= self.spend_micros

    @property
    def click_worth_micros(self) -> int:
        """Return what one click is worth now, rounded down, 0 without clicks."""
        return self.spend_micros // self.clicks if self.clicks else 0


def cake_of(*, fan: User, period: Period) -> Cake:
    """Return the fan's cake of the period as it would be cut now."""
    subscription = accounts_queries.subscription_for(fan=fan, period=period)
    is_active = subscription is not None and subscription.state == Subscription.State.ACTIVE
    budget = money.cents_to_micros(subscription.budget_cents) if subscription and is_active else 0
    spend = min(budget, balances.spendable_micros(fan=fan, period=period))
    clicked = buttons_queries.clicked_buttons(fan=fan, period=period)
    shares = split_spend(spend_micros=spend, clicks={each.button.pk: each.clicks for each in clicked})
    return Cake(
        period=period,
        subscription=subscription,
        budget_micros=budget,
        spend_micros=spend,
        clicks=sum(each.clicks for each in clicked),
        slices=[
            Slice(
                button=each.button,
                clicks=each.clicks,
                latest_click_id=each.latest_click_id,
                clicked_at=each.clicked_at,
                amount_micros=shares[each.button.pk],
                colour=number % COLOURS,
            )
            for number, each in enumerate(clicked)
        ],
    )
