"""Deposits: money in from fans, booked once, whatever the provider tells and how often."""

import functools
from datetime import datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError

from flattr.period import Period
from flattr.transactions import savepoint
from payouts.gateway import OrderRefused, Outcome, ProviderUnavailable, Result
from payouts.gateway.sandbox import gateway as sandbox
from payouts.gateway.sandbox.models import SandboxPayment
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.ledger.models import Transfer
from payouts.models import Deposit, SettlementSpend
from payouts.operations import deposits
from payouts.queries import balances, books
from tests import given

pytestmark = pytest.mark.django_db

CENT = 10_000
PAID = Outcome(result=Result.SUCCEEDED, fee_cents=32)
DECLINED = Outcome(result=Result.DECLINED, reason="card_declined")
PENDING = Outcome(result=Result.PENDING)
CANCELLED = Outcome(result=Result.CANCELLED)
NEEDS_FAN = Outcome(result=Result.NEEDS_FAN, url="/confirm")


@pytest.fixture
def deposit(mid_october: datetime) -> Deposit:
    """Return a deposit of 5 EUR whose outcome isn't known."""
    return given.opened_deposit(given.user("Grace"), amount_cents=500, now=mid_october)


def record(deposit: Deposit, *outcomes: Outcome, now: datetime) -> Deposit:
    """Record these outcomes one after another and return the deposit as it is then."""
    for outcome in outcomes:
        deposits.record_deposit(deposit_id=deposit.id, outcome=outcome, now=now)
    deposit.refresh_from_db()
    return deposit


def test_opening_moves_no_money(deposit: Deposit) -> None:
    """Until the provider says so there is a row and nothing else."""
    assert deposit.state == Deposit.State.PENDING
    assert balances.has_open_deposit(fan=deposit.fan)
    assert not Transfer.objects.exists()
    assert str(deposit) == "500 cents from Grace"


@pytest.mark.parametrize("amount", [-500, 0, 199, 150_001])
def test_an_amount_out_of_range_is_refused(amount: int) -> None:
    """The refusal names the field and the limits."""
    with pytest.raises(deposits.DepositOutOfRange, match=rf"amount_cents: {amount} is not between 200 and 150000"):
        given.opened_deposit(given.user(), amount_cents=amount, now=given.MOMENT)
    assert not Deposit.objects.exists()


@pytest.mark.parametrize("amount", [200, 150_000])
def test_the_limits_belong_to_the_range(amount: int) -> None:
    """Exactly 2 EUR and exactly three months of the largest budget are taken."""
    assert given.opened_deposit(given.user(), amount_cents=amount, now=given.MOMENT).amount_cents == amount


def test_the_fan_gets_the_gross_and_the_platform_bears_the_fee(deposit: Deposit, mid_october: datetime) -> None:
    """What the card company keeps is the platform's expense, never the fan's."""
    record(deposit, PAID, now=mid_october)

    assert (deposit.state, deposit.processor_fee_cents, deposit.ended_at) == ("succeeded", 32, mid_october)
    assert balances.fan_balance_micros(fan=deposit.fan) == 500 * CENT
    assert ledger.balance_micros(kind=chart.Kind.PROCESSOR_FEE) == 32 * CENT
    assert ledger.balance_micros(kind=chart.Kind.PROCESSOR_CASH) == 468 * CENT
    assert books.check_books() == []


def test_a_free_deposit_books_no_fee(deposit: Deposit, mid_october: datetime) -> None:
    """A fee of nothing is no transfer."""
    record(deposit, Outcome(result=Result.SUCCEEDED), now=mid_october)

    assert Transfer.objects.count() == 1


def test_a_declined_deposit_moves_nothing(deposit: Deposit, mid_october: datetime) -> None:
    """The fan sees the reason; a fan who is at the pay page needs no email."""
    record(deposit, DECLINED, now=mid_october)

    assert (deposit.state, deposit.reason, deposit.ended_at) == ("declined", "card_declined", mid_october)
    assert not Transfer.objects.exists()
    assert not deposit.fan.notifications.exists()
    assert not balances.has_open_deposit(fan=deposit.fan)


def test_a_deposit_may_need_the_fan_first(deposit: Deposit, mid_october: datetime) -> None:
    """It stays open while the bank asks, and succeeds when the fan has confirmed."""
    assert record(deposit, PENDING, NEEDS_FAN, now=mid_october).state == Deposit.State.NEEDS_FAN
    assert balances.has_open_deposit(fan=deposit.fan)
    assert record(deposit, PAID, now=mid_october).state == Deposit.State.SUCCEEDED


@pytest.mark.parametrize("later", [PAID, DECLINED, PENDING, NEEDS_FAN])
def test_a_deposit_that_succeeded_stays_so(later: Outcome, deposit: Deposit, mid_october: datetime) -> None:
    """A repeated or late answer of any kind books nothing again."""
    record(deposit, PAID, later, now=mid_october)

    assert deposit.state == Deposit.State.SUCCEEDED
    assert balances.fan_balance_micros(fan=deposit.fan) == 500 * CENT
    assert Transfer.objects.count() == 2


