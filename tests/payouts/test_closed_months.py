"""A month that is closed stays as it was told: whoever comes late, with whatever clock, books after it."""

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from flattr.period import Period
from payouts.gateway import Outcome, Result
from payouts.ledger.models import Transfer
from payouts.models import Deposit, Payout, SettlementSpend
from payouts.operations import deposits, payouts, refunds, settlement
from payouts.queries import balances, books, statements
from tests import given

pytestmark = pytest.mark.django_db

PAID = Outcome(result=Result.SUCCEEDED)
FAILED = Outcome(result=Result.DECLINED, reason="account_closed")


def closing_balance(fan: User, period: Period) -> int:
    """Return what a fan's statement of the month ends with, in micros."""
    return statements.fan_statement(fan=fan, period=period).book.closing_micros


def latest_entry() -> datetime:
    """Return when the latest transfer counts."""
    return Transfer.objects.latest("id").occurred_at


def test_money_of_before_the_first_settled_month_is_booked_after_it(october: Period) -> None:
    """September was never closed, since nobody clicked in it, but October's opening balance stays what it was."""
    fan = given.user()
    given.subscription(fan, budget_cents=500, period=october.previous)
    came_at = october.previous.last_moment
    deposit = given.opened_deposit(fan, amount_cents=500, now=came_at)
    deposits.record_deposit(deposit_id=deposit.id, outcome=Outcome(result=Result.CANCELLED), now=october.start)
    given.click(fan, given.button(), now=october.start)
    given.settled(october, now=october.end)
    heard_at = october.end + timedelta(days=3)
    late = Outcome(result=Result.SUCCEEDED, occurred_at=came_at)
    deposits.record_deposit(deposit_id=deposit.id, outcome=late, now=heard_at)

    assert latest_entry() == heard_at
    assert closing_balance(fan, october) == 0


@pytest.mark.parametrize("closed", [1, 2])
def test_a_process_that_was_paused_over_the_months_end_books_after_it(closed: int, october: Period) -> None:
    """Its clock stands in a closed month; the money is booked at the first moment that isn't closed."""
    deposit = given.opened_deposit(given.user(), amount_cents=500, now=october.last_moment)
    last = october.shift(closed - 1)
    for months in range(closed):
        given.settled(october.shift(months), now=last.end)
    deposits.record_deposit(deposit_id=deposit.id, outcome=PAID, now=october.last_moment)

    assert latest_entry() == last.end


def test_refunds_and_payouts_too_are_booked_after_a_closed_month(october: Period, after_october: datetime) -> None:
    """What is asked for and what comes back with a clock of before counts from the next month on."""
    creator, fan = given.creator(), given.user()
    given.earned(creator, micros=30_000_000, period=october, now=after_october)
    given.deposit(fan, amount_cents=1000, now=after_october)
    november, stale = october.next, october.next.last_moment
    refund = given.refund(fan, amount_cents=500, now=stale)
    asked = [given.payout(creator, amount_cents=1000, now=stale) for _ in range(2)]
    payouts.approve_payout(payout_id=asked[0].id, reviewer=given.user(), now=stale)
    given.settled(november, now=november.end)
    before = Transfer.objects.latest("id").pk
    given.refund(fan, amount_cents=200, now=stale)
    refunds.record_refund(refund_id=refund.id, outcome=FAILED, now=stale)
    payouts.record_payout(payout_id=asked[0].id, outcome=FAILED, now=stale)
    payouts.reject_payout(payout_id=asked[1].id, reviewer=given.user(), reason="no", now=stale)
    given.payout(creator, amount_cents=1500, now=stale)

    late = Transfer.objects.filter(pk__gt=before)
    assert late.count() == 5
    assert set(late.values_list("occurred_at", flat=True)) == {november.end}
    assert closing_balance(fan, november) == 5_000_000
    assert books.check_books() == []


def test_a_refund_with_an_old_clock_leaves_what_later_clicks_claim(october: Period) -> None:
    """However long its process was paused, what was fixed or clicked meanwhile is not unused."""
    fan = given.funded_fan(budget_cents=500, period=october)
    given.click(given.funded_fan(budget_cents=500, period=october), given.button(), now=october.start)
    given.settled(october, now=october.end)
    given.click(fan, given.button(), now=october.end)
    settlement.open_settlement(period=october.next, now=october.next.end)

    with pytest.raises(refunds.NothingToRefund):
        given.refund(fan, amount_cents=1, now=october.last_moment)
    given.settled(october.next, now=october.next.end)
    assert SettlementSpend.objects.get(fan=fan).spend_micros == 5_000_000


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_is_paused_over_the_months_end_holds_up_its_closing(
    october: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it found unused stays so until it is reserved, so no settlement fixes the same money and then lacks it."""
    fan, liked = given.funded_fan(budget_cents=500, period=october), given.button()
    given.click(given.funded_fan(budget_cents=300, period=october), liked, now=october.start)
    has_read, may_go_on = threading.Event(), threading.Event()
    real = balances.unused_cents

    def paused(*, fan: User, now: datetime) -> int:
        unused = real(fan=fan, now=now)
        has_read.set()
        may_go_on.wait(20)
        return unused

    monkeypatch.setattr(balances, "unused_cents", paused)
    refund = functools.partial(given.refund, fan, amount_cents=500, now=october.last_moment)
    opening = functools.partial(settlement.open_settlement, period=october, now=october.end)
    with ThreadPoolExecutor(2) as pool:
        refunding = pool.submit(given.outcome, refund)
        assert has_read.wait(20)
        given.click(fan, liked, now=october.last_moment)
        opened = pool.submit(given.outcome, opening)
        with pytest.raises(TimeoutError):
            opened.result(timeout=1)
        may_go_on.set()
        outcomes = [type(each.result(timeout=20)).__name__ for each in (refunding, opened)]
    given.settled(october, now=october.end)

    assert outcomes == ["Refund", "Settlement"]
    assert list(SettlementSpend.objects.values_list("spend_micros", flat=True)) == [3_000_000]
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
def test_refunds_deposits_and_an_opening_at_once_never_block_each_other_for_good(october: Period) -> None:
    """Whoever comes first, all of them come to their end, and what each fan spends is there."""
    fans = [given.funded_fan(budget_cents=500, period=october) for _ in range(4)]
    for fan in fans:
        given.click(fan, given.button(), now=october.start)
        given.deposit(fan, amount_cents=500, now=october.start)
    pending = [given.opened_deposit(fan, amount_cents=500, now=october.start) for fan in fans]
    results = given.at_once(
        functools.partial(given.settled, october, now=october.end),
        *(functools.partial(given.refund, fan, amount_cents=500, now=october.last_moment) for fan in fans),
        *(
            functools.partial(deposits.record_deposit, deposit_id=each.id, outcome=PAID, now=october.last_moment)
            for each in pending
        ),
    )

    assert [type(each).__name__ for each in results] == ["Settlement", *["Refund"] * 4, *["NoneType"] * 4]
    assert set(SettlementSpend.objects.values_list("spend_micros", flat=True)) == {5_000_000}
    assert Deposit.objects.filter(state="succeeded").count() == 12
    assert books.check_books() == []


def test_nothing_is_moved_where_no_month_is_closed(october: Period, after_october: datetime) -> None:
    """A payout that is asked for in an open month counts at once."""
    creator = given.creator()
    given.earned(creator, micros=30_000_000, period=october, now=after_october)
    now = after_october + timedelta(days=10)
    given.payout(creator, amount_cents=1000, now=now)

    assert latest_entry() == now
    assert Payout.objects.get().requested_at == now
