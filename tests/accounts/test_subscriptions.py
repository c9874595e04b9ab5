"""Promises: what a fan sets aside, from when on it counts, and what of it is kept."""

from datetime import datetime

import pytest
from django.db import IntegrityError

from accounts import operations, queries
from accounts.models import Subscription, User
from flattr.period import Period
from flattr.transactions import savepoint
from tests import given

pytestmark = pytest.mark.django_db

State = Subscription.State


@pytest.fixture
def fan() -> User:
    """Return somebody who may promise."""
    return given.user("Grace")


def subscribe(fan: User, now: datetime, *, budget_cents: int = 500, term_months: int = 1) -> Subscription:
    """Promise a budget, or change the promise."""
    return operations.subscribe(fan=fan, budget_cents=budget_cents, term_months=term_months, now=now)


def budget_in(fan: User, period: Period) -> int | None:
    """Return the budget that is to be cut in the period, None where there is none."""
    found = queries.subscription_for(fan=fan, period=period)
    return found.budget_cents if found and found.state == State.ACTIVE else None


def test_the_first_promise_counts_at_once(fan: User, october: Period, mid_october: datetime) -> None:
    """Clicks may be waiting for it, so it is in force from this month on and not before."""
    promised = subscribe(fan, mid_october)

    assert promised.effective_from == october
    assert [budget_in(fan, each) for each in (october.previous, october, october.next)] == [None, 500, 500]
    assert str(promised) == "Grace: 500 cents from 2026-10 (active)"


def test_a_change_counts_from_the_next_month(fan: User, october: Period, mid_october: datetime) -> None:
    """This month's cake stays as it was shown, up or down."""
    subscribe(fan, mid_october)
    assert subscribe(fan, mid_october, budget_cents=900).effective_from == october.next
    subscribe(fan, mid_october, budget_cents=300, term_months=3)

    assert [budget_in(fan, each) for each in (october, october.next)] == [500, 300]


def test_the_newest_row_is_in_force(fan: User, october: Period, mid_october: datetime) -> None:
    """Of several changes in one month the last one wins; nothing is overwritten."""
    for budget in (500, 600, 700, 800):
        subscribe(fan, mid_october, budget_cents=budget)

    assert budget_in(fan, october.next) == 800
    assert [each.budget_cents for each in queries.subscription_history(fan=fan)] == [800, 700, 600, 500]
    assert queries.latest_subscription(fan=fan) == Subscription.objects.latest("id")


def test_saying_the_same_again_adds_nothing(fan: User, october: Period, mid_october: datetime) -> None:
    """A form that is sent twice leaves one row, and returns the one that counts; any difference is a change."""
    first = subscribe(fan, mid_october)
    assert [subscribe(fan, moment) for moment in (mid_october, october.next.start)] == [first, first]
    changed = subscribe(fan, mid_october, term_months=3)
    assert [subscribe(fan, moment, term_months=3) for moment in (mid_october, october.next.start)] == [changed] * 2
    # Resumed in the month of the pause, it counts from the next month on, and is said for this one already.
    operations.set_subscription_state(fan=fan, state=State.PAUSED, now=mid_october)
    assert subscribe(fan, mid_october, term_months=3).effective_from == october.next

    assert [each.state for each in queries.subscription_history(fan=fan)] == ["active", "paused", "active", "active"]
    assert [budget_in(fan, each) for each in (october, october.next)] == [500, 500]


def test_what_counts_from_later_on_is_said_again_for_now(fan: User, october: Period, mid_october: datetime) -> None:
    """A promise for the next month doesn't stand for this one."""
    given.subscription(fan, budget_cents=500, period=october.next)

    assert subscribe(fan, mid_october).effective_from == october
    assert Subscription.objects.count() == 2


@pytest.mark.parametrize("state", [State.PAUSED, State.CANCELLED])
def test_pausing_and_cancelling_count_from_the_next_month(
    state: Subscription.State, fan: User, october: Period, mid_october: datetime
) -> None:
    """What was promised for this month is kept; budget and term are remembered."""
    subscribe(fan, mid_october, term_months=3)
    changed = operations.set_subscription_state(fan=fan, state=state, now=mid_october)

    assert (changed.budget_cents, changed.term_months) == (500, 3)
    assert [budget_in(fan, each) for each in (october, october.next)] == [500, None]


