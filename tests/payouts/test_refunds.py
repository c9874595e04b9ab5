"""Refunds: unused balance goes back to the fan, and never what clicks claim."""

import functools
import uuid
from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import User
from flattr.period import Period
from payouts.gateway import Outcome, Result
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import Refund
from payouts.operations import refunds, settlement
from payouts.queries import balances, books, due
from tests import given

pytestmark = pytest.mark.django_db

CENT = 10_000
REQUEST_ID = uuid.UUID(int=1)


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan with a budget of 5 EUR and a balance of 8 EUR."""
    person = given.user("Grace")
    given.subscription(person, budget_cents=500, period=october)
    given.deposit(person, amount_cents=800, now=october.start)
    return person


def in_transit() -> int:
    """Return what is reserved, in micros."""
    return ledger.balance_micros(kind=chart.Kind.PAYOUTS_IN_TRANSIT)


def test_an_unused_balance_can_be_asked_back_whole(fan: User, mid_october: datetime) -> None:
    """Without clicks everything is unused; it is reserved at once."""
    refund = given.refund(fan, amount_cents=800, now=mid_october)

    assert balances.fan_balance_micros(fan=fan) == 0
    assert in_transit() == 800 * CENT
    assert str(refund) == "800 cents to Grace"
    assert books.check_books() == []


@pytest.mark.parametrize("amount", [-1, 0, 801])
def test_more_than_is_unused_or_nothing_is_refused(amount: int, fan: User, mid_october: datetime) -> None:
    """The refusal names the field and what is unused."""
    with pytest.raises(refunds.NothingToRefund, match=rf"amount_cents: {amount} .* unused 800 cents"):
        given.refund(fan, amount_cents=amount, now=mid_october)
    assert not Refund.objects.exists()


def test_what_clicks_claim_is_not_refundable(fan: User, october: Period, mid_october: datetime) -> None:
    """One click claims the month's budget; the month before claims its own until it is settled."""
    liked = given.button()
    given.click(fan, liked, now=mid_october)

    assert balances.unused_cents(fan=fan, now=mid_october) == 300
    assert balances.unused_cents(fan=fan, now=october.end) == 300
    given.click(fan, liked, now=october.end)
    assert balances.unused_cents(fan=fan, now=october.end) == 0
    with pytest.raises(refunds.NothingToRefund):
        given.refund(fan, amount_cents=1, now=october.end)
    given.settled(october, now=october.end)
    assert balances.unused_cents(fan=fan, now=october.end) == 0
    long_after = october.next.end + timedelta(days=40)
    assert balances.unused_cents(fan=fan, now=long_after) == 0
    given.settled(october.next, now=long_after)
    assert balances.unused_cents(fan=fan, now=long_after) == 0


@pytest.mark.parametrize(
    ("amount", "state", "kind"), [(300, "sent", "refund_sent"), (213, "failed", "refund_failed")]
)
def test_a_refund_arrives_or_comes_back(amount: int, state: str, kind: str, fan: User, mid_october: datetime) -> None:
    """Either way the reservation ends, the fan is told, and the books hold."""
    refund = given.refund(fan, amount_cents=amount, now=mid_october)
    with time_machine.travel(mid_october, tick=False) as clock:
        assert refunds.advance_refund(refund_id=refund.id, now=mid_october).result is Result.PENDING
        clock.shift(timedelta(seconds=3))
        for _ in range(2):
            refunds.advance_refund(refund_id=refund.id, now=mid_october)
    refund.refresh_from_db()

    assert (refund.state, refund.ended_at) == (state, mid_october)
    assert refund.reason == ("" if state == "sent" else "account_closed")
    assert balances.fan_balance_micros(fan=fan) == (500 if state == "sent" else 800) * CENT
    assert in_transit() == 0
    assert [each.kind for each in fan.notifications.all()] == [kind]
    assert books.check_books() == []


def test_a_refund_that_the_provider_never_heard_of_is_sent(fan: User, mid_october: datetime) -> None:
    """One that was cut short before it was asked for is asked for by the next sweep."""
    refund = given.refund(fan, amount_cents=300, now=mid_october)
    refunds.record_refund(refund_id=refund.id, outcome=Outcome(result=Result.UNKNOWN), now=mid_october)
    with time_machine.travel(mid_october, tick=False) as clock:
        for _ in range(2):
            outcome = refunds.advance_refund(refund_id=refund.id, now=mid_october)
            clock.shift(timedelta(seconds=3))

    assert outcome.result is Result.SUCCEEDED


