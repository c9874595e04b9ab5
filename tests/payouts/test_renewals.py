"""Renewals: a fan is charged for a month only where the balance doesn't cover it, and never twice."""

import functools
import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from django.conf import settings

from accounts.models import Subscription, User
from flattr.period import Period
from payouts.gateway import HARD_REASONS, Outcome, ProviderUnavailable, Result
from payouts.gateway.sandbox.gateway import SandboxGateway
from payouts.gateway.sandbox.models import SandboxPayment
from payouts.models import Deposit, PaymentMethod
from payouts.operations import deposits, renewals
from payouts.queries import balances, books
from payouts.queries import renewals as standings
from tests import given

pytestmark = pytest.mark.django_db


def renew(fan: User, now: datetime) -> Deposit | None:
    """Charge the fan if that is due."""
    return renewals.renew_deposit(fan=fan, now=now)


def subscriber(period: Period, *, budget_cents: int = 500) -> User:
    """Return a fan with a promise, a card and no money."""
    fan = given.user()
    given.subscription(fan, budget_cents=budget_cents, period=period)
    given.saved_method(fan, now=period.start)
    return fan


def test_a_fan_without_money_is_charged_the_budget(october: Period, mid_october: datetime) -> None:
    """The charge is noted for its month and asked of the provider under the deposit's id."""
    fan = subscriber(october)
    deposit = renew(fan, mid_october)

    assert deposit is not None
    assert (deposit.amount_cents, deposit.for_period, deposit.state) == (500, october, Deposit.State.PENDING)
    payment = SandboxPayment.objects.get()
    assert (payment.pk, payment.person_id, payment.amount_cents) == (deposit.id, fan.pk, 500)
    assert payment.return_url == f"{settings.APP_URL}/deposits/{deposit.id}/"


def test_a_quarterly_fan_is_charged_three_months(october: Period, mid_october: datetime) -> None:
    """One charge a term saves fees."""
    fan = given.user()
    given.saved_method(fan)
    Subscription.objects.create(
        fan=fan, budget_cents=300, term_months=3, effective_from=october, created_at=mid_october
    )
    deposit = renew(fan, mid_october)

    assert deposit is not None
    assert deposit.amount_cents == 900


@pytest.mark.parametrize(("balance", "is_charged"), [(499, True), (500, False), (501, False)])
def test_a_balance_that_covers_the_month_is_never_topped_up(
    balance: int,
    is_charged: bool,  # noqa: FBT001
    october: Period,
    mid_october: datetime,
) -> None:
    """A quiet month leaves the balance, and the balance saves the next charge."""
    fan = subscriber(october)
    given.deposit(fan, amount_cents=balance, now=mid_october)

    assert (renew(fan, mid_october) is not None) is is_charged


def test_what_the_month_before_will_take_covers_nothing(october: Period) -> None:
    """Before October is settled its cake is still in the balance, and spoken for."""
    fan = given.funded_fan(budget_cents=500, period=october)
    assert renew(fan, october.end) is None
    given.click(fan, given.button(), now=october.start)

    assert renew(fan, october.end) is not None


@pytest.mark.parametrize("state", [Subscription.State.PAUSED, Subscription.State.CANCELLED])
def test_a_fan_who_paused_or_cancelled_is_never_charged(
    state: Subscription.State, october: Period, mid_october: datetime
) -> None:
    """No promise in force, no charge."""
    fan = given.user()
    given.subscription(fan, budget_cents=500, period=october, state=state)

    assert renew(fan, mid_october) is None
    assert renew(given.user(), mid_october) is None
    assert not Deposit.objects.exists()