def test_resuming_counts_at_once(fan: User, october: Period, mid_october: datetime) -> None:
    """A fan who comes back after a pause has this month's cake."""
    subscribe(fan, mid_october)
    operations.set_subscription_state(fan=fan, state=State.PAUSED, now=mid_october)
    operations.set_subscription_state(fan=fan, state=State.ACTIVE, now=october.next.last_moment)

    assert [budget_in(fan, each) for each in (october, october.next)] == [500, 500]


def test_a_pause_taken_back_in_the_same_month_never_happens(
    fan: User, october: Period, mid_october: datetime
) -> None:
    """The month that was promised and the next one are as before."""
    subscribe(fan, mid_october)
    operations.set_subscription_state(fan=fan, state=State.PAUSED, now=mid_october)
    resumed = operations.set_subscription_state(fan=fan, state=State.ACTIVE, now=mid_october)

    assert resumed.effective_from == october.next
    assert [budget_in(fan, each) for each in (october, october.next)] == [500, 500]


def test_subscribing_again_after_cancelling_counts_at_once(fan: User, october: Period, mid_october: datetime) -> None:
    """A new beginning is a beginning."""
    subscribe(fan, mid_october)
    operations.set_subscription_state(fan=fan, state=State.CANCELLED, now=mid_october)
    again = subscribe(fan, october.end, budget_cents=700)

    assert again.effective_from == october.next
    assert [budget_in(fan, each) for each in (october, october.next)] == [500, 700]


def test_there_must_be_something_to_change(fan: User, mid_october: datetime) -> None:
    """Without a promise nothing can be paused, and a state is not entered twice."""
    for state in State:
        with pytest.raises(operations.NothingToChange, match="state: "):
            operations.set_subscription_state(fan=fan, state=state, now=mid_october)
    subscribe(fan, mid_october)
    with pytest.raises(operations.NothingToChange, match="to make active"):
        operations.set_subscription_state(fan=fan, state=State.ACTIVE, now=mid_october)
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize("budget", [-500, 0, 199, 50_001])
def test_a_budget_out_of_range_is_refused(budget: int, fan: User, mid_october: datetime) -> None:
    """The refusal names the field and the limits, and nothing is promised."""
    with pytest.raises(
        operations.BudgetOutOfRange, match=f"budget_cents: {budget} is not between 200 and 50000 cents"
    ):
        subscribe(fan, mid_october, budget_cents=budget)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("budget", [200, 50_000])
def test_the_limits_belong_to_the_range(budget: int, fan: User, mid_october: datetime) -> None:
    """Exactly 2 EUR and exactly 500 EUR are taken."""
    assert subscribe(fan, mid_october, budget_cents=budget).budget_cents == budget


@pytest.mark.parametrize("term", [0, 2, 12])
def test_an_unknown_term_is_refused(term: int, fan: User, mid_october: datetime) -> None:
    """There are terms of one month and of three."""
    with pytest.raises(operations.UnknownTerm, match=f"term_months: {term} is neither 1 nor 3"):
        subscribe(fan, mid_october, term_months=term)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"budget_cents": 199}, "subscription_budget_within_limits"),
        ({"budget_cents": 50_001}, "subscription_budget_within_limits"),
        ({"term_months": 2}, "subscription_term_known"),
        ({"state": "asleep"}, "subscription_state_known"),
    ],
)
def test_the_database_holds_the_same_limits(
    change: dict[str, object], constraint: str, fan: User, mid_october: datetime
) -> None:
    """A path that forgets to ask is stopped all the same."""
    subscribe(fan, mid_october)

    with pytest.raises(IntegrityError, match=constraint), savepoint():
        Subscription.objects.update(**change)


def test_only_fans_whose_budget_is_to_be_cut_are_active(october: Period, mid_october: datetime) -> None:
    """Paused, future and deactivated fans are not charged; each other fan comes once, with the row in force."""
    active, paused, future, gone = (given.user() for _ in range(4))
    for fan in (active, paused, gone):
        subscribe(fan, mid_october)
    subscribe(active, mid_october, budget_cents=900)
    subscribe(future, october.end)
    operations.set_subscription_state(fan=paused, state=State.PAUSED, now=mid_october)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    assert {each.fan: each.budget_cents for each in queries.active_subscriptions(period=october)} == {
        active: 500,
        paused: 500,
    }
    assert {each.fan: each.budget_cents for each in queries.active_subscriptions(period=october.next)} == {
        active: 900,
        future: 500,
    }
