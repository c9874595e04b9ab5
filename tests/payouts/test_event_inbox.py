"""The inbox of events: what was missed is fetched, what waits too long is told, staff decide, and old ones go."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NoReturn

import pytest
import time_machine

from accounts.models import Notification
from payouts import tasks
from payouts.gateway import Event, ProviderUnavailable
from payouts.gateway.sandbox.gateway import SandboxGateway
from payouts.models import Deposit, StripeEvent
from payouts.operations import disputes, events
from payouts.queries import balances, due
from tests import given, told
from tests.conftest import Rung

pytestmark = pytest.mark.django_db

State = StripeEvent.State


def test_what_is_unhandled_for_an_hour_raises_an_alarm(
    mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for each kind, from new ones and waiting ones, until they are handled or set aside."""
    monkeypatch.setattr(disputes, "look_at_dispute", lambda **_: None)
    chief = given.user("Chief", is_superuser=True)
    rows = [
        told.came(kind, now=mid_october) for kind in ("refund.created", "refund.created", "charge.dispute.closed")
    ]
    told.handled(rows[0], now=mid_october)
    rows.append(told.handled(told.came("x.y", now=mid_october), now=mid_october))
    hour = mid_october + timedelta(hours=1)
    assert list(due.overdue(now=hour)) == []
    later = hour + timedelta(seconds=1)

    assert dict(due.overdue(now=later)) == {
        "events:charge.dispute.closed": "1 events of Stripe's of the kind charge.dispute.closed are unhandled"
        " for more than an hour.",
        "events:refund.created": "2 events of Stripe's of the kind refund.created are unhandled for more than"
        " an hour.",
    }
    with time_machine.travel(later, tick=False):
        tasks.raise_alarms()
    assert Notification.objects.filter(recipient=chief, kind="alarm").count() == 2
    events.set_aside(event_ids=[row.pk for row in rows[:2]], reviewer=chief, reason="A test.", now=later)
    told.handled(rows[2], now=later)
    assert list(due.overdue(now=later)) == []


def test_set_aside_is_what_is_not_handled(mid_october: datetime) -> None:
    """With a reason and who gave it; what was handled or ignored stays as it is."""
    staff = given.user("Staff", is_staff=True)
    waiting = told.handled(told.came("refund.created", now=mid_october), now=mid_october)
    ignored = told.handled(told.came("x.y", now=mid_october), now=mid_october)
    with pytest.raises(events.ReasonMissing, match="reason"):
        events.set_aside(event_ids=[waiting.pk], reviewer=staff, reason="  ", now=mid_october)
    number = events.set_aside(
        event_ids=[waiting.pk, ignored.pk], reviewer=staff, reason=" By hand. ", now=mid_october
    )
    waiting.refresh_from_db()

    assert number == 1
    assert (waiting.state, waiting.error) == (State.IGNORED, f"{staff.email}: By hand.")
    assert waiting.handled_at == mid_october
    assert StripeEvent.objects.get(pk=ignored.pk).error == ""
    assert told.handled(waiting, now=mid_october + timedelta(hours=2)).state == State.IGNORED


def test_tried_again_is_whatever_staff_choose(paid: Deposit, mid_october: datetime) -> None:
    """At once and with the first pause, also what was handled or set aside."""
    staff, event = given.user("Staff", is_staff=True), told.about(paid)
    events.set_aside(event_ids=[event.pk], reviewer=staff, reason="A mistake.", now=mid_october)
    for _ in range(2):
        assert events.try_again(event_ids=[event.pk]) == 1
        assert told.handled(event, now=mid_october).state == State.HANDLED
    event.refresh_from_db()

    assert (event.error, event.attempts) == ("", 1)
    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


