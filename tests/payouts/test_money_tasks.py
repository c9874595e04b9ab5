"""Background work: each task makes one call, is safe to run twice, and sweeps find what was not rung for."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from celery.app import app_or_default
from django.db.backends.postgresql.base import DatabaseWrapper
from kombu.exceptions import OperationalError

from accounts import tasks as accounts_tasks
from accounts.models import Notification, User
from flattr.period import Period
from payouts import tasks
from payouts.gateway.sandbox import gateway as sandbox
from payouts.gateway.sandbox.models import SandboxPayment
from payouts.ledger import chart
from payouts.models import Deposit, Payout, PayoutAccount, Refund, Settlement
from payouts.operations import digests, payouts, settlement
from payouts.queries import balances, due, settlements
from tests import given
from tests.conftest import Rung
from tests.fakestripe.fake import FakeStripe

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan who clicked in October and can pay for it."""
    person = given.funded_fan(budget_cents=500, period=october)
    given.click(person, given.button(), now=october.start)
    return person


def work_off(rung: Rung) -> list[str]:
    """Run everything that was rung for, and what that rings for, as workers would; return the names."""
    done = []
    while rung:
        name, args = rung.pop(0)
        module = accounts_tasks if name == "send_notifications" else tasks
        getattr(module, name)(*args)
        done.append(name)
    return done


@pytest.mark.usefixtures("fan")
def test_the_first_of_the_month_settles_the_month_before(
    rung: Rung, october: Period, after_october: datetime, mailoutbox: list[Any]
) -> None:
    """From the schedule's bell to the emails and the new month's charges everything follows by itself."""
    with time_machine.travel(after_october, tick=False):
        tasks.settle_due_months()
        names = work_off(rung)

    finished = Settlement.objects.get(period=october)
    assert finished.digest
    assert finished.announced_at == after_october
    assert names[:4] == ["settle_month", "settle_range", "digest_lines", "announce_settlement"]
    assert len(mailoutbox) == 2
    assert [each.for_period for each in Deposit.objects.exclude(for_period=None)] == [october.next]


@pytest.mark.usefixtures("fan")
def test_a_settled_month_is_not_rung_for_again(rung: Rung, october: Period, after_october: datetime) -> None:
    """The hourly schedule finds nothing to do."""
    given.settled(october, now=after_october)
    with time_machine.travel(after_october + timedelta(hours=1), tick=False):
        tasks.settle_due_months()

    assert rung == []


@pytest.mark.usefixtures("fan")
def test_tasks_delivered_twice_change_nothing(rung: Rung, october: Period, after_october: datetime) -> None:
    """Every task of a settlement may come again, in any order."""
    with time_machine.travel(after_october, tick=False):
        tasks.settle_month("2026-10")
        opened = Settlement.objects.get(period=october)
        for _ in range(2):
            tasks.settle_month("2026-10")
            tasks.settle_range(opened.pk, 0)
            tasks.digest_lines(opened.pk)
            tasks.finish_settlement(opened.pk)
            tasks.announce_settlement(opened.pk)
            tasks.sweep_settlements()
    opened.refresh_from_db()

    assert opened.announced_at == after_october
    assert Notification.objects.count() == 2
    assert ("settle_range", (opened.pk, 0)) in rung


def test_the_sweep_goes_on_with_what_was_cut_short(
    rung: Rung, fan: User, october: Period, after_october: datetime
) -> None:
    """A lost queue loses nothing: open ranges are rung for, and a finished one is announced."""
    with time_machine.travel(after_october, tick=False):
        tasks.settle_month("2026-10")
        rung.clear()
        tasks.sweep_settlements()
        assert [name for name, _ in rung] == ["settle_range"]
        tasks.settle_range(*rung.pop()[1])
        rung.clear()
        tasks.sweep_settlements()
        assert rung == [("announce_settlement", (Settlement.objects.get().pk,))]
        work_off(rung)
        tasks.sweep_settlements()

    assert rung == []
    assert fan.notifications.filter(kind="month_settled").count() == 1
    assert Settlement.objects.get(period=october).announced_at


@pytest.mark.usefixtures("october")
def test_the_sweep_finishes_a_month_without_fans(rung: Rung, after_october: datetime) -> None:
    """Without ranges no range task can finish the month, so the sweep does."""
    with time_machine.travel(after_october, tick=False):
        tasks.settle_month("2026-10")
        tasks.sweep_settlements()
        work_off(rung)

    assert Settlement.objects.get().announced_at