@pytest.mark.parametrize("later", [DECLINED, PENDING, NEEDS_FAN])
def test_a_declined_deposit_is_never_opened_again(later: Outcome, deposit: Deposit, mid_october: datetime) -> None:
    """Only money that really came turns a decline around."""
    assert record(deposit, DECLINED, later, now=mid_october).state == Deposit.State.DECLINED
    assert record(deposit, PAID, now=mid_october).state == Deposit.State.SUCCEEDED
    assert books.check_books() == []


@pytest.mark.parametrize("choice", ["", "challenge"])
def test_a_deposit_that_nobody_pays_is_closed_at_the_provider(choice: str, mid_october: datetime) -> None:
    """A day after the fan left the page, or the bank's question, it can't be paid any more and has expired."""
    with time_machine.travel(mid_october, tick=False):
        deposit, payment = at_pay_page(mid_october)
        if choice:
            sandbox.choose(payment=payment, choice=choice)
        collect(deposit, mid_october + timedelta(days=1))
        deposit.refresh_from_db()
        assert deposit.state == ("needs_fan" if choice else "pending")
        collect(deposit, mid_october + timedelta(days=1, seconds=1))
        deposit.refresh_from_db()
        assert deposit.state == Deposit.State.EXPIRED
        assert not balances.has_open_deposit(fan=deposit.fan)

        sandbox.choose(payment=payment, choice="succeed")
    assert collect(deposit, mid_october + timedelta(days=2)) is Result.CANCELLED


def test_a_deposit_paid_at_the_last_moment_never_expires(mid_october: datetime) -> None:
    """What the fan paid and the provider hasn't decided can't be closed; it is asked about until it is decided."""
    late = mid_october + timedelta(days=2)
    with time_machine.travel(late, tick=False) as clock:
        deposit, payment = at_pay_page(mid_october)
        sandbox.choose(payment=payment, choice="succeed")
        assert collect(deposit, late) is Result.PENDING
        deposit.refresh_from_db()
        assert deposit.state == Deposit.State.PENDING
        clock.shift(timedelta(seconds=2))
        assert collect(deposit, late + timedelta(seconds=2)) is Result.SUCCEEDED

    assert balances.fan_balance_micros(fan=deposit.fan) == 1000 * CENT


def test_money_that_came_after_all_counts(deposit: Deposit, mid_october: datetime) -> None:
    """A success after the expiry is booked: the money is there."""
    record(deposit, CANCELLED, now=mid_october + timedelta(days=2))
    assert deposit.state == Deposit.State.EXPIRED
    record(deposit, PAID, now=mid_october + timedelta(days=3))

    assert deposit.state == Deposit.State.SUCCEEDED
    assert balances.fan_balance_micros(fan=deposit.fan) == 500 * CENT
    assert books.check_books() == []


@pytest.mark.parametrize(("told_late", "is_closed"), [(True, False), (True, True), (False, False)])
def test_money_is_booked_when_it_came(
    told_late: bool,  # noqa: FBT001
    is_closed: bool,  # noqa: FBT001
    deposit: Deposit,
    october: Period,
) -> None:
    """What was paid before midnight is October's, whenever we hear of it, unless October is cut already."""
    now = october.end + timedelta(minutes=5)
    paid_at = october.last_moment if told_late else now + timedelta(seconds=1)
    if is_closed:
        given.settled(october, now=now)
    paid = Outcome(result=Result.SUCCEEDED, occurred_at=paid_at, fee_cents=32)
    record(deposit, paid, now=now)

    expected = paid_at if told_late and not is_closed else now
    assert set(Transfer.objects.values_list("occurred_at", flat=True)) == {expected}


@pytest.mark.django_db(transaction=True)
def test_what_was_paid_in_time_counts_for_the_month(october: Period) -> None:
    """Before a month is cut the provider is asked about its deposits, whether or not any sweep has run."""
    fan = given.user()
    given.subscription(fan, budget_cents=500, period=october)
    given.click(fan, given.button(), now=october.start)
    with time_machine.travel(october.last_moment - timedelta(seconds=2), tick=False):
        given.started_deposit(fan, amount_cents=500, now=october.last_moment)
        sandbox.choose(payment=SandboxPayment.objects.get(), choice="succeed")
    given.settled(october, now=october.end)

    assert SettlementSpend.objects.get().spend_micros == 500 * CENT
    assert Transfer.objects.get(kind="deposit").occurred_at < october.end


