"""Reconciliation: where Stripe's book and ours differ is found and shown, and stays until it is gone."""

import io
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from flattr.period import Period
from payouts.gateway import Outcome, Result, get_gateway
from payouts.gateway import stripe as api
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import Deposit, ProcessorMovement, ReconciliationItem
from payouts.operations import deposits, disputes, reconciliation, refunds
from payouts.queries import balances, books
from tests import given
from tests.fakestripe.fake import FakeStripe
from tests.payouts.paying import assert_books_are_stripes, moment, page_of, paid, save_card

pytestmark = pytest.mark.django_db

CENT = 10_000
Kind = ReconciliationItem.Kind


@pytest.fixture
def fan() -> User:
    """Return a fan with a budget of 5 EUR and nothing else."""
    person = given.user("Grace")
    given.subscription(person, budget_cents=500, period=Period.at(moment()))
    return person


def later() -> datetime:
    """Return a moment at which no book lags behind the other any more."""
    return moment() + timedelta(minutes=11)


def found(*, now: datetime | None = None) -> list[tuple[str, str, int]]:
    """Reconcile twice and return what differs: kind, about what, cents."""
    reconciliation.reconcile(now=now or later())
    items = reconciliation.reconcile(now=now or later())
    return [(str(item.kind), item.subject, item.difference_cents) for item in items]


def test_a_quiet_day_has_no_differences(stripe: FakeStripe, fan: User) -> None:
    """Payments, refunds, disputes and what the platform itself moves agree line by line and in all."""
    deposit, lost = paid(stripe, fan), paid(stripe, fan, amount_cents=900)
    refund = given.refund(fan, amount_cents=200, now=moment())
    refunds.advance_refund(refund_id=refund.pk, now=moment())
    reference = stripe.dispute(deposit.reference)["id"]
    disputes.look_at_dispute(reference=reference, now=moment())
    stripe.top_up(5000)
    stripe.advance(days=8)
    stripe.pay_out(amount=1000)

    assert found() == []
    assert lost.state == "succeeded"
    assert ledger.balance_micros(kind=chart.Kind.PLATFORM_FEE) == 4000 * CENT
    assert_books_are_stripes()


def test_case_6_a_payment_whose_webhook_was_lost_is_booked(stripe: FakeStripe, fan: User) -> None:
    """Every open row is asked about; what comes late then changes nothing."""
    deposit, page = page_of(fan)
    stripe.pay(page)

    assert found() == []
    deposit.refresh_from_db()
    assert deposit.state == Deposit.State.SUCCEEDED
    deposits.collect_deposit(deposit_id=deposit.pk, now=moment())
    assert balances.fan_balance_micros(fan=fan) == 500 * CENT


def test_a_payment_that_we_know_nothing_of_is_shown(stripe: FakeStripe, fan: User) -> None:
    """Money that came by no way of ours is nobody's until staff look."""
    save_card(stripe, fan)
    api.create_intent(
        {
            "amount": 700,
            "currency": "eur",
            "customer": fan.payment_method.customer,
            "payment_method": fan.payment_method.method,
            "confirm": True,
            "off_session": True,
            "return_url": "https://flattr.example/back",
        },
        key="by-hand",
    )
    (intent,) = api.intents_of(customer=fan.payment_method.customer, since=moment() - timedelta(hours=1))

    assert found() == [("unknown", intent.id, 664), ("balance", "processor_cash", 664)]


def test_what_we_booked_and_the_provider_did_not_move_is_shown(stripe: FakeStripe, fan: User) -> None:
    """A deposit that was never paid is the worst of all."""
    deposit = given.opened_deposit(fan, amount_cents=500, now=moment())
    imagined = Outcome(result=Result.SUCCEEDED, fee_cents=33, reference="pi_imagined")
    deposits.record_deposit(deposit_id=deposit.pk, outcome=imagined, now=moment())
    del stripe

    assert found() == [("missing", "pi_imagined", -467), ("balance", "processor_cash", -467)]


