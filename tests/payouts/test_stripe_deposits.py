"""Deposits by Stripe: whatever happens on the way, a month is paid once, and the books say what Stripe's say."""

import uuid
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from buttons.models import Click
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import durable
from payouts.gateway import OrderRefused, ProviderUnavailable, Result, get_gateway
from payouts.gateway import stripe as api
from payouts.models import Deposit
from payouts.operations import deposits, refunds, renewals
from payouts.queries import balances, statements
from tests import given
from tests.fakestripe.errors import Refused
from tests.fakestripe.fake import FakeStripe
from tests.payouts.paying import (
    SOON,
    assert_books_are_stripes,
    charges,
    collect,
    moment,
    page_of,
    paid,
    resolved,
    save_card,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe")]


@pytest.fixture
def fan() -> User:
    """Return a fan with a budget of 5 EUR and nothing else."""
    person = given.user("Grace")
    given.subscription(person, budget_cents=500, period=Period.at(moment()))
    return person


def renew(fan: User, *, now: datetime | None = None) -> Deposit:
    """Charge the fan for the month."""
    deposit = renewals.renew_deposit(fan=fan, now=now or moment())
    assert deposit is not None
    return deposit


def test_a_fan_pays_on_stripes_page(stripe: FakeStripe, fan: User) -> None:
    """The gross is the fan's, the real fee the platform's, and what was paid by is saved for the next month."""
    deposit, page = page_of(fan)
    assert collect(deposit) is Result.PENDING
    stripe.pay(page)
    assert collect(deposit) is Result.SUCCEEDED

    assert (deposit.state, deposit.processor_fee_cents) == ("succeeded", 33)
    assert deposit.reference.startswith("pi_")
    assert balances.fan_balance_micros(fan=fan) == 5_000_000
    fan.payment_method.refresh_from_db()
    assert (fan.payment_method.kind, fan.payment_method.label) == ("card", "Visa •••• 4242")
    assert_books_are_stripes()


def test_case_11_an_answer_that_was_lost_makes_one_charge(stripe: FakeStripe, fan: User) -> None:
    """The library asks again under the same key, and Stripe has charged once."""
    save_card(stripe, fan)
    stripe.faults.add("drop", path="/v1/payment_intents")
    deposit = renew(fan)

    assert collect(deposit) is Result.SUCCEEDED
    assert charges(fan) == ["succeeded"]


@pytest.mark.parametrize("days", [0, 2], ids=["at_once", "case_15_after_the_keys_are_forgotten"])
def test_case_13_a_charge_that_was_never_recorded_is_found(stripe: FakeStripe, fan: User, days: int) -> None:
    """Killed after Stripe's answer, or long before the next try: the payment is found by our id and booked."""
    save_card(stripe, fan)
    deposit = renew(fan)
    stripe.advance(days=days)

    assert collect(deposit) is Result.SUCCEEDED
    assert charges(fan) == ["succeeded"]


def test_case_16_a_failure_that_stripe_repeats_is_tried_under_another_key(stripe: FakeStripe, fan: User) -> None:
    """A stored 500 is answered again for a day; the next try has a number of its own."""
    save_card(stripe, fan)
    stripe.faults.add("500", path="/v1/payment_intents", times=3)
    with pytest.raises(ProviderUnavailable):
        renew(fan)
    deposit = Deposit.objects.get(fan=fan)
    assert (deposit.attempt, deposit.state) == (1, "pending")
    collect(deposit)

    assert collect(deposit) is Result.SUCCEEDED
    assert charges(fan) == ["succeeded"]


def test_case_20_a_decline_is_told_and_the_next_try_succeeds(stripe: FakeStripe, fan: User) -> None:
    """Too little on the card today says nothing about in three days, with another card."""
    save_card(stripe, fan)
    fan.payment_method.method = "pm_card_chargeDeclinedInsufficientFunds"
    fan.payment_method.save()
    deposit = renew(fan)

    assert collect(deposit) is Result.DECLINED
    assert (deposit.state, deposit.reason) == ("declined", "insufficient_funds")


def test_case_23_a_page_that_nobody_pays_expires(stripe: FakeStripe, fan: User) -> None:
    """A return address that is opened without paying books nothing; a day later the page is closed for good."""
    deposit, page = page_of(fan)
    assert collect(deposit) is Result.PENDING
    assert collect(deposit, now=moment() + timedelta(days=1, seconds=1)) is Result.CANCELLED

    assert deposit.state == Deposit.State.EXPIRED
    with pytest.raises(Refused):
        stripe.pay(page)


def test_case_23_a_page_that_was_never_opened_expires(fan: User) -> None:
    """Stripe has never heard of it: a day later nobody waits for it any more, and the next month can be charged."""
    deposit = given.opened_deposit(fan, amount_cents=500, now=moment())
    assert collect(deposit) is Result.UNKNOWN
    assert balances.has_open_deposit(fan=fan)
    assert collect(deposit, now=moment() + timedelta(days=1, seconds=1)) is Result.CANCELLED

    assert deposit.state == Deposit.State.EXPIRED
    assert not balances.has_open_deposit(fan=fan)


def test_case_24_a_debit_is_on_its_way_for_days_and_comes(stripe: FakeStripe, fan: User) -> None:
    """Nothing is booked before the bank has paid."""
    deposit, page = page_of(fan)
    stripe.pay(page, by="DE89370400440532013000")
    assert collect(deposit, now=moment() + timedelta(days=2)) is Result.PROCESSING
    assert (deposit.state, balances.fan_balance_micros(fan=fan)) == ("processing", 0)
    stripe.advance(days=10)

    assert collect(deposit) is Result.SUCCEEDED
    assert deposit.processor_fee_cents == 35


def test_case_24_a_debit_that_fails_after_days_is_declined(stripe: FakeStripe, fan: User) -> None:
    """The bank says no in the end: nothing was ever booked."""
    deposit, page = page_of(fan)
    stripe.pay(page, by="DE89370400440532013000")
    collect(deposit)
    (intent,) = api.intents_of(customer=fan.payment_method.customer, since=moment() - SOON)
    stripe.decide_debit(intent.id, code="insufficient_funds")

    assert collect(deposit) is Result.DECLINED
    assert balances.fan_balance_micros(fan=fan) == 0


def clicked_and_paid_by_debit(stripe: FakeStripe, fan: User, period: Period) -> tuple[Deposit, str]:
    """Let the fan click and pay by debit this month; return the deposit and the payment, on its way."""
    for month in (period, period.next):
        durable(periods.make_partition)(period=month)
    given.click(fan, given.button(), now=period.start)
    deposit, page = page_of(fan)
    stripe.pay(page, by="DE89370400440532013000")
    (intent,) = api.intents_of(customer=fan.payment_method.customer, since=moment() - SOON)
    return deposit, intent.id


def test_case_24_a_debit_that_comes_after_its_month_is_cut_is_for_the_next_one(stripe: FakeStripe, fan: User) -> None:
    """The clicks of the month stay and weigh nothing, for ever; the money is the fan's, for the next month."""
    period = Period.at(moment())
    deposit, payment = clicked_and_paid_by_debit(stripe, fan, period)
    cut_at = period.end + timedelta(minutes=10)
    finished = given.settled(period, now=cut_at)
    stripe.decide_debit(payment)
    assert collect(deposit, now=cut_at + timedelta(days=3)) is Result.SUCCEEDED

    assert not finished.spends.exists()
    assert balances.fan_balance_micros(fan=fan) == 5_000_000
    assert statements.fan_statement(fan=fan, period=period).book.closing_micros == 0
    assert renewals.renew_deposit(fan=fan, now=cut_at + timedelta(days=3)) is None
    given.click(fan, given.button(), now=cut_at)
    given.settled(period.next, now=period.next.end + timedelta(minutes=10))
    assert balances.fan_balance_micros(fan=fan) == 0
    assert Click.objects.filter(fan=fan, period=period, undone_at=None).count() == 1


def test_case_24_a_debit_that_comes_before_its_month_is_cut_is_in_time(stripe: FakeStripe, fan: User) -> None:
    """The opening asks once more; the fan had paid before the month's end, so it counts."""
    period = Period.at(moment())
    deposit, payment = clicked_and_paid_by_debit(stripe, fan, period)
    stripe.decide_debit(payment)
    given.settled(period, now=period.end + timedelta(minutes=10))
    deposit.refresh_from_db()

    assert deposit.state == Deposit.State.SUCCEEDED
    assert balances.fan_balance_micros(fan=fan) == 0


def test_case_25_a_refund_in_parts_and_one_that_comes_back(stripe: FakeStripe, fan: User) -> None:
    """A part goes back to the card; what comes back from there is the fan's again."""
    paid(stripe, fan)
    first, second = (given.refund(fan, amount_cents=cents, now=moment()) for cents in (200, 300))
    for refund in (first, second):
        assert refunds.advance_refund(refund_id=refund.pk, now=moment()).result is Result.SUCCEEDED
        refund.refresh_from_db()
    assert_books_are_stripes()
    stripe.fail_refund(second.reference)
    refunds.advance_refund(refund_id=second.pk, now=moment())

    assert balances.fan_balance_micros(fan=fan) == 3_000_000


def test_case_25_more_than_was_paid_is_never_paid_back(stripe: FakeStripe, fan: User) -> None:
    """Stripe has paid it back already, by its own page: our refund fails and the fan's balance has it again."""
    deposit = paid(stripe, fan)
    get_gateway().send_refund(refund_id=uuid.uuid4(), payment=deposit.reference, amount_cents=500, attempt=0)
    refund = given.refund(fan, amount_cents=500, now=moment())

    assert refunds.advance_refund(refund_id=refund.pk, now=moment()).reason == "not_refundable"
    refund.refresh_from_db()
    assert refund.state == "failed"
    assert [item.difference_cents for item in resolved("paid back by hand")] == [-500, -500]


def test_case_17_another_amount_is_never_booked(stripe: FakeStripe, fan: User) -> None:
    """Where Stripe tells of another amount than our row, staff look at it."""
    deposit, page = page_of(fan)
    stripe.pay(page)
    Deposit.objects.filter(pk=deposit.pk).update(amount_cents=400)

    assert collect(deposit) is Result.MISMATCH
    assert deposit.state == Deposit.State.REVIEW
    assert deposit.reason.endswith("500 eur instead of 400 eur")
    assert balances.fan_balance_micros(fan=fan) == 0
    assert [item.kind for item in resolved("to be paid back by hand")] == ["unknown", "balance"]


def test_case_18_another_currency_is_never_booked(fan: User) -> None:
    """Five dollars under our id aren't five euros."""
    deposit, _page = page_of(fan)
    api.create_intent(
        {
            "amount": 500,
            "currency": "usd",
            "customer": fan.payment_method.customer,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "off_session": True,
            "return_url": "https://flattr.example/back",
            "metadata": {"deposit_id": str(deposit.pk)},
        },
        key="another",
    )

    assert collect(deposit) is Result.MISMATCH
    assert deposit.reason.endswith("500 usd instead of 500 eur")
    assert balances.fan_balance_micros(fan=fan) == 0


def test_case_19_a_payment_of_another_fan_under_our_id_is_nobodys(stripe: FakeStripe, fan: User) -> None:
    """Whoever writes another fan's deposit into a payment's notes pays nothing for them."""
    other = given.user("Henry")
    deposit, _page = page_of(fan)
    save_card(stripe, other)
    api.create_intent(
        {
            "amount": 500,
            "currency": "eur",
            "customer": other.payment_method.customer,
            "payment_method": other.payment_method.method,
            "confirm": True,
            "off_session": True,
            "return_url": "https://flattr.example/back",
            "metadata": {"deposit_id": str(deposit.pk)},
        },
        key="another",
    )

    assert collect(deposit) is Result.PENDING
    assert balances.fan_balance_micros(fan=fan) == balances.fan_balance_micros(fan=other) == 0
    assert [item.kind for item in resolved("to be paid back by hand")] == ["unknown", "balance"]


def test_case_21_a_charge_that_needs_the_fan_is_paid_once(stripe: FakeStripe, fan: User) -> None:
    """The link leads to a page of its own; what was tried without the fan is closed before, and can't be paid too."""
    save_card(stripe, fan)
    fan.payment_method.method = "pm_card_authenticationRequired"
    fan.payment_method.save()
    deposit = renew(fan)
    assert collect(deposit) is Result.NEEDS_FAN
    assert fan.notifications.get().kind == "deposit_needs_you"
    assert len({deposits.resume_deposit(deposit=deposit) for _ in range(2)}) == 1
    pages = api.pages_of(customer=fan.payment_method.customer, since=moment() - SOON)
    (page,) = (each for each in pages if each.note == str(deposit.pk))
    assert charges(fan) == ["canceled"]
    stripe.pay(page.id)

    assert collect(deposit) is Result.SUCCEEDED
    assert sorted(charges(fan)) == ["canceled", "succeeded"]


def test_case_14_a_key_for_another_payment_is_our_fault(stripe: FakeStripe, fan: User) -> None:
    """Stripe refuses a key with other parameters; that is named so, and charges nobody."""
    save_card(stripe, fan)
    deposit = renew(fan)
    Deposit.objects.filter(pk=deposit.pk).update(amount_cents=600)
    deposit.refresh_from_db()
    with pytest.raises(OrderRefused):
        deposits.charge(deposit=deposit, now=moment())

    assert charges(fan) == ["succeeded"]
    assert [item.kind for item in resolved("to be paid back by hand")] == ["unknown", "balance"]


@pytest.mark.parametrize("kind", ["429", "409"])
def test_case_16_what_passes_is_asked_for_again(kind: str, stripe: FakeStripe, fan: User) -> None:
    """Too many requests, or a lock held by another: it is asked for again, by the library or the sweep."""
    save_card(stripe, fan)
    stripe.faults.add(kind, path="/v1/payment_intents")
    with suppress(ProviderUnavailable):
        renew(fan)
    deposit = fan.deposits.get()
    assert (deposit.state, deposit.attempt) == ("pending", 0)
    collect(deposit)

    assert collect(deposit) is Result.SUCCEEDED
    assert charges(fan) == ["succeeded"]