def test_what_was_set_aside_while_a_worker_was_at_it_stays_so(
    paid: Deposit, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff have the last word."""
    staff, event = given.user("Staff", is_staff=True), told.about(paid)

    def set_aside(*_: object, **__: object) -> NoReturn:
        events.set_aside(event_ids=[event.pk], reviewer=staff, reason="By hand.", now=mid_october)
        raise ProviderUnavailable

    monkeypatch.setattr(SandboxGateway, "deposit_outcome", set_aside)

    assert told.handled(event, now=mid_october).error == f"{staff.email}: By hand."
    assert StripeEvent.objects.get().state == State.IGNORED


def remembered(number: int, **changes: Any) -> list[Event]:
    """Return events as the provider remembers them."""
    fields = {"account": "", "api_version": "", "subject": "", "movement_id": "", "customer": "", "payload": {}}
    return [
        Event(
            **{
                **fields,
                "id": f"evt_missed_{each}",
                "kind": "x.y",
                "is_live": False,
                "occurred_at": given.MOMENT,
                **changes,
            }
        )
        for each in range(number)
    ]


def test_case_6_what_was_missed_is_fetched_once(
    paid: Deposit, mid_october: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A lost webhook's event comes as if delivered, is told of in the log, and coming late changes nothing."""
    since: list[datetime] = []
    (missed,) = remembered(1, kind="payment_intent.succeeded", movement_id=str(paid.pk))
    known = remembered(3)[2]
    events.receive(event=known, now=mid_october)

    def tell(_self: object, **asked: datetime) -> list[Event]:
        since.append(asked["since"])
        return [missed, known]

    monkeypatch.setattr(SandboxGateway, "events", tell)
    events.fetch_missed(since=mid_october - timedelta(days=2), now=mid_october)
    assert "1 events hadn't come by themselves since 2026-10-13" in caplog.text
    events.fetch_missed(since=mid_october - timedelta(days=2), now=mid_october)
    for event in StripeEvent.objects.all():
        told.handled(event, now=mid_october)
    events.receive(event=missed, now=mid_october)

    assert len(caplog.records) == 1
    assert since == [mid_october - timedelta(days=2)] * 2
    assert sorted(StripeEvent.objects.values_list("state", flat=True)) == [State.HANDLED, State.IGNORED]
    assert balances.fan_balance_micros(fan=paid.fan) == 5_000_000


def test_what_was_fetched_before_the_provider_went_away_is_kept(
    mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next night goes on with the rest."""

    def tell(_self: object, **_: datetime) -> Iterator[Event]:
        yield from remembered(5)
        given.away()

    monkeypatch.setattr(SandboxGateway, "events", tell)
    monkeypatch.setattr(events, "_STORED_AT_ONCE", 2)
    with pytest.raises(ProviderUnavailable):
        events.fetch_missed(since=mid_october, now=mid_october)

    assert StripeEvent.objects.count() == 4


def test_the_sandbox_has_nothing_to_fetch(mid_october: datetime) -> None:
    """It remembers no events."""
    assert events.fetch_missed(since=mid_october, now=mid_october) == 0


def test_old_events_are_forgotten_once_they_are_done_with(mid_october: datetime) -> None:
    """After 60 days, unless somebody has still to look."""
    done, waiting, younger = (told.came(kind, now=mid_october) for kind in ("x.y", "refund.created", "x.z"))
    for event in (done, waiting, younger):
        told.handled(event, now=mid_october)
    StripeEvent.objects.filter(pk=younger.pk).update(received_at=mid_october + timedelta(seconds=1))
    with time_machine.travel(mid_october + timedelta(days=60, seconds=1), tick=False):
        tasks.forget_events()

    assert set(StripeEvent.objects.values_list("pk", flat=True)) == {waiting.pk, younger.pk}


def test_the_sweep_rings_for_what_is_due(rung: Rung, mid_october: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Redis lost and what has waited long enough, oldest first, some at a time; nothing else."""
    kinds = ("refund.created", "x.y", "refund.updated", "x.z")
    waits, done, lost, newer = (
        told.came(kind, now=mid_october + timedelta(seconds=number)) for number, kind in enumerate(kinds)
    )
    told.handled(waits, now=mid_october)
    told.handled(done, now=mid_october)
    monkeypatch.setattr(tasks, "_EVENTS_AT_ONCE", 2)
    with time_machine.travel(mid_october + timedelta(seconds=59), tick=False) as clock:
        tasks.sweep_events()
        assert rung == [("handle_event", (lost.pk,)), ("handle_event", (newer.pk,))]
        rung.clear()
        clock.shift(timedelta(seconds=1))
        tasks.sweep_events()
        assert rung == [("handle_event", (waits.pk,)), ("handle_event", (lost.pk,))]
        for _name, arguments in rung:
            tasks.handle_event(*arguments)
        rung.clear()
        tasks.sweep_events()

    assert rung == [("handle_event", (newer.pk,))]
    assert set(StripeEvent.objects.values_list("attempts", flat=True)) == {0, 1, 2}
