"""Events: each is a hint to look at something again, is never lost, stops no other, and books nothing by itself."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any, NoReturn

import pytest
import time_machine
from django.db import connection

from payouts.gateway import Event, EventRefused, OrderRefused, ProviderUnavailable
from payouts.gateway.sandbox.gateway import SandboxGateway
from payouts.models import Deposit, StripeEvent
from payouts.operations import events
from payouts.queries import balances
from tests import given, told

pytestmark = pytest.mark.django_db

State = StripeEvent.State


def broken(*_: object, **__: object) -> NoReturn:
    """Stand for a fault of ours."""
    msg = "nobody thought of this"
    raise RuntimeError(msg)


def test_an_event_about_a_payment_brings_the_deposit_in(paid: Deposit, mid_october: datetime) -> None:
    """The provider is asked, and the answer is booked."""
    event = told.handled(told.about(paid), now=mid_october)
    paid.refresh_from_db()

    assert (event.state, event.handled_at, event.error, event.attempts) == (State.HANDLED, mid_october, "", 1)
    assert paid.state == Deposit.State.SUCCEEDED
    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


def test_nothing_in_an_event_is_booked(mid_october: datetime) -> None:
    """One that tells of a payment is no payment: the provider knows of none."""
    deposit = given.opened_deposit(given.user(), amount_cents=500, now=mid_october)

    assert told.handled(told.about(deposit), now=mid_october).state == State.HANDLED
    assert balances.fan_balance_micros(fan=deposit.fan) == 0


def test_case_1_the_same_event_twice_is_handled_once(
    paid: Deposit, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time nobody is even asked."""
    event = told.handled(told.about(paid), now=mid_october)
    monkeypatch.setattr(SandboxGateway, "deposit_outcome", broken)
    told_again = Event(
        **{name: getattr(event, name) for name in Event.__dataclass_fields__ if name != "is_live"}, is_live=False
    )
    events.receive(event=told_again, now=mid_october + timedelta(hours=1))

    assert told.handled(event, now=mid_october + timedelta(hours=1)) == event
    assert StripeEvent.objects.get().received_at == event.received_at
    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


def test_case_1_two_events_about_one_payment_book_it_once(paid: Deposit, mid_october: datetime) -> None:
    """What counts is the effect, not who tells of it."""
    for kind in ("checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"):
        assert told.handled(told.about(paid, kind), now=mid_october).state == State.HANDLED

    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


