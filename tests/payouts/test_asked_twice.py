"""What is asked for under one id is done once, for the person who asked first, by whichever way it comes again."""

import functools
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from flattr.period import Period
from payouts.ledger import chart
from payouts.ledger.models import LedgerAccount, Transfer
from payouts.models import Deposit, Payout, Refund
from payouts.operations import deposits, payouts, refunds
from payouts.queries import books
from tests import given

pytestmark = pytest.mark.django_db

Ask = Callable[..., Deposit | Refund | Payout]


def ask_for_deposit(row_id: uuid.UUID, person: User, amount_cents: int, now: datetime) -> Deposit:
    """Note a deposit."""
    return deposits.open_deposit(deposit_id=row_id, fan=person, amount_cents=amount_cents, now=now)


def ask_for_refund(row_id: uuid.UUID, person: User, amount_cents: int, now: datetime) -> Refund:
    """Ask for unused balance back."""
    (asked,) = refunds.request_refund(request_id=row_id, fan=person, amount_cents=amount_cents, now=now)
    return asked


def ask_for_payout(row_id: uuid.UUID, person: User, amount_cents: int, now: datetime) -> Payout:
    """Ask for a payout."""
    return payouts.request_payout(payout_id=row_id, creator=person, amount_cents=amount_cents, now=now)


ASKING = [
    (ask_for_deposit, deposits.DepositIdTaken, "deposit_id: .* stands for another deposit"),
    (ask_for_refund, refunds.RefundIdTaken, "request_id: .* stands for another refund"),
    (ask_for_payout, payouts.PayoutIdTaken, "payout_id: .* stands for another payout"),
]


@pytest.fixture
def now(october: Period) -> datetime:
    """Return a moment at which October's earnings can be withdrawn."""
    return october.end + timedelta(days=10)


@pytest.fixture
def people(october: Period, after_october: datetime) -> list[User]:
    """Return two people who can each ask for more than two times 10 EUR, in every way."""
    persons = [given.creator(name) for name in ("Ada", "Bob")]
    for each in persons:
        fan = given.funded_fan(budget_cents=4000, period=october)
        given.click(fan, given.button(each), now=october.start)
        given.deposit(each, amount_cents=4000, now=october.start)
    given.settled(october, now=after_october)
    return persons


def made() -> tuple[int, int]:
    """Return how many rows and transfers there are."""
    return sum(model.objects.count() for model in (Deposit, Refund, Payout)), Transfer.objects.count()


@pytest.mark.parametrize(("ask", "taken", "told"), ASKING)
def test_asking_again_is_a_no_op_with_the_same_answer(
    ask: Ask, taken: type[Exception], told: str, people: list[User], now: datetime
) -> None:
    """Also when the money has gone meanwhile; other amounts and other people under the id are refused."""
    row_id = uuid.uuid4()
    first = ask(row_id, people[0], 4000 if ask is ask_for_refund else 3600, now)
    before = made()
    again = ask(row_id, people[0], first.amount_cents, now + timedelta(days=1))

    assert type(again).objects.values().get(pk=row_id) == type(first).objects.values().get(pk=row_id)
    for person, amount in ((people[0], first.amount_cents - 1), (people[1], first.amount_cents)):
        with pytest.raises(taken, match=told):
            ask(row_id, person, amount, now)
    assert made() == before
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("ask", "taken"), [each[:2] for each in ASKING])
@pytest.mark.parametrize("by_two", [False, True])
def test_one_id_at_the_same_moment_is_one_row(
    by_two: bool,  # noqa: FBT001
    ask: Ask,
    taken: type[Exception],
    people: list[User],
    now: datetime,
) -> None:
    """A double click is answered twice and done once; of two people with one id the primary key takes one."""
    row_id, before = uuid.uuid4(), made()[0]
    transit = given.pot(chart.Kind.PAYOUTS_IN_TRANSIT)
    results = given.queued(
        functools.partial(ask, row_id, people[0], 1000, now),
        functools.partial(ask, row_id, people[1 if by_two else 0], 1000, now),
        behind=LedgerAccount.objects.select_for_update(no_key=True).filter(pk=transit.pk).get,
    )

    refused = [each for each in results if isinstance(each, Exception)]
    assert [type(each) for each in refused] == ([taken] if by_two else [])
    assert made()[0] == before + 1
    assert books.check_books() == []


@pytest.mark.parametrize("ask", [ask_for_refund, ask_for_payout])
def test_what_was_refused_leaves_its_id_free(ask: Ask, people: list[User], now: datetime) -> None:
    """Too much is no request; the same form with less is one."""
    row_id = uuid.uuid4()
    with pytest.raises((refunds.NothingToRefund, payouts.AmountAboveWithdrawable)):
        ask(row_id, people[0], 5000, now)

    assert ask(row_id, people[0], 1000, now).pk == row_id
