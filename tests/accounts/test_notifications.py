"""Notifications: told once, sent by whoever comes first, tried again, and never in each other's way."""

import functools
from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core.mail.backends.locmem import EmailBackend

from accounts import operations, tasks
from accounts.models import NOTIFICATION_ATTEMPTS_MAX, Notification, User
from flattr.transactions import durable
from tests import given

pytestmark = pytest.mark.django_db

CONTEXTS: dict[str, dict[str, Any]] = {
    "earnings_held": {"amount_micros": 5_000_000},
    "earnings_released": {"amount_micros": 5_000_000},
    "earnings_owed": {"amount_micros": 5_000_000},
    "gift_received": {
        "amount_cents": 500,
        "net_micros": 4_500_000,
        "note": "Merci",
        "day": "2026-11-10",
        "period": "2026-10",
    },
    "month_settled": {"period": "2026-10", "spend_micros": 5_000_000, "clicks": 3},
    "earnings_settled": {
        "period": "2026-10",
        "gross_micros": 5_000_000,
        "net_micros": 4_500_000,
        "clicks": 3,
        "fans": 2,
    },
    "creator_week": {"day": "2026-10-12", "clicks": 3, "fans": 2, "best": [], "low_micros": 0, "high_micros": 0},
    "standing_ends": {"period": "2026-10", "lines": [{"title": "A song", "creator": "Ada"}], "more": 0},
    "alarm": {"subject": "books", "lines": ["something is wrong"]},
}
MONEY = {"amount_cents": 500, "period": "2026-10", "reason": "card_declined"}