@pytest.mark.parametrize("error", [ProviderUnavailable("away"), OrderRefused("away")])
def test_a_provider_that_is_away_or_refuses_stops_no_month(
    error: Exception,
    deposit: Deposit,
    october: Period,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The settlement goes on with the money that is known, and the log names the deposit."""

    def fail(*_: object, **__: object) -> Outcome:
        raise error

    monkeypatch.setattr(sandbox.SandboxGateway, "deposit_outcome", fail)
    given.settled(october, now=october.end)

    assert f"The deposit {deposit.id} can't be asked about now: away" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_answer_recorded_by_eight_workers_books_once(deposit: Deposit, mid_october: datetime) -> None:
    """The webhook, the pay page and the sweep may all bring the same news at once."""
    call = functools.partial(deposits.record_deposit, deposit_id=deposit.id, outcome=PAID, now=mid_october)

    assert given.at_once(*[call] * 8) == [None] * 8
    assert balances.fan_balance_micros(fan=deposit.fan) == 500 * CENT
    assert Transfer.objects.count() == 2
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outcomes", [(PAID, DECLINED), (DECLINED, PAID)])
def test_contrary_answers_at_once_never_hide_money(
    outcomes: tuple[Outcome, Outcome], deposit: Deposit, mid_october: datetime
) -> None:
    """Whichever is recorded last, money that came is a deposit that succeeded."""
    calls = [
        functools.partial(deposits.record_deposit, deposit_id=deposit.id, outcome=outcome, now=mid_october)
        for outcome in outcomes
    ]
    given.queued(*calls, behind=Deposit.objects.select_for_update().filter(pk=deposit.pk).get)
    deposit.refresh_from_db()

    assert deposit.state == Deposit.State.SUCCEEDED
    assert books.check_books() == []


def test_the_database_wants_a_fee_with_every_success(deposit: Deposit) -> None:
    """A deposit can't be called succeeded without what it cost."""
    with pytest.raises(IntegrityError, match="deposit_succeeds_with_its_fee"), savepoint():
        Deposit.objects.filter(pk=deposit.pk).update(state="succeeded")


@pytest.mark.parametrize(
    ("choice", "state", "balance"), [("succeed", "succeeded", 1000 * CENT), ("decline", "declined", 0)]
)
def test_the_sandbox_answers_a_moment_after_the_choice(
    choice: str, state: str, balance: int, mid_october: datetime
) -> None:
    """As a real provider's, its answer comes after the fan is back."""
    fan = given.user()
    with time_machine.travel(mid_october, tick=False) as clock:
        page = given.started_deposit(fan, amount_cents=1000, now=mid_october)
        deposit = Deposit.objects.get()
        payment = SandboxPayment.objects.get()
        assert str(deposit.id) in page
        assert str(payment) == str(deposit.id)
        assert (payment.pk, payment.return_url) == (deposit.id, f"{settings.APP_URL}/deposits/{deposit.id}/")
        assert collect(deposit, mid_october) is Result.PENDING
        sandbox.choose(payment=payment, choice=choice)
        assert collect(deposit, mid_october) is Result.PENDING
        clock.shift(timedelta(seconds=2))
        collect(deposit, mid_october)
        # A decided payment stays as it is, whatever button is pressed in an old tab.
        sandbox.choose(payment=payment, choice="challenge")
        collect(deposit, mid_october)
    deposit.refresh_from_db()

    assert deposit.state == state
    assert balances.fan_balance_micros(fan=fan) == balance


def test_the_sandbox_can_ask_for_a_confirmation(mid_october: datetime) -> None:
    """A challenged payment waits for the fan at an address, and takes its fee when it succeeds."""
    fan = given.user()
    with time_machine.travel(mid_october, tick=False) as clock:
        given.started_deposit(fan, amount_cents=1000, now=mid_october)
        deposit, payment = Deposit.objects.get(), SandboxPayment.objects.get()
        sandbox.choose(payment=payment, choice="challenge")
        outcome = deposits.collect_deposit(deposit_id=deposit.id, now=mid_october)
        assert outcome.result is Result.NEEDS_FAN
        assert str(deposit.id) in outcome.url
        sandbox.choose(payment=payment, choice="succeed")
        clock.shift(timedelta(seconds=2))
        assert deposits.collect_deposit(deposit_id=deposit.id, now=mid_october) == Outcome(
            result=Result.SUCCEEDED,
            occurred_at=mid_october + timedelta(seconds=2),
            fee_cents=40,
            reference=str(deposit.id),
        )


def test_a_deposit_that_the_provider_never_heard_of_expires(deposit: Deposit, mid_october: datetime) -> None:
    """We may have been killed between noting it and asking for it; a call that comes late then opens no page."""
    assert collect(deposit, mid_october) is Result.UNKNOWN
    deposit.refresh_from_db()
    assert deposit.state == Deposit.State.PENDING
    assert collect(deposit, mid_october + timedelta(days=2)) is Result.CANCELLED
    deposit.refresh_from_db()
    assert deposit.state == Deposit.State.EXPIRED


def at_pay_page(now: datetime) -> tuple[Deposit, SandboxPayment]:
    """Let a fan go to the pay page of a deposit of 10 EUR, and return both."""
    given.started_deposit(given.user(), amount_cents=1000, now=now)
    return Deposit.objects.get(), SandboxPayment.objects.get()


def collect(deposit: Deposit, now: datetime) -> Result:
    """Ask the provider and record its answer."""
    return deposits.collect_deposit(deposit_id=deposit.id, now=now).result


def test_each_fan_has_a_balance_of_their_own(mid_october: datetime) -> None:
    """What one fan pays is nobody else's."""
    fans = [given.user() for _ in range(2)]
    given.deposit(fans[0], amount_cents=700, now=mid_october)

    assert [balances.fan_balance_micros(fan=fan) for fan in fans] == [700 * CENT, 0]