@pytest.mark.django_db(transaction=True)
def test_case_2_two_workers_at_one_event(
    paid: Deposit, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One handles it, and the provider is asked by that one alone, outside any transaction."""
    asked, ask = [], SandboxGateway.deposit_outcome

    def asking(self: SandboxGateway, **order: Any) -> Any:
        asked.append(connection.in_atomic_block)
        return ask(self, **order)

    monkeypatch.setattr(SandboxGateway, "deposit_outcome", asking)
    event = told.about(paid)
    given.at_once(*[lambda: events.handle(event_id=event.pk, now=mid_october)] * 2)
    event.refresh_from_db()

    assert (event.state, event.attempts, asked) == (State.HANDLED, 1, [False])
    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


@pytest.mark.django_db(transaction=True)
def test_case_2_two_events_about_one_payment_at_once(paid: Deposit, mid_october: datetime) -> None:
    """Both are handled, and the payment is booked once."""
    two = [told.about(paid), told.about(paid, "charge.succeeded")]
    given.at_once(*[lambda event=event: events.handle(event_id=event.pk, now=mid_october) for event in two])

    assert set(StripeEvent.objects.values_list("state", flat=True)) == {State.HANDLED}
    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


def test_case_4_a_stale_event_after_the_last_word(paid: Deposit, mid_october: datetime) -> None:
    """What came late tells of what was, and the deposit stays what it is."""
    told.handled(told.about(paid), now=mid_october)
    for kind in ("payment_intent.processing", "payment_intent.payment_failed", "payment_intent.canceled"):
        assert told.handled(told.about(paid, kind), now=mid_october).state == State.HANDLED
    paid.refresh_from_db()

    assert paid.state == Deposit.State.SUCCEEDED
    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


def test_case_5_an_event_before_our_commit(mid_october: datetime, clock: time_machine.Traveller) -> None:
    """It waits for the row that it names, and is handled when that is there."""
    deposit_id = uuid.uuid4()
    event = told.came("payment_intent.succeeded", now=mid_october, movement_id=str(deposit_id), subject="pi_1")
    early = told.handled(event, now=mid_october)
    assert (early.state, early.error) == (State.WAITING, "NotOurs: pi_1 is nothing that we know")
    Deposit.objects.create(id=deposit_id, fan=given.user(), amount_cents=500, started_at=mid_october)

    assert told.handled(event, now=mid_october + timedelta(seconds=59)) == early
    clock.shift(timedelta(minutes=1))
    assert told.handled(event, now=mid_october + timedelta(minutes=1)).state == State.HANDLED


def test_case_10_an_event_of_another_version_is_handled(paid: Deposit, mid_october: datetime) -> None:
    """It is a hint like any other, since what it names is asked for in our version."""
    event = told.about(paid)
    StripeEvent.objects.update(api_version="2019-01-01")

    assert told.handled(event, now=mid_october).state == State.HANDLED
    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


@pytest.mark.parametrize(
    ("failure", "level"),
    [
        (ProviderUnavailable("away"), logging.INFO),
        (OrderRefused("no"), logging.ERROR),
        (RuntimeError("?"), logging.ERROR),
    ],
)
def test_whatever_goes_wrong_the_event_is_tried_again(
    *,
    failure: Exception,
    level: int,
    paid: Deposit,
    mid_october: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its error is kept until it is handled, and only what is our fault is loud in the log."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise failure

    event = told.about(paid)
    with monkeypatch.context() as patched, caplog.at_level(logging.INFO, logger="payouts"):
        patched.setattr(SandboxGateway, "deposit_outcome", fail)
        waiting = told.handled(event, now=mid_october)
    assert (waiting.state, waiting.error) == (State.WAITING, f"{type(failure).__name__}: {failure}")
    assert [record.levelno for record in caplog.records] == [level]
    ended = told.handled(event, now=mid_october + timedelta(minutes=1))

    assert (ended.state, ended.error, ended.attempts, ended.due_at) == (State.HANDLED, "", 2, None)


def test_pauses_grow_to_an_hour(paid: Deposit, mid_october: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """One who waits is asked for after 1, 5, 15, 30 and 60 minutes, then each hour, and in between not."""
    monkeypatch.setattr(SandboxGateway, "deposit_outcome", given.away)
    event, attempts = told.about(paid), []
    for minutes in range(60 * 5):
        before = StripeEvent.objects.get().attempts
        if told.handled(event, now=mid_october + timedelta(minutes=minutes)).attempts > before:
            attempts.append(minutes)

    assert attempts == [0, 1, 6, 21, 51, 111, 171, 231, 291]


def test_an_event_whose_worker_was_killed_is_tried_again(
    paid: Deposit, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is as it was, and free again after its pause."""

    def killed(*_: object, **__: object) -> NoReturn:
        raise SystemExit

    event = told.about(paid)
    with monkeypatch.context() as patched:
        patched.setattr(SandboxGateway, "deposit_outcome", killed)
        with pytest.raises(SystemExit):
            events.handle(event_id=event.pk, now=mid_october)
    event.refresh_from_db()
    assert (event.state, event.attempts) == (State.NEW, 1)

    assert told.handled(event, now=mid_october + timedelta(minutes=1)).state == State.HANDLED


def test_an_event_of_the_other_mode_is_refused(mid_october: datetime) -> None:
    """Pretended money and real money never meet."""
    with pytest.raises(EventRefused, match="livemode"):
        told.came("payment_intent.succeeded", now=mid_october, is_live=True)
    assert not StripeEvent.objects.exists()


def test_an_unknown_event_is_no_trouble(mid_october: datetime) -> None:
    """A task may come later than its row goes."""
    events.handle(event_id="evt_gone", now=mid_october)

    assert not StripeEvent.objects.exists()