@durable
def tell(person: User, now: datetime, *, kind: str = "payout_sent", key: str = "x") -> Notification:
    """Owe the person an email."""
    operations.notify(
        recipient=person,
        kind=Notification.Kind(kind),
        subject_key=key,
        context=CONTEXTS.get(kind, MONEY),
        now=now,
    )
    return Notification.objects.get(recipient=person, kind=kind, subject_key=key)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return a set of addresses at which the mail server fails."""
    addresses: set[str] = set()
    send = EmailBackend.send_messages

    def send_or_fail(self: EmailBackend, messages: Any) -> int:
        if any(address in addresses for message in messages for address in message.to):
            msg = "the mail server is away"
            raise ConnectionRefusedError(msg)
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_or_fail)
    return addresses


@pytest.mark.parametrize("kind", Notification.Kind.values)
def test_every_kind_of_email_can_be_written(kind: str, mid_october: datetime, mailoutbox: list[Any]) -> None:
    """Each has a subject of one line and a text, and goes to the person alone."""
    person = given.user("Grace")
    notification = tell(person, mid_october, kind=kind)

    assert operations.send_notifications(now=mid_october) == 1
    assert mailoutbox[0].to == [person.email]
    assert mailoutbox[0].subject
    assert "\n" not in mailoutbox[0].subject
    assert mailoutbox[0].body.strip()
    assert str(notification) == f"{kind} to Grace"


def test_a_fact_is_told_once(mid_october: datetime, mailoutbox: list[Any]) -> None:
    """Telling it again, before or after it was sent, owes no second email."""
    person = given.user()
    for _ in range(2):
        for _ in range(2):
            tell(person, mid_october)
        operations.send_notifications(now=mid_october)

    assert len(mailoutbox) == 1
    (notification,) = Notification.objects.all()
    assert (notification.sent_at, notification.attempts) == (mid_october, 1)


def test_a_failing_email_is_tried_again_later_and_the_others_go_on(
    mid_october: datetime, mailoutbox: list[Any], refused: set[str]
) -> None:
    """The pauses grow, the oldest come first, and in the end it goes out once."""
    unlucky, lucky = given.user(), given.user()
    first = tell(unlucky, mid_october)
    tell(lucky, mid_october + timedelta(seconds=1))
    refused.add(unlucky.email)
    now = mid_october + timedelta(seconds=1)

    assert operations.send_notifications(now=now) == 1
    assert [message.to for message in mailoutbox] == [[lucky.email]]
    assert operations.send_notifications(now=now + timedelta(minutes=1)) == 0
    first.refresh_from_db()
    assert (first.attempts, first.sent_at) == (1, None)
    assert operations.send_notifications(now=now + timedelta(minutes=2)) == 0
    refused.clear()
    assert operations.send_notifications(now=now + timedelta(minutes=5)) == 0
    assert operations.send_notifications(now=now + timedelta(minutes=6)) == 1
    first.refresh_from_db()
    assert (first.attempts, first.sent_at) == (3, now + timedelta(minutes=6))


def test_an_email_is_given_up_in_the_end(mid_october: datetime, refused: set[str]) -> None:
    """After eight attempts it stays unsent, which an alarm tells."""
    person = given.user()
    notification = tell(person, mid_october)
    refused.add(person.email)
    for hours in range(12):
        operations.send_notifications(now=mid_october + timedelta(hours=9 * hours))
    notification.refresh_from_db()

    assert (notification.attempts, notification.sent_at) == (NOTIFICATION_ATTEMPTS_MAX, None)


def test_an_email_that_was_given_up_is_sent_again(mid_october: datetime, mailoutbox: list[Any]) -> None:
    """On request it is tried as if for the first time, once; what was sent before stays sent."""
    person = given.user()
    sent, unsent = tell(person, mid_october, key="sent"), tell(person, mid_october, key="unsent")
    Notification.objects.filter(pk=unsent.pk).update(attempts=NOTIFICATION_ATTEMPTS_MAX)
    assert operations.send_notifications(now=mid_october) == 1

    assert operations.send_again(notification_ids=[sent.pk, unsent.pk]) == 1
    assert operations.send_notifications(now=mid_october) == 1
    assert operations.send_again(notification_ids=[sent.pk, unsent.pk]) == 0
    assert operations.send_notifications(now=mid_october) == 0
    assert len(mailoutbox) == 2


def test_an_email_that_cannot_be_written_stops_no_other(
    mid_october: datetime, mailoutbox: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in one person's data is logged, counted as an attempt, and is that person's alone."""
    broken = tell(given.user(), mid_october)
    Notification.objects.filter(pk=broken.pk).update(kind="unheard_of")
    lucky = given.user()
    tell(lucky, mid_october + timedelta(seconds=1))

    assert operations.send_notifications(now=mid_october + timedelta(seconds=1)) == 1
    assert [message.to for message in mailoutbox] == [[lucky.email]]
    broken.refresh_from_db()
    assert broken.attempts == 1
    assert f"{broken.pk} was not sent" in caplog.text


def test_those_that_pause_never_fill_the_batch(mid_october: datetime, refused: set[str]) -> None:
    """However many old ones wait for their next attempt, new ones go out."""
    unlucky = given.user()
    refused.add(unlucky.email)
    for number in range(3):
        tell(unlucky, mid_october, key=str(number))
    operations.send_notifications(now=mid_october)
    tell(given.user(), mid_october + timedelta(seconds=1))

    assert operations.send_notifications(now=mid_october + timedelta(seconds=1), limit=2) == 1


def test_an_old_email_is_tried_once_a_minute(mid_october: datetime, refused: set[str]) -> None:
    """Runs that follow each other at once don't use up the attempts of one whose pauses are all past."""
    unlucky = given.user()
    notification = tell(unlucky, mid_october)
    refused.add(unlucky.email)
    now = mid_october + timedelta(days=1)
    for seconds in (0, 1, 59, 60, 61):
        operations.send_notifications(now=now + timedelta(seconds=seconds))
    notification.refresh_from_db()

    assert (notification.attempts, notification.tried_at) == (2, now + timedelta(seconds=60))


