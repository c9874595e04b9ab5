"""Settlements of fans with caps: given is what the caps let, and a killed run ends like an undisturbed one."""

import functools
from collections import Counter
from datetime import datetime

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from buttons.models import Button
from flattr.period import Period
from payouts.models import Settlement, SettlementLine, SettlementSpend
from payouts.operations import caps, settlement
from payouts.queries import balances, books
from payouts.split import split_spend
from tests import given

EURO = 1_000_000

Month = list[tuple[int, list[int], dict[int, int]]]
months = st.lists(
    st.tuples(
        st.integers(200, 50_000),
        st.lists(st.integers(0, 4), max_size=6),
        st.dictionaries(st.integers(0, 2), st.integers(1, 50_000), max_size=3),
    ),
    max_size=5,
)
"""By fan: the budget in cents, which buttons were clicked, and by creator the cap in cents."""


def buttons_of_three() -> list[Button]:
    """Return five buttons: two of a first creator, two of a second and one of a third."""
    creators = [given.creator() for _ in range(3)]
    return [given.button(creators[place // 2]) for place in range(5)]


def capped_fan(period: Period, buttons: list[Button], clicks: list[int], limits: dict[int, int]) -> User:
    """Return a fan with 5 EUR who clicks a button so many times each, and caps creators by their place."""
    fan = given.funded_fan(period=period)
    for each, times in zip(buttons, clicks, strict=False):
        given.click(fan, each, now=period.start, times=times)
    for place, most_cents in limits.items():
        caps.set_cap(fan=fan, creator=buttons[2 * place].creator, most_cents=most_cents, now=period.start)
    return fan


def got(fan: User) -> dict[int, int]:
    """Return what the fan gave by button, in micros."""
    return dict(SettlementLine.objects.filter(fan=fan).values_list("button_id", "amount_micros"))


@pytest.mark.django_db
def test_what_is_over_a_cap_goes_to_the_others(october: Period, after_october: datetime) -> None:
    """The creator's buttons share the cap by clicks, the others the rest; the whole budget is given."""
    buttons = buttons_of_three()
    fan = capped_fan(october, buttons, [2, 1, 1, 0, 1], {0: 150})
    other = capped_fan(october, buttons, [2, 1, 1, 0, 1], {})
    given.settled(october, now=after_october)
    ids = [each.pk for each in buttons]

    assert got(fan) == {ids[0]: EURO, ids[1]: 500_000, ids[2]: 1_750_000, ids[4]: 1_750_000}
    assert got(other) == {ids[0]: 2 * EURO, ids[1]: EURO, ids[2]: EURO, ids[4]: EURO}
    assert balances.fan_balance_micros(fan=fan) == 0


@pytest.mark.django_db
def test_where_everybody_is_full_the_rest_stays_with_the_fan(october: Period, after_october: datetime) -> None:
    """The spend is what was given, and what wasn't is there for the next month."""
    fan = capped_fan(october, buttons_of_three(), [3, 0, 1], {0: 150, 1: 25})
    given.settled(october, now=after_october)
    spend = SettlementSpend.objects.get()

    assert sorted(got(fan).values()) == [250_000, 1_500_000]
    assert (spend.budget_micros, spend.spend_micros, spend.clicks) == (5 * EURO, 1_750_000, 4)
    assert balances.fan_balance_micros(fan=fan) == 3_250_000
    assert balances.spendable_micros(fan=fan, period=october.next) == 3_250_000


@pytest.mark.django_db
def test_a_cap_set_after_the_month_leaves_the_month_alone(october: Period, after_october: datetime) -> None:
    """Even where the settlement is late."""
    fan = capped_fan(october, buttons_of_three(), [1, 0, 1], {})
    caps.set_cap(fan=fan, creator=Button.objects.earliest("pk").creator, most_cents=1, now=after_october)
    given.settled(october, now=after_october)

    assert sorted(got(fan).values()) == [2_500_000, 2_500_000]


@pytest.mark.django_db
def test_while_a_month_is_cut_its_whole_budget_is_claimed(october: Period, after_october: datetime) -> None:
    """What the caps leave is free once the fan's range is done, and not a moment before."""
    fan = capped_fan(october, buttons_of_three(), [1], {0: 100})
    opened = settlement.open_settlement(period=october, now=after_october)

    assert balances.spendable_micros(fan=fan, period=october.next) == 0

    settlement.settle_range(settlement_id=opened.pk, number=0, now=after_october)
    assert balances.spendable_micros(fan=fan, period=october.next) == 4 * EURO


def month_of_five_fans(period: Period) -> None:
    """Let five fans click, of whom the first, third and fifth have caps; the fifth gives less than the budget."""
    buttons = buttons_of_three()
    capped_fan(period, buttons, [3, 3, 1, 0, 1], {0: 101})
    capped_fan(period, buttons, [1, 2, 3, 4, 5], {})
    capped_fan(period, buttons, [1, 1, 1, 1, 1], {0: 33, 1: 50_000, 2: 17})
    capped_fan(period, buttons, [0, 0, 0, 0, 7], {})
    capped_fan(period, buttons, [7, 1, 0, 0, 1], {0: 211, 2: 99})


@pytest.mark.django_db
@pytest.mark.parametrize("steps", range(5))
def test_a_killed_settlement_with_caps_goes_on_to_the_same_digest(
    steps: int, october: Period, after_october: datetime, settings: Settings
) -> None:
    """Whichever step was the last before the end: the same to the micro, and the books hold all the time."""
    settings.SETTLEMENT_RANGE_FANS = 2
    month_of_five_fans(october)
    before = transaction.savepoint()
    undisturbed = given.settled(october, now=after_october).digest
    transaction.savepoint_rollback(before)

    opened = settlement.open_settlement(period=october, now=after_october)
    each_step = [
        *(functools.partial(settlement.settle_range, number=number) for number in (2, 0, 1)),
        functools.partial(settlement.finish_settlement),
    ]
    for call in each_step[:steps]:
        for _twice in range(2):
            call(settlement_id=opened.pk, now=after_october)
    assert books.check_books() == []
    # Life goes on meanwhile: what is said now is for the next month.
    for fan in User.objects.filter(caps__isnull=False).distinct():
        caps.set_cap(fan=fan, creator=Button.objects.earliest("pk").creator, most_cents=1, now=after_october)

    assert given.settled(october, now=after_october).digest == undisturbed
    assert not settlement.settle(period=october, clock=lambda: after_october, step=lambda _done, _all: None)
    assert Settlement.objects.get().digest == undisturbed
    assert books.check_everything() == []


@pytest.mark.django_db
@drawn(month=months, range_fans=st.integers(1, 4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_month_with_caps_balances(
    month: Month, range_fans: int, october: Period, after_october: datetime
) -> None:
    """Whatever fans promise, click and cap: each gives what the split says, keeps the rest, and the books hold."""
    before = transaction.savepoint()
    try:
        _settle_and_check(month, range_fans, october, after_october)
    finally:
        transaction.savepoint_rollback(before)


def _settle_and_check(month: Month, range_fans: int, period: Period, now: datetime) -> None:
    buttons = buttons_of_three()
    expected: dict[int, dict[int, int]] = {}
    for budget, clicked, limits in month:
        fan = given.funded_fan(budget_cents=budget, period=period)
        for place in clicked:
            given.click(fan, buttons[place], now=period.start)
        for place, most_cents in limits.items():
            caps.set_cap(fan=fan, creator=buttons[2 * place].creator, most_cents=most_cents, now=period.start)
        expected[fan.pk] = split_spend(
            spend_micros=budget * 10_000,
            clicks=Counter(buttons[place].pk for place in clicked),
            creators={each.pk: each.creator_id for each in buttons},
            caps={buttons[2 * place].creator_id: most_cents * 10_000 for place, most_cents in limits.items()},
        )
    with override_settings(SETTLEMENT_RANGE_FANS=range_fans):
        given.settled(period, now=now)

    for (budget, _, _), (fan_id, shares) in zip(month, expected.items(), strict=True):
        fan = User.objects.get(pk=fan_id)
        assert got(fan) == shares
        assert balances.fan_balance_micros(fan=fan) == budget * 10_000 - sum(shares.values())
    assert books.check_books() == []