@pytest.mark.django_db(transaction=True)
def test_renewals_read_the_fans_inside_a_transaction(
    rung: Rung, fan: User, october: Period, after_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cursor that outlives its transaction would be lost where PgBouncer lends a connection for one alone."""
    inside = []
    chunked_cursor = DatabaseWrapper.chunked_cursor

    def seen(self: Any) -> Any:
        inside.append(self.in_atomic_block)
        return chunked_cursor(self)

    given.settled(october, now=after_october)
    monkeypatch.setattr(DatabaseWrapper, "chunked_cursor", seen)
    with time_machine.travel(after_october, tick=False):
        tasks.renew_deposits()

    assert rung == [("renew_deposit", (fan.pk,))]
    assert inside == [True]


def test_renewals_wait_for_the_settlement(rung: Rung, fan: User, october: Period, after_october: datetime) -> None:
    """While the month before isn't cut nobody is charged, since its cake may be paid by what is there."""
    given.saved_method(fan)
    with time_machine.travel(after_october, tick=False):
        tasks.renew_deposits()
        assert rung == []
        given.settled(october, now=after_october)
        tasks.renew_deposits()
        assert rung == [("renew_deposit", (fan.pk,))]
        tasks.renew_deposit(fan.pk)
        tasks.renew_deposit(fan.pk)

    assert [name for name, _ in rung] == ["renew_deposit", "collect_deposit"]
    deposit = Deposit.objects.get(for_period=october.next)
    assert SandboxPayment.objects.get().return_url.endswith(f"/deposits/{deposit.pk}/")


def test_near_a_months_end_each_fan_is_rung_for_once(rung: Rung, fan: User, october: Period) -> None:
    """Who promises for this month and the next, and who promises for the next alone."""
    newcomer = given.user()
    given.subscription(newcomer, budget_cents=500, period=october.next)
    with time_machine.travel(october.end - timedelta(days=3), tick=False):
        tasks.renew_deposits()

    assert sorted(rung) == [("renew_deposit", (each.pk,)) for each in (fan, newcomer)]


def test_open_deposits_and_refunds_are_asked_about(rung: Rung, mid_october: datetime) -> None:
    """The sweep brings in money whose fan never came back from the pay page, and sends refunds."""
    fan = given.user()
    given.deposit(fan, amount_cents=900, now=mid_october)
    with time_machine.travel(mid_october, tick=False) as clock:
        given.started_deposit(fan, amount_cents=500, now=mid_october)
        sandbox.choose(payment=SandboxPayment.objects.get(), choice="succeed")
        refund = given.refund(fan, amount_cents=400, now=mid_october)
        for _ in range(2):
            tasks.sweep_deposits()
            assert sorted(name for name, _ in rung) == ["advance_refund", "collect_deposit"]
            work_off(rung)
            clock.shift(timedelta(seconds=3))
        tasks.sweep_deposits()
    refund.refresh_from_db()

    assert rung == []
    assert refund.state == Refund.State.SENT
    assert balances.fan_balance_micros(fan=fan) == 10_000_000


def test_approved_payouts_are_gone_on_with(rung: Rung, october: Period, after_october: datetime) -> None:
    """The sweep sends what staff approved and nothing else."""
    creator = given.creator()
    given.earned(creator, micros=30_000_000, period=october, now=after_october)
    now = after_october + timedelta(days=10)
    approved, _waiting = (given.payout(creator, amount_cents=1000, now=now) for _ in range(2))
    payouts.approve_payout(payout_id=approved.id, reviewer=given.user(), now=now)
    with time_machine.travel(now, tick=False) as clock:
        for _ in range(2):
            tasks.sweep_payouts()
            assert rung == [("advance_payout", (str(approved.pk),))]
            work_off(rung)
            clock.shift(timedelta(seconds=3))
        tasks.sweep_payouts()

    assert rung == []
    assert sorted(Payout.objects.values_list("state", flat=True)) == ["requested", "sent"]


def test_ringing_sends_a_task(rung: Rung) -> None:
    """A worker is called at once instead of by the next sweep."""
    tasks.ring(tasks.collect_deposit, "some-id", countdown=2)

    assert rung == [("collect_deposit", ("some-id",))]


@pytest.mark.parametrize("failure", [ConnectionRefusedError("away"), OperationalError("away")])
def test_ringing_without_redis_is_no_error(
    failure: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Redis is only a doorbell: what was committed stays, and the sweep finds it."""

    def refuse(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(type(app_or_default()), "send_task", refuse)
    tasks.ring(tasks.collect_deposit, "some-id")

    assert "payouts.tasks.collect_deposit was not rung for: away" in caplog.text


def test_a_month_is_not_forgotten_when_nothing_ran_for_longer(
    rung: Rung, fan: User, october: Period, mailoutbox: list[Any]
) -> None:
    """All months from the first click on are due, and alarm, and are settled one after another."""
    moment = october.shift(3).start + timedelta(hours=12)
    months = [october, october.next, october.shift(2)]

    assert due.due_periods(now=moment) == months
    assert [subject for subject, _ in due.overdue(now=moment)] == [f"settlement:{each}" for each in months]
    with time_machine.travel(moment, tick=False):
        tasks.settle_due_months()
        assert rung == [("settle_month", ("2026-10",))]
        work_off(rung)
        for _ in range(2):
            tasks.sweep_settlements()
            work_off(rung)

    assert due.due_periods(now=moment) == []
    assert list(Settlement.objects.order_by("period").values_list("period", flat=True)) == months
    assert len(mailoutbox) == 2
    assert fan.notifications.filter(subject_key="2026-10").exists()


def test_a_month_that_newer_ones_were_settled_over_stays_due(fan: User, october: Period) -> None:
    """Nothing hides an unsettled month: it alarms until it is settled, and its cake stays the fan's to give."""
    moment = october.next.end + timedelta(hours=12)
    Settlement.objects.create(
        period=october.next,
        fee_basis_points=0,
        opened_at=moment,
        withdrawable_at=moment,
        finished_at=moment,
        digest="0" * 64,
    )

    assert due.due_periods(now=moment) == [october]
    assert [subject for subject, _ in due.overdue(now=moment)] == ["settlement:2026-10"]
    assert balances.unused_cents(fan=fan, now=moment) == 0


@pytest.mark.usefixtures("fan")
def test_the_finish_publishes_the_digest_that_was_made_beside_it(october: Period, after_october: datetime) -> None:
    """It is made once all lines are there, and is what the finish would have made of them."""
    opened = settlement.open_settlement(period=october, now=after_october)
    assert digests.digest_lines(settlement_id=opened.pk) is False
    settlement.settle_range(settlement_id=opened.pk, number=0, now=after_october)
    for _ in range(2):
        assert digests.digest_lines(settlement_id=opened.pk) is True
    settlement.finish_settlement(settlement_id=opened.pk, now=after_october)
    opened.refresh_from_db()

    assert opened.digest == opened.lines_digest.digest == settlements.digest(settlement=opened)
    assert digests.digest_lines(settlement_id=opened.pk) is False


def test_where_nobody_ever_clicked_no_month_is_due(october: Period) -> None:
    """A platform that starts today has no past to settle."""
    assert due.due_periods(now=october.end) == []


def test_a_killed_finish_is_found_by_the_sweep(rung: Rung, fan: User, after_october: datetime) -> None:
    """A settlement whose ranges are all done and whose last worker died is finished within a minute."""
    with time_machine.travel(after_october, tick=False):
        tasks.settle_month("2026-10")
        rung.clear()
        settlement.settle_range(settlement_id=Settlement.objects.get().pk, number=0, now=after_october)
        tasks.sweep_settlements()
        assert [name for name, _ in rung] == ["finish_settlement"]
        work_off(rung)

    assert fan.notifications.filter(kind="month_settled").count() == 1


def test_accounts_that_are_not_ready_are_asked_about(rung: Rung, mid_october: datetime) -> None:
    """Each in a task of its own; one that has become ready isn't asked about again."""
    creator = given.creator()
    PayoutAccount.objects.update(state=PayoutAccount.State.PENDING)
    with time_machine.travel(mid_october, tick=False):
        tasks.look_at_accounts()
        assert rung == [("look_at_account", (f"sandbox-{creator.pk}",))]
        work_off(rung)
        tasks.look_at_accounts()

    assert rung == []
    creator.payout_account.refresh_from_db()
    assert creator.payout_account.state == PayoutAccount.State.READY


def test_what_differs_at_night_raises_an_alarm(rung: Rung, stripe: FakeStripe) -> None:
    """A quiet night raises none."""
    chief = given.user(is_superuser=True)
    tasks.reconcile()
    assert not chief.notifications.exists()
    stripe.top_up(500)
    given.pot(chart.Kind.PROCESSOR_CASH)
    given.posted(given.posting(given.pot(chart.Kind.PROCESSOR_CASH), given.pot(chart.Kind.PLATFORM_FEE), 10_000))
    tasks.reconcile()

    (told,) = chief.notifications.all()
    assert told.context["lines"][0].startswith("balance processor_cash since 20")
    assert rung == []