def test_a_month_is_charged_once(october: Period, mid_october: datetime) -> None:
    """Neither while the charge is under way nor after it succeeded and was spent is there another."""
    fan = subscriber(october)
    deposit = renew(fan, mid_october)
    assert deposit is not None
    assert renew(fan, mid_october) is None
    paid = Outcome(result=Result.SUCCEEDED, fee_cents=32)
    deposits.record_deposit(deposit_id=deposit.id, outcome=paid, now=mid_october)
    given.refund(fan, amount_cents=400, now=mid_october)

    assert balances.fan_balance_micros(fan=fan) == 1_000_000
    assert renew(fan, mid_october) is None
    assert renew(fan, october.end) is not None


def test_a_deposit_under_way_is_waited_for(october: Period, mid_october: datetime) -> None:
    """A fan who is just paying is not charged on top."""
    fan = subscriber(october)
    given.opened_deposit(fan, amount_cents=500, now=mid_october)

    assert renew(fan, mid_october) is None


def decline(fan: User, *, reason: str = "card_declined", now: datetime) -> bool:
    """Charge the fan if that is due, let it be declined, and tell whether it was charged."""
    deposit = renew(fan, now)
    if deposit is not None:
        declined = Outcome(result=Result.DECLINED, reason=reason)
        deposits.record_deposit(deposit_id=deposit.id, outcome=declined, now=now)
    return deposit is not None


def told(fan: User) -> list[str]:
    """Return what the fan was told of."""
    return sorted(fan.notifications.values_list("kind", flat=True))


def test_a_declined_charge_is_tried_again_three_and_seven_days_later(october: Period) -> None:
    """Three tries a month, each told of; then the month is past due, which is told once."""
    fan = subscriber(october)
    tried_on = [day for day in range(14) if decline(fan, now=october.start + timedelta(days=day, hours=1))]

    assert tried_on == [0, 3, 7]
    assert told(fan) == ["deposit_declined"] * 3 + ["deposit_past_due"]
    assert standings.standing(fan=fan, period=october).is_past_due
    assert renew(fan, october.end) is not None


@pytest.mark.parametrize("reason", sorted(HARD_REASONS))
def test_what_no_second_try_mends_is_not_tried_again(reason: str, october: Period) -> None:
    """A lost card stays lost: the month is past due at once."""
    fan = subscriber(october)
    tried_on = [
        day for day in range(14) if decline(fan, reason=reason, now=october.start + timedelta(days=day, hours=1))
    ]

    assert tried_on == [0]
    assert told(fan) == ["deposit_declined", "deposit_past_due"]


def test_another_card_is_tried_at_once(october: Period) -> None:
    """Who changed what they pay by after a decline doesn't wait for the next try, and has three tries again."""
    fan = subscriber(october)
    for hours in (1, 2):
        now = october.start + timedelta(hours=hours)
        assert decline(fan, reason="expired_card", now=now)
        given.saved_method(fan, now=now + timedelta(minutes=1))

    assert not standings.standing(fan=fan, period=october).is_past_due
    assert renew(fan, october.start + timedelta(hours=3)) is not None


def test_a_confirm_page_that_expires_is_a_try_that_failed(october: Period) -> None:
    """The fan is asked on the days 0, 3 and 7, once each, however soon the page closes; then it is past due."""
    fan = subscriber(october)
    asked_on = []
    for day in range(14):
        now = october.start + timedelta(days=day, hours=1)
        deposit = renew(fan, now)
        if deposit is not None:
            asked_on.append(day)
            for result in (Result.NEEDS_FAN, Result.CANCELLED):
                deposits.record_deposit(deposit_id=deposit.id, outcome=Outcome(result=result), now=now)

    assert asked_on == [0, 3, 7]
    assert told(fan) == ["deposit_needs_you"] * 3 + ["deposit_past_due"]
    assert set(fan.deposits.values_list("state", flat=True)) == {Deposit.State.EXPIRED}