def test_a_refund_that_came_back_after_all_is_the_fans_again(fan: User, mid_october: datetime) -> None:
    """The provider may say days after that the bank sent it back; that is booked once, and stays so."""
    refund = given.refund(fan, amount_cents=300, now=mid_october)
    for result in (Result.SUCCEEDED, Result.DECLINED, Result.SUCCEEDED, Result.DECLINED):
        refunds.record_refund(refund_id=refund.id, outcome=Outcome(result=result), now=mid_october)
    refund.refresh_from_db()

    assert refund.state == Refund.State.BOUNCED
    assert balances.fan_balance_micros(fan=fan) == 800 * CENT
    assert [each.kind for each in fan.notifications.order_by("kind")] == ["refund_failed", "refund_sent"]
    assert books.check_books() == []


def test_a_refund_of_another_amount_books_nothing(fan: User, mid_october: datetime) -> None:
    """What the provider tells under our id may be something else; staff are told."""
    refund = given.refund(fan, amount_cents=300, now=mid_october)
    other = Outcome(result=Result.MISMATCH, reason="re_1: 3 eur instead of 300 eur")
    refunds.record_refund(refund_id=refund.id, outcome=other, now=mid_october)

    assert in_transit() == 300 * CENT
    assert [line for _subject, line in due.overdue(now=mid_october)] == [
        "The provider tells of something else than we asked for: re_1: 3 eur instead of 300 eur"
    ]


def test_a_refund_goes_back_to_where_it_came_from(fan: User, mid_october: datetime) -> None:
    """Each deposit gets back what it brought at most, the newest first, under one request."""
    newest = given.deposit(fan, amount_cents=300, now=mid_october)
    oldest = fan.deposits.exclude(pk=newest.pk).get()
    for _ in range(2):
        parts = refunds.request_refund(request_id=REQUEST_ID, fan=fan, amount_cents=700, now=mid_october)
        assert {part.deposit_id: part.amount_cents for part in parts} == {newest.pk: 300, oldest.pk: 400}

    assert balances.fan_balance_micros(fan=fan) == 400 * CENT
    assert [(deposit.pk, cents) for deposit, cents in balances.refundable_deposits(fan=fan)] == [(oldest.pk, 400)]
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
def test_two_refunds_at_once_never_take_the_same_money(fan: User, mid_october: datetime) -> None:
    """Of four requests for more than half exactly one is taken."""
    given.pot(chart.Kind.PAYOUTS_IN_TRANSIT)
    request = functools.partial(given.refund, fan, amount_cents=500, now=mid_october)
    results = given.queued(*[request] * 4, behind=User.objects.select_for_update(no_key=True).filter(pk=fan.pk).get)

    assert sorted(type(each).__name__ for each in results) == ["NothingToRefund"] * 3 + ["Refund"]
    assert books.check_books() == []


def test_a_month_that_was_opened_and_never_finished_keeps_its_claim(fan: User, october: Period) -> None:
    """Even long after, a refund can't take what the clicks of a stuck settlement will get."""
    given.click(fan, given.button(), now=october.start)
    settlement.open_settlement(period=october, now=october.end)
    later = october.shift(4).start

    assert balances.unused_cents(fan=fan, now=later) == 300
    with pytest.raises(refunds.NothingToRefund):
        given.refund(fan, amount_cents=301, now=later)


@pytest.mark.parametrize("deposit", [0, 500])
def test_a_range_that_is_done_claims_nothing_more(deposit: int, october: Period, after_october: datetime) -> None:
    """Between a fan's share and the settlement's finish, what is left is unused, and there for the next month."""
    fan = given.funded_fan(budget_cents=500, period=october)
    given.deposit(fan, amount_cents=500, now=october.start)
    given.click(fan, given.button(), now=october.start)
    opened = settlement.open_settlement(period=october, now=after_october)
    if deposit:
        given.deposit(fan, amount_cents=deposit, now=after_october)
    for _ in range(2):
        assert balances.unused_cents(fan=fan, now=after_october) == 500 + deposit
        assert balances.spendable_micros(fan=fan, period=october.next) == (500 + deposit) * CENT
        assert balances.charge_cents(fan=fan, period=october.next) == 0
        settlement.settle_range(settlement_id=opened.pk, number=0, now=after_october)


def test_an_opened_month_claims_what_it_fixed(october: Period, after_october: datetime) -> None:
    """A fan whose money came after the month's end had an unfunded month, which claims nothing of it."""
    fan = given.user()
    given.subscription(fan, budget_cents=500, period=october)
    given.deposit(fan, amount_cents=200, now=october.start)
    given.click(fan, given.button(), now=october.start)
    given.deposit(fan, amount_cents=500, now=october.end)
    assert balances.unused_cents(fan=fan, now=after_october) == 200
    settlement.open_settlement(period=october, now=after_october)

    assert balances.unused_cents(fan=fan, now=after_october) == 500
    given.refund(fan, amount_cents=500, now=after_october)
    given.settled(october, now=after_october)
    assert balances.fan_balance_micros(fan=fan) == 0