def test_a_fee_that_differs_is_shown_and_goes_away(stripe: FakeStripe, fan: User) -> None:
    """What is mended ends by itself, and is kept with its time."""
    deposit = paid(stripe, fan)
    Deposit.objects.filter(pk=deposit.pk).update(processor_fee_cents=30)
    now = later()
    assert found(now=now) == [("differs", deposit.reference, -3)]
    Deposit.objects.filter(pk=deposit.pk).update(processor_fee_cents=31)
    assert found(now=now) == [("differs", deposit.reference, -2)]
    Deposit.objects.filter(pk=deposit.pk).update(processor_fee_cents=33)
    assert found(now=now) == []

    item = ReconciliationItem.objects.get()
    assert (item.since, item.ended_at, item.ended_by) == (now, now, None)
    assert str(item) == f"differs {deposit.reference}: -2"


def test_a_difference_that_is_minutes_old_is_no_difference(stripe: FakeStripe, fan: User) -> None:
    """One book may lag behind the other."""
    deposit = paid(stripe, fan)
    Deposit.objects.filter(pk=deposit.pk).update(processor_fee_cents=30)

    assert found(now=moment()) == []


def test_staff_set_a_difference_aside_with_a_note(stripe: FakeStripe, fan: User) -> None:
    """It stays away until it changes; without a note nobody resolves anything."""
    deposit = paid(stripe, fan)
    staff = given.user("Staff")
    Deposit.objects.filter(pk=deposit.pk).update(processor_fee_cents=30)
    found()
    item = ReconciliationItem.objects.get()
    with pytest.raises(reconciliation.NoteMissing, match="note:"):
        reconciliation.resolve_item(item_id=item.pk, staff=staff, note=" ", now=later())
    for note in ("Stripe's new price", "again"):
        reconciliation.resolve_item(item_id=item.pk, staff=staff, note=note, now=later())
    item.refresh_from_db()

    assert (item.ended_by, item.note) == (staff, "Stripe's new price")
    assert found() == []
    Deposit.objects.filter(pk=deposit.pk).update(processor_fee_cents=29)
    assert found() == [("differs", deposit.reference, -4)]


def test_one_movement_that_cant_be_asked_about_stops_no_other(
    stripe: FakeStripe, fan: User, caplog: pytest.LogCaptureFixture
) -> None:
    """The rest is compared all the same."""
    _deposit, page = page_of(fan)
    stripe.pay(page)
    stripe.faults.add("500", method="GET", path="/v1/checkout/sessions", times=3)
    reconciliation.reconcile(now=moment())

    assert "A movement can't be asked about now" in caplog.text
    assert found() == []


def test_the_command_says_what_differs_how_much_and_since_when(stripe: FakeStripe, fan: User) -> None:
    """It succeeds only if nothing differs."""
    deposit = paid(stripe, fan)
    ProcessorMovement.objects.all().delete()
    out = io.StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue() == "Our books and the provider's agree.\n"
    long_ago = moment() - timedelta(hours=1)
    Deposit.objects.filter(pk=deposit.pk).update(processor_fee_cents=30, ended_at=long_ago)
    ProcessorMovement.objects.update(occurred_at=long_ago)

    with pytest.raises(CommandError, match=rf"1 differences are open.\n....-..-.. differs {deposit.reference}: The"):
        call_command("reconcile")


def test_the_command_says_that_the_provider_is_away(stripe: FakeStripe) -> None:
    """Nothing is compared by halves."""
    stripe.faults.add("500", method="GET", times=9)

    with pytest.raises(CommandError, match="The provider can't be asked now"):
        call_command("reconcile")


def test_the_sandbox_has_nothing_to_compare(fan: User) -> None:
    """Pretended money has no book, however much was paid."""
    deposit = given.deposit(fan, amount_cents=500, now=moment())
    Deposit.objects.filter(pk=deposit.pk).update(reference=str(deposit.pk))

    assert get_gateway().balance_cents() is None
    assert reconciliation.reconcile(now=later()) == []
    assert books.check_books() == []