def test_a_fan_without_a_card_is_past_due_at_once(october: Period, mid_october: datetime) -> None:
    """Nobody is asked about a charge that can't be made; the fan is told."""
    fan = subscriber(october)
    PaymentMethod.objects.update(method="")
    deposit = renew(fan, mid_october)
    assert deposit is not None
    deposit.refresh_from_db()

    assert (deposit.state, deposit.reason) == (Deposit.State.DECLINED, "no_saved_method")
    assert not SandboxPayment.objects.exists()
    assert renew(fan, mid_october + timedelta(days=4)) is None
    assert told(fan) == ["deposit_declined", "deposit_past_due"]


@pytest.mark.parametrize(("kind", "days"), [("card", 5), ("sepa_debit", 10)])
def test_the_next_month_is_charged_some_days_before_it(kind: str, days: int, october: Period) -> None:
    """So that the money is there in time, and no earlier; one charge is all there is for the month."""
    fan = subscriber(october)
    given.saved_method(fan, kind=kind, now=october.start)
    given.deposit(fan, amount_cents=500, now=october.start)
    given.click(fan, given.button(), now=october.start)
    before = october.end - timedelta(days=days, seconds=1)

    assert renew(fan, before) is None
    deposit = renew(fan, before + timedelta(seconds=1))
    assert deposit is not None
    assert deposit.for_period == october.next
    paid = Outcome(result=Result.SUCCEEDED)
    deposits.record_deposit(deposit_id=deposit.id, outcome=paid, now=before)
    assert renew(fan, october.end) is None


def test_who_owes_a_month_is_not_charged_for_the_next_one_ahead(october: Period) -> None:
    """What is paid goes to the older month first, so it would pay for no other."""
    fan = subscriber(october)
    near = october.end - timedelta(days=4)
    assert decline(fan, now=near)

    assert renew(fan, near + timedelta(days=1)) is None


def test_a_promise_is_not_paid_beside_its_renewal(october: Period, mid_october: datetime) -> None:
    """The form leads to the renewal that is under way: one month isn't paid twice."""
    fan = subscriber(october)
    renewal = renew(fan, mid_october)
    assert renewal is not None
    page = deposits.start_deposit(
        deposit_id=uuid.uuid4(), fan=fan, amount_cents=500, for_promise=True, now=mid_october
    )

    assert str(renewal.id) in page
    assert Deposit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_case_22_a_promise_and_its_renewal_at_once_make_one_deposit(october: Period, mid_october: datetime) -> None:
    """The fan presses the button while the job runs: whichever is first is the only one."""
    fan = subscriber(october)
    pay = functools.partial(
        deposits.start_deposit,
        deposit_id=uuid.uuid4(),
        fan=fan,
        amount_cents=500,
        for_promise=True,
        now=mid_october,
    )
    given.queued(
        pay,
        functools.partial(renew, fan, mid_october),
        behind=User.objects.select_for_update(no_key=True).filter(pk=fan.pk).get,
    )

    assert Deposit.objects.count() == 1


def test_a_fan_who_paid_before_is_charged_by_the_same_method(october: Period, mid_october: datetime) -> None:
    """The provider remembers what the fan paid with, and the renewal succeeds without the fan."""
    fan = subscriber(october)
    SandboxPayment.objects.create(
        id=uuid.uuid4(),
        person_id=fan.pk,
        amount_cents=500,
        is_incoming=True,
        state=SandboxPayment.State.SUCCEEDING,
        due_at=october.start,
    )
    with time_machine.travel(mid_october, tick=False) as clock:
        deposit = renew(fan, mid_october)
        assert deposit is not None
        # Killed between asking and noting, a worker asks again under the same id.
        deposits.charge(deposit=deposit, now=mid_october)
        clock.shift(timedelta(seconds=2))
        deposits.collect_deposit(deposit_id=deposit.id, now=mid_october)

    assert balances.fan_balance_micros(fan=fan) == 5_000_000
    assert SandboxPayment.objects.count() == 2
    assert books.check_books() == []


