"""Alarms: staff are told of what is wrong and of what is late, once a day, and of nothing else."""

import logging
from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import Notification, User
from flattr.period import Period
from payouts import tasks
from payouts.gateway import Outcome, Result
from payouts.models import Deposit, Payout, Refund
from payouts.operations import announcements, deposits, settlement
from payouts.queries import books, due
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan who clicked in October and can pay for it."""
    person = given.funded_fan(budget_cents=500, period=october)
    given.click(person, given.button(), now=october.start)
    return person


def test_honest_books_raise_no_alarm(caplog: pytest.LogCaptureFixture) -> None:
    """A quiet day is quiet."""
    given.user(is_superuser=True)
    tasks.check_books()
    tasks.raise_alarms()

    assert not Notification.objects.exists()
    assert not caplog.records


def test_wrong_books_raise_an_alarm_once_a_day(mid_october: datetime, caplog: pytest.LogCaptureFixture) -> None:
    """Every active superuser is told what doesn't hold, and the log says it each time."""
    chief = given.user(is_superuser=True)
    given.user(is_superuser=True, is_active=False)
    given.user(is_staff=True)
    given.deposit(chief, amount_cents=500, now=mid_october)
    given.tamper("UPDATE payouts_deposit SET state = 'declined'")
    with time_machine.travel(mid_october, tick=False):
        for _ in range(2):
            tasks.check_books()

    (alarm,) = Notification.objects.all()
    assert (alarm.recipient, alarm.kind, alarm.subject_key) == (chief, "alarm", "books:2026-10-15")
    assert "every deposit that succeeded is posted" in alarm.context["lines"][0]
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


def test_lines_that_changed_since_they_were_published_raise_an_alarm(fan: User, october: Period) -> None:
    """The daily proof compares every settlement with its digest."""
    given.settled(october, now=october.end)
    chief = given.user(is_superuser=True)
    tasks.check_books()
    assert not chief.notifications.exists()
    given.tamper("UPDATE payouts_settlement SET digest = repeat('0', 64)")
    tasks.check_books()

    assert fan != chief
    assert chief.notifications.get().context["lines"][0].startswith(books.DIGESTS)


def test_what_is_due_and_not_done_raises_alarms(fan: User, october: Period) -> None:
    """A settlement at noon of the 1st, a payout and a deposit after two days, an email after six hours."""
    noon = october.end + timedelta(hours=12)
    chief = given.user(is_superuser=True)
    old = october.end - timedelta(days=2)
    Payout.objects.create(
        creator=given.creator(),
        amount_cents=1000,
        state="approved",
        requested_at=old,
        reviewed_at=old,
        reviewed_by=fan,
    )
    paid = given.deposit(fan, amount_cents=200, now=old)
    Refund.objects.create(fan=fan, deposit=paid, amount_cents=100, requested_at=old - timedelta(seconds=1))
    given.opened_deposit(fan, amount_cents=500, now=old)
    Notification.objects.create(recipient=fan, kind="payout_sent", subject_key="x", created_at=old)

    assert [subject.split(":")[0] for subject, _ in due.overdue(now=noon)] == [
        "settlement",
        "payout",
        "refund",
        "deposit",
        "notifications",
    ]
    with time_machine.travel(noon, tick=False):
        tasks.raise_alarms()
    assert chief.notifications.filter(kind="alarm").count() == 5
    assert chief.notifications.filter(subject_key="settlement:2026-10:2026-11-01").exists()


def test_a_deposit_that_nobody_decides_raises_an_alarm(fan: User, october: Period) -> None:
    """In either open state: after two days, or two days after the month in which a fan may confirm a renewal."""
    started = october.start
    given.settled(october, now=october.end)
    asked = given.opened_deposit(fan, amount_cents=500, now=started)
    renewals = [
        Deposit.objects.create(
            fan=given.user(), amount_cents=500, for_period=october, state=state, started_at=started
        )
        for state in (Deposit.State.PENDING, Deposit.State.NEEDS_FAN)
    ]
    Notification.objects.all().delete()

    def alarming(now: datetime) -> set[str]:
        return {subject.removeprefix("deposit:") for subject, _ in due.overdue(now=now)}

    later = timedelta(days=2, seconds=1)
    deposits.record_deposit(deposit_id=asked.id, outcome=Outcome(result=Result.NEEDS_FAN), now=started)
    assert alarming(started + later - timedelta(seconds=1)) == set()
    assert alarming(started + later) == {str(asked.pk), str(renewals[0].pk)}
    assert alarming(october.end + later - timedelta(seconds=2)) == {str(asked.pk), str(renewals[0].pk)}
    assert alarming(october.end + later) == {str(each.pk) for each in (asked, *renewals)}


def test_what_has_time_raises_no_alarm(fan: User, october: Period) -> None:
    """A moment before noon, and for a month without clicks, nothing is overdue."""
    noon = october.end + timedelta(hours=12)

    assert list(due.overdue(now=noon - timedelta(seconds=1))) == []
    assert [subject for subject, _ in due.overdue(now=noon)] == ["settlement:2026-10"]
    given.settled(october, now=noon)
    assert [subject for subject, _ in due.overdue(now=noon)] == []
    assert not fan.notifications.filter(kind="alarm").exists()


def test_a_settlement_that_nobody_is_told_of_raises_an_alarm(fan: User, october: Period) -> None:
    """Six hours after its end at the latest everybody's emails are written, or staff are told."""
    opened = settlement.open_settlement(period=october, now=october.end)
    settlement.settle_range(settlement_id=opened.pk, number=0, now=october.end)
    settlement.finish_settlement(settlement_id=opened.pk, now=october.end)
    late = october.end + timedelta(hours=6)

    assert not fan.notifications.exists()
    assert list(due.overdue(now=late)) == []
    assert list(due.overdue(now=late + timedelta(seconds=1))) == [
        (
            "announcement:2026-10",
            "The settlement of 2026-10 is finished, and nobody was told for more than six hours.",
        )
    ]
    announcements.announce_settlement(settlement_id=opened.pk, now=late)
    assert list(due.overdue(now=late + timedelta(seconds=1))) == []


def test_payouts_that_nobody_reviews_raise_one_alarm(october: Period, after_october: datetime) -> None:
    """After two days staff are told how many creators wait."""
    creator = given.creator()
    given.earned(creator, micros=30_000_000, period=october, now=after_october)
    asked = after_october + timedelta(days=10)
    for _ in range(2):
        given.payout(creator, amount_cents=1000, now=asked)

    Notification.objects.all().delete()

    assert list(due.overdue(now=asked + timedelta(days=2))) == []
    assert list(due.overdue(now=asked + timedelta(days=2, seconds=1))) == [
        ("reviews", "2 payouts wait for a review for more than two days.")
    ]
