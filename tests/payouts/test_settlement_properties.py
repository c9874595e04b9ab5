"""Any month at all: whatever fans promise, pay and click, the money adds up."""

from datetime import datetime

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flattr.period import Period
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import SettlementEarning, SettlementLine, SettlementSpend
from payouts.queries import books
from tests import given as scenario

Month = list[tuple[int, int, list[int]]]
months = st.lists(
    st.tuples(st.integers(200, 50_000), st.integers(0, 60_000), st.lists(st.integers(0, 2), max_size=5)), max_size=5
)


@pytest.mark.django_db
@given(month=months, range_fans=st.integers(1, 4), basis_points=st.integers(0, 5000))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_month_balances(
    month: Month,
    range_fans: int,
    basis_points: int,
    october: Period,
    after_october: datetime,
) -> None:
    """Each fan pays exactly min(budget, balance) where there are clicks; creators and fee get exactly that."""
    before = transaction.savepoint()
    try:
        _settle_and_check(month, range_fans, basis_points, october, after_october)
    finally:
        transaction.savepoint_rollback(before)


def _settle_and_check(month: Month, range_fans: int, basis_points: int, period: Period, now: datetime) -> None:
    buttons = [scenario.button() for _ in range(3)]
    expected: dict[int, int] = {}
    for budget, balance, clicks in month:
        fan = scenario.user()
        scenario.subscription(fan, budget_cents=budget, period=period)
        if balance >= 200:
            scenario.deposit(fan, amount_cents=balance, now=period.start)
            if clicks:
                expected[fan.pk] = min(budget, balance) * 10_000
        for place in clicks:
            scenario.click(fan, buttons[place], now=period.start)
    with override_settings(SETTLEMENT_RANGE_FANS=range_fans, PLATFORM_FEE_BASIS_POINTS=basis_points):
        scenario.settled(period, now=now)

    total = sum(expected.values())
    assert dict(SettlementSpend.objects.values_list("fan_id", "spend_micros")) == expected
    assert sum(line.amount_micros for line in SettlementLine.objects.all()) == total
    assert sum(earning.net_micros + earning.fee_micros for earning in SettlementEarning.objects.all()) == total
    assert (
        sum(
            ledger.balance_micros(kind=kind, owner=owner)
            for kind, owner in [
                (chart.Kind.PLATFORM_FEE, None),
                *((chart.Kind.CREATOR_BALANCE, button.creator) for button in buttons),
            ]
        )
        == total
    )
    assert books.check_books() == []