def test_a_renewal_that_needs_the_fan_tells_so_once(october: Period, mid_october: datetime) -> None:
    """The fan isn't at a page of ours, so an email asks for the confirmation; it doesn't expire meanwhile."""
    fan = subscriber(october)
    deposit = renew(fan, mid_october)
    assert deposit is not None
    needs_fan, pending = Outcome(result=Result.NEEDS_FAN, url="/confirm"), Outcome(result=Result.PENDING)
    states = []
    for outcome in (needs_fan, needs_fan, pending, needs_fan, pending):
        deposits.record_deposit(deposit_id=deposit.id, outcome=outcome, now=mid_october + timedelta(days=2))
        deposit.refresh_from_db()
        states.append(str(deposit.state))

    assert states == ["needs_fan", "needs_fan", "pending", "needs_fan", "pending"]
    assert [each.kind for each in fan.notifications.all()] == ["deposit_needs_you"]


def test_a_renewal_that_was_cut_short_is_asked_for_again(
    october: Period, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker killed between noting the charge and asking for it doesn't let the fan's month go unpaid."""
    fan = subscriber(october)
    with monkeypatch.context() as patched:
        patched.setattr(SandboxGateway, "charge_saved_method", given.away)
        with pytest.raises(ProviderUnavailable):
            renew(fan, mid_october)
    deposit = Deposit.objects.get()
    assert not SandboxPayment.objects.exists()
    for _ in range(2):
        deposits.collect_deposit(deposit_id=deposit.id, now=mid_october)

    payment = SandboxPayment.objects.get()
    assert (payment.pk, payment.person_id, payment.amount_cents) == (deposit.id, fan.pk, 500)


def test_a_renewal_is_closed_when_its_month_is_over(october: Period, mid_october: datetime) -> None:
    """The bank's question about October can't be answered in November, whose own charge takes its place."""
    fan = subscriber(october)
    deposit = renew(fan, mid_october)
    assert deposit is not None
    SandboxPayment.objects.update(state=SandboxPayment.State.CHALLENGED)
    deposits.collect_deposit(deposit_id=deposit.id, now=october.last_moment)
    assert renew(fan, october.end) is None
    deposits.collect_deposit(deposit_id=deposit.id, now=october.end)
    deposit.refresh_from_db()

    assert deposit.state == Deposit.State.EXPIRED
    assert SandboxPayment.objects.get().state == SandboxPayment.State.CANCELLED
    assert renew(fan, october.end) is not None


@pytest.mark.parametrize("second_is_paid", [True, False])
def test_a_renewal_that_succeeds_after_its_successor_counts_too(
    second_is_paid: bool,  # noqa: FBT001
    october: Period,
    mid_october: datetime,
) -> None:
    """The money of both came; the one that nobody expected any more is money for any month."""
    fan = subscriber(october)
    paid = Outcome(result=Result.SUCCEEDED)
    first = renew(fan, mid_october)
    assert first is not None
    deposits.record_deposit(deposit_id=first.id, outcome=Outcome(result=Result.CANCELLED), now=mid_october)
    second = renew(fan, mid_october + timedelta(days=3))
    assert second is not None
    for each in [second, first] if second_is_paid else [first, second]:
        deposits.record_deposit(deposit_id=each.id, outcome=paid, now=mid_october)

    assert list(fan.deposits.order_by("id").values_list("state", flat=True)) == ["succeeded"] * 2
    assert {each.pk: each.for_period for each in fan.deposits.all()} == {first.pk: None, second.pk: october}
    assert balances.fan_balance_micros(fan=fan) == 10_000_000
    assert renew(fan, mid_october) is None
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
def test_two_renewals_at_once_charge_once(october: Period, mid_october: datetime) -> None:
    """However many workers are rung for the same fan, one charge is made."""
    fan = subscriber(october)
    results = given.at_once(*[functools.partial(renew, fan, mid_october)] * 4)

    assert [type(each).__name__ for each in results if each is not None] == ["Deposit"]
    assert Deposit.objects.count() == SandboxPayment.objects.count() == 1
