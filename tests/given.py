"""Scenarios for tests: people by hand, money only through real operations."""

import itertools
import uuid
from datetime import datetime

from accounts.models import CreatorProfile, Subscription, User
from accounts.operations import promise
from buttons import operations as buttons_operations
from buttons.models import Button, Click
from flattr.period import Period
from flattr.transactions import durable
from payouts.gateway import Outcome, Result
from payouts.models import Deposit, Settlement
from payouts.operations import deposits, settlement

_numbers = itertools.count(1)


def user(name: str = "", **fields: object) -> User:
    """Return a user who logs in with the password `password`."""
    number = next(_numbers)
    return User.objects.create_user(f"{name or 'user'}-{number}@example.com", "password", name=name, **fields)


def creator(name: str = "Ada") -> User:
    """Return a user with a creator's page."""
    person = user(name)
    CreatorProfile.objects.create(user=person, slug=f"{name.lower()}-{person.pk}", name=name)
    return person


def button(owner: User | None = None, *, title: str = "A song") -> Button:
    """Return a button, of a new creator if none is given."""
    owner = owner or creator()
    return buttons_operations.create_button(
        creator=owner, url=f"https://site-{owner.pk}.example/{next(_numbers)}", title=title
    )


@durable
def subscription(
    fan: User, *, budget_cents: int, period: Period, state: Subscription.State = Subscription.State.ACTIVE
) -> Subscription:
    """Let the fan promise a budget from a period on."""
    return promise(
        fan=fan,
        budget_cents=budget_cents,
        term_months=1,
        state=state,
        effective_from=period,
        now=period.start,
    )


def deposit(fan: User, *, amount_cents: int, now: datetime, fee_cents: int = 0) -> Deposit:
    """Let the fan pay, successfully."""
    opened = deposits.open_deposit(fan=fan, amount_cents=amount_cents, now=now)
    outcome = Outcome(result=Result.SUCCEEDED, fee_cents=fee_cents)
    deposits.record_deposit(deposit_id=opened.id, outcome=outcome, now=now)
    return Deposit.objects.get(pk=opened.pk)


def funded_fan(name: str = "fan", *, budget_cents: int = 500, period: Period) -> User:
    """Return a fan with a budget from the period on, and a balance of one budget."""
    fan = user(name)
    subscription(fan, budget_cents=budget_cents, period=period)
    deposit(fan, amount_cents=budget_cents, now=period.start)
    return fan


def click(fan: User, clicked: Button, *, now: datetime, times: int = 1) -> list[Click]:
    """Let the fan click a button."""
    return [
        buttons_operations.record_click(click_id=uuid.uuid4(), fan=fan, button=clicked, origin="", now=now)
        for _ in range(times)
    ]


def settled(period: Period, *, now: datetime) -> Settlement:
    """Settle the period as the command does."""
    settlement.settle(period=period, clock=lambda: now, step=lambda _done, _ranges: None)
    return Settlement.objects.get(period=period)


def earned(owner: User, *, micros: int, period: Period, now: datetime) -> None:
    """Let the creator earn about that much gross in a period, which is settled."""
    clicked = button(owner)
    fan = funded_fan(budget_cents=micros // 10_000, period=period)
    click(fan, clicked, now=period.start)
    settled(period, now=now)
