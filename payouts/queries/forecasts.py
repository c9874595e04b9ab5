"""What would happen if the month ended now."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from accounts import queries as accounts_queries
from accounts.models import Subscription, User
from buttons import queries as buttons_queries
from buttons.models import Button
from buttons.queries import ClickedButton
from flattr import money
from flattr.period import Period
from payouts.models import CreatorCap
from payouts.queries import balances, caps
from payouts.queries.caps import Effect
from payouts.split import Capped, Level, level, quota_micros, split_spend

COLOURS: Final = 8
"""How many colours the drawing of a cake has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One button's part of this month's cake, as it stands."""

    clicked: ClickedButton
    amount_micros: int

    @property
    def clicks(self) -> int:
        """Return the fan's clicks for the button."""
        return self.clicked.clicks


@dataclass(frozen=True, slots=True, kw_only=True)
class Cake:
    """A fan's month so far, as it would be cut now.

    Amounts in micros; `spend` is what there is to cut, of which caps may leave a part. `capped` are the creators with
    a cap that were clicked.
    """

    period: Period
    subscription: Subscription | None
    balance_micros: int
    budget_micros: int
    spend_micros: int
    clicks: int
    slices: list[Slice]
    caps: list[CreatorCap]
    capped: Mapping[int, Capped]

    @property
    def is_funded(self) -> bool:
        """Tell whether the balance covers the whole budget."""
        return 0 < self.budget_micros <= self.spend_micros

    @property
    def click_worth_micros(self) -> int:
        """Return what one click is worth now where no cap is reached, rounded down, 0 where there is none."""
        left = self._level(self.clicks, self.capped)
        return left.micros // left.clicks if left.clicks else 0

    @property
    def kept_micros(self) -> int:
        """Return what stays with the fan since everybody clicked is at their cap."""
        return self.spend_micros - sum(each.amount_micros for each in self.slices) if self.slices else 0

    @property
    def latest(self) -> Slice | None:
        """Return the slice that was clicked last, or None without clicks."""
        return max(self.slices, key=lambda each: each.clicked.clicked_at, default=None)

    def changed_micros(self, changed: Slice, *, more: int) -> int:
        """Return what a button would get with so many clicks more, or less where negative, rounded down."""
        creator = changed.clicked.creator_id
        capped = dict(self.capped)
        own = capped.pop(creator, None)
        if own is not None and own.clicks + more > 0:
            capped[creator] = Capped(micros=own.micros, clicks=own.clicks + more)
        left = self._level(self.clicks + more, capped)
        return quota_micros(left=left, clicks=changed.clicks + more, creator=creator, capped=capped)

    def caps_now(self) -> list[Effect]:
        """Return the fan's caps with what each of them does now."""
        got, clicks = Counter[int](), Counter[int]()
        for each in self.slices:
            got[each.clicked.creator_id] += each.amount_micros
            clicks[each.clicked.creator_id] += each.clicks
        return caps.effects(caps=self.caps, spend_micros=self.spend_micros, clicks=clicks, got_micros=got)

    def _level(self, clicks: int, capped: Mapping[int, Capped]) -> Level:
        return level(spend_micros=self.spend_micros, clicks=clicks, capped=capped)


def cake_of(*, fan: User, period: Period) -> Cake:
    """Return the fan's cake of the period as it would be cut now, the most clicked first."""
    subscription = accounts_queries.subscription_for(fan=fan, period=period)
    is_active = subscription is not None and subscription.state == Subscription.State.ACTIVE
    budget = money.cents_to_micros(subscription.budget_cents) if subscription and is_active else 0
    balance, spendable = balances.balance_and_spendable(fan=fan, period=period)
    spend = min(budget, spendable)
    clicked = buttons_queries.clicked_buttons(fan=fan, period=period)
    own_caps = list(caps.caps_of(fan=fan, period=period))
    most = {cap.creator_id: money.cents_to_micros(cap.most_cents) for cap in own_caps if cap.most_cents is not None}
    shares = split_spend(
        spend_micros=spend,
        clicks={each.button_id: each.clicks for each in clicked},
        creators={each.button_id: each.creator_id for each in clicked},
        caps=most,
    )
    clicks = Counter[int]()
    for each in clicked:
        clicks[each.creator_id] += each.clicks
    return Cake(
        period=period,
        subscription=subscription,
        balance_micros=balance,
        budget_micros=budget,
        spend_micros=spend,
        clicks=clicks.total(),
        slices=[Slice(clicked=each, amount_micros=shares[each.button_id]) for each in clicked],
        caps=own_caps,
        capped=caps.capped_creators(caps=own_caps, clicks=clicks),
    )


def _age(each: Slice) -> int:
    return (datetime.max.replace(tzinfo=UTC) - each.clicked.clicked_at) // timedelta(microseconds=1)


def _by_clicks(each: Slice) -> tuple[int | str, ...]:
    return -each.clicks, _age(each), each.clicked.button_id


def _by_latest(each: Slice) -> tuple[int | str, ...]:
    return _age(each), each.clicked.button_id


ORDERS: Final[Mapping[str, Callable[[Slice], tuple[int | str, ...]]]] = {"clicks": _by_clicks, "latest": _by_latest}
"""By what slices can be ordered without asking for more, and each one's key then."""

BY_CREATOR: Final = "creator"


def ordered(cake: Cake, *, order: str) -> tuple[list[Slice], Callable[[Slice], tuple[int | str, ...]]]:
    """Return the slices in one of the `ORDERS` or by the creators' names, and the key that they are ordered by."""
    key = ORDERS.get(order, _by_creator)
    return sorted(cake.slices, key=key), key


def _by_creator(each: Slice) -> tuple[int | str, ...]:
    # So much of a name is enough to be found by, and keeps the addresses of later pages short.
    return each.clicked.creator_name.casefold()[:8], each.clicked.creator_id, *_by_clicks(each)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSlice:
    """A slice as a page shows it: with its button, and what it would get with one click more or less, in micros."""

    button: Button
    clicks: int
    latest_click_id: str
    amount_micros: int
    more_micros: int
    less_micros: int
    colour: int
    cap: CreatorCap | None


def shown(cake: Cake, slices: Sequence[Slice]) -> list[ShownSlice]:
    """Return some of the cake's slices as a page shows them."""
    found = Button.objects.select_related("creator__creator_profile").in_bulk(
        [each.clicked.button_id for each in slices]
    )
    cap_of = {cap.creator_id: cap for cap in cake.caps}
    return [
        ShownSlice(
            button=found[each.clicked.button_id],
            clicks=each.clicks,
            latest_click_id=each.clicked.latest_click_id,
            amount_micros=each.amount_micros,
            more_micros=cake.changed_micros(each, more=1),
            less_micros=cake.changed_micros(each, more=-1),
            colour=number % COLOURS,
            cap=cap_of.get(each.clicked.creator_id),
        )
        for number, each in enumerate(slices)
    ]