def test_emails_share_a_connection(mid_october: datetime, refused: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is opened anew only after a failure, whatever its closing says then."""
    opened: list[bool] = []
    is_open = False

    def open_(_self: EmailBackend) -> None:
        nonlocal is_open
        if not is_open:
            opened.append(True)
        is_open = True

    def close(_self: EmailBackend) -> None:
        nonlocal is_open
        if is_open:
            is_open = False
            raise SMTPServerDisconnected

    monkeypatch.setattr(EmailBackend, "open", open_)
    monkeypatch.setattr(EmailBackend, "close", close)
    people = [given.user() for _ in range(6)]
    for number, person in enumerate(people):
        tell(person, mid_october + timedelta(seconds=number))
    refused.add(people[2].email)

    assert operations.send_notifications(now=mid_october + timedelta(minutes=1)) == 5
    assert len(opened) == 2


def test_a_run_sends_no_more_than_its_limit(mid_october: datetime) -> None:
    """The next run sends the rest."""
    for number in range(3):
        tell(given.user(), mid_october, key=str(number))

    assert operations.send_notifications(now=mid_october, limit=2) == 2
    assert operations.send_notifications(now=mid_october, limit=2) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_email_once(mid_october: datetime, mailoutbox: list[Any]) -> None:
    """Whoever has the row sends it, and nobody waits."""
    for number in range(5):
        tell(given.user(), mid_october, key=str(number))
    results = given.at_once(*[functools.partial(operations.send_notifications, now=mid_october)] * 4)

    assert sum(each for each in results if isinstance(each, int)) == 5
    assert len(mailoutbox) == len({message.to[0] for message in mailoutbox}) == 5


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_repeats_one_email_at_most(mid_october: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had sent before is committed one by one."""
    for number in range(3):
        tell(given.user(), mid_october + timedelta(seconds=number))
    send, left = EmailBackend.send_messages, []

    def send_two(self: EmailBackend, messages: Any) -> int:
        left.append(messages[0].to)
        if len(left) == 2:
            raise KeyboardInterrupt
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_two)
    now = mid_october + timedelta(minutes=1)
    with pytest.raises(KeyboardInterrupt):
        operations.send_notifications(now=now)

    assert Notification.objects.filter(sent_at=now).count() == 1
    assert operations.send_notifications(now=now) == 2
    assert len(left) == 4
    assert len({to for (to,) in left}) == 3


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return until when the task was rung for, with the broker replaced by a list."""
    moments: list[float] = []
    monkeypatch.setattr(tasks.send_notifications, "delay", moments.append)
    return moments


def test_the_task_goes_on_while_more_are_due(
    mid_october: datetime, mailoutbox: list[Any], rung: list[float], refused: set[str]
) -> None:
    """Each run sends some and rings for the next one, until nothing is due; what fails is not rung for."""
    unlucky = given.user()
    refused.add(unlucky.email)
    for person in (unlucky, *(given.user() for _ in range(249))):
        tell(person, mid_october)
    with time_machine.travel(mid_october, tick=False):
        tasks.send_notifications()
        for until in rung:
            tasks.send_notifications(until)

    assert len(mailoutbox) == 249
    assert rung == [mid_october.timestamp() + 300] * 2


def test_the_task_ends_when_its_time_is_over(mid_october: datetime, mailoutbox: list[Any], rung: list[float]) -> None:
    """The bell rings each minute and would else have more and more workers at emails alone."""
    for _ in range(250):
        tell(given.user(), mid_october)
    with time_machine.travel(mid_october + timedelta(minutes=5), tick=False):
        tasks.send_notifications(mid_october.timestamp() + 300)

    assert len(mailoutbox) == 100
    assert rung == []


def test_the_task_reads_the_clock(mid_october: datetime, mailoutbox: list[Any]) -> None:
    """A worker sends what is owed by now."""
    tell(given.user(), mid_october)
    with time_machine.travel(mid_october, tick=False):
        tasks.send_notifications()

    assert len(mailoutbox) == 1
