"""Payouts by Stripe: each is sent once, held while money is short, and comes back where it can't arrive."""

import functools
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import durable
from payouts.gateway import ProviderUnavailable, Result, get_gateway
from payouts.gateway import stripe as api
from payouts.models import Payout, StripeEvent
from payouts.operations import accounts, payouts
from payouts.queries import balances, books, due
from tests import given, told
from tests.fakestripe.fake import FakeStripe
from tests.payouts.paying import assert_books_are_stripes, moment, paid

pytestmark = pytest.mark.django_db

CENT = 10_000


@pytest.fixture
def creator(stripe: FakeStripe) -> User:
    """Return a creator with a ready account at Stripe, who has earned 27 EUR net."""
    month = Period.at(moment())
    durable(periods.make_partition)(period=month)
    person = given.creator("Ada")
    person.payout_account.delete()
    account = accounts.open_account(creator=person, country="FR")
    stripe.onboard(account.account)
    accounts.look_at_account(account=account.account, now=moment())
    fan = given.user("Grace")
    given.subscription(fan, budget_cents=3000, period=month)
    paid(stripe, fan, amount_cents=3000)
    given.click(fan, given.button(person), now=moment())
    given.settled(month, now=month.end + timedelta(minutes=10))
    person.refresh_from_db()
    return person


def later() -> datetime:
    """Return a moment at which the month's earnings can be withdrawn."""
    return Period.at(moment()).end + timedelta(days=11)


@pytest.fixture
def payout(creator: User) -> Payout:
    """Return an approved payout of 25 EUR."""
    asked = given.payout(creator, amount_cents=2500, now=later())
    payouts.approve_payout(payout_id=asked.pk, reviewer=given.user("Staff"), now=later())
    asked.refresh_from_db()
    return asked


def advance(payout: Payout) -> Result:
    """Send it or ask about it, and return the answer."""
    result = payouts.advance_payout(payout_id=payout.pk, now=later()).result
    payout.refresh_from_db()
    return result


def transfers(payout: Payout) -> list[int]:
    """Return the amounts that Stripe has sent for a payout."""
    return [each.amount_cents for each in api.transfers_in(group=f"payout-{payout.pk}")]


def test_a_payout_arrives_once_there_is_money(stripe: FakeStripe, creator: User, payout: Payout) -> None:
    """What fans paid is available after some days; the transfer's name is kept."""
    stripe.advance(days=8)

    assert advance(payout) is Result.SUCCEEDED
    assert (payout.state, payout.reference[:3], payout.held_since) == ("sent", "tr_", None)
    assert balances.creator_balance_micros(creator=creator) == 200 * CENT
    assert_books_are_stripes()


def test_case_28_a_payout_waits_while_the_platforms_balance_is_short(
    stripe: FakeStripe, creator: User, payout: Payout
) -> None:
    """It is held, staff are told after a day, and it goes by itself once there is money."""
    assert [advance(payout) for _ in range(2)] == [Result.HELD, Result.HELD]
    assert payout.state == Payout.State.APPROVED
    assert payout.held_since is not None
    tomorrow = later() + timedelta(days=1, minutes=1)
    assert f"held:{payout.pk}" in dict(due.overdue(now=tomorrow))
    assert balances.creator_balance_micros(creator=creator) == 200 * CENT
    stripe.top_up(5000)

    assert advance(payout) is Result.SUCCEEDED
    assert payout.held_since is None
    assert transfers(payout) == [2500]


@pytest.mark.parametrize("kind", ["drop", "500_after"])
def test_case_12_an_answer_that_was_lost_makes_one_transfer(kind: str, stripe: FakeStripe, payout: Payout) -> None:
    """Whatever became of the answer, the transfer is found in its group."""
    stripe.advance(days=8)
    stripe.faults.add(kind, path="/v1/transfers", times=3)
    for _ in range(2):
        try:
            advance(payout)
        except ProviderUnavailable:
            stripe.faults.clear()

    assert (payout.state, transfers(payout)) == ("sent", [2500])


def test_case_15_a_transfer_that_was_never_recorded_is_adopted(stripe: FakeStripe, payout: Payout) -> None:
    """Killed after Stripe's answer, and tried again days later, when the key is forgotten."""
    stripe.advance(days=8)
    account = payout.creator.payout_account.account
    send = get_gateway().send_payout
    assert send(payout_id=payout.pk, account=account, amount_cents=2500, attempt=0).result is Result.SUCCEEDED
    stripe.advance(days=2)

    assert advance(payout) is Result.SUCCEEDED
    assert transfers(payout) == [2500]


def test_case_16_a_failure_that_stripe_repeats_is_tried_under_another_key(stripe: FakeStripe, payout: Payout) -> None:
    """The next try has a number of its own."""
    stripe.advance(days=8)
    stripe.faults.add("500", path="/v1/transfers", times=3)
    with pytest.raises(ProviderUnavailable):
        advance(payout)
    payout.refresh_from_db()

    assert payout.attempt == 1
    assert advance(payout) is Result.SUCCEEDED
    assert transfers(payout) == [2500]


@pytest.mark.parametrize("status", ["restricted", "rejected"])
def test_case_27_an_account_that_lost_its_capability_gets_nothing(
    status: str, stripe: FakeStripe, creator: User, payout: Payout
) -> None:
    """Between approval and transfer: the money is the creator's again, and they are told."""
    stripe.advance(days=8)
    stripe.set_account(creator.payout_account.account, status=status)

    assert advance(payout) is Result.DECLINED
    assert (payout.state, payout.reason) == ("failed", "account_not_ready")
    assert balances.creator_balance_micros(creator=creator) == 2700 * CENT
    assert "payout_failed" in creator.notifications.values_list("kind", flat=True)
    assert transfers(payout) == []


def test_case_30_an_account_that_went_away_gets_nothing(stripe: FakeStripe, creator: User, payout: Payout) -> None:
    """Its creator has ended the connection with a payout under way."""
    stripe.advance(days=8)
    stripe.deauthorise(creator.payout_account.account)

    assert advance(payout) is Result.DECLINED
    assert balances.creator_balance_micros(creator=creator) == 2700 * CENT
    with pytest.raises(payouts.AccountNotReady, match="account: there is none that may receive payouts"):
        given.payout(creator, amount_cents=1000, now=later())


def test_case_30_a_bank_that_sends_a_payout_back_changes_nothing_of_ours(
    stripe: FakeStripe, creator: User, payout: Payout
) -> None:
    """Our debt ended with the transfer: the money is in the creator's balance at Stripe."""
    stripe.advance(days=8)
    advance(payout)
    sent = stripe.pay_out(creator.payout_account.account)
    stripe.end_payout(sent["id"], failure_code="account_closed")

    assert advance(payout) is Result.SUCCEEDED
    assert payout.state == Payout.State.SENT


def test_a_transfer_that_is_taken_back_is_the_creators_again(
    stripe: FakeStripe, creator: User, payout: Payout
) -> None:
    """By hand, in Stripe's dashboard: booked once, however often it is asked about."""
    stripe.advance(days=8)
    advance(payout)
    api._client().v1.transfers.reversals.create(payout.reference, {"amount": 2500})
    for _ in range(2):
        advance(payout)

    assert (payout.state, payout.reason) == ("returned", "taken_back")
    assert balances.creator_balance_micros(creator=creator) == 2700 * CENT
    assert_books_are_stripes()


def test_what_went_to_an_account_that_was_replaced_is_still_known(
    stripe: FakeStripe, creator: User, payout: Payout
) -> None:
    """Its creator left, and opened another account: the old payout is what it was, and new ones go to the new one."""
    stripe.advance(days=8)
    assert advance(payout) is Result.SUCCEEDED
    old = payout.account
    stripe.deauthorise(old)
    accounts.look_at_account(account=old, now=moment())
    opened = accounts.open_account(creator=creator, country="FR")
    stripe.onboard(opened.account)
    accounts.look_at_account(account=opened.account, now=moment())
    event = told.handled(told.came("account.updated", now=moment(), account=old), now=moment())
    fan = given.user("Henry")
    paid(stripe, fan, amount_cents=3000)
    stripe.advance(days=8)

    assert opened.account != old
    assert (advance(payout), payout.state, payout.account) == (Result.SUCCEEDED, "sent", old)
    assert event.state == StripeEvent.State.HANDLED
    month = Period.at(later())
    durable(periods.make_partition)(period=month)
    given.subscription(fan, budget_cents=3000, period=month)
    given.click(fan, given.button(creator), now=month.start)
    given.settled(month, now=month.end)
    second = given.payout(creator, amount_cents=2500, now=month.end + timedelta(days=11))
    payouts.approve_payout(payout_id=second.pk, reviewer=given.user("Staff"), now=later())
    assert advance(second) is Result.SUCCEEDED
    assert second.account == opened.account
    assert_books_are_stripes()


def test_another_amount_under_our_id_is_never_booked(stripe: FakeStripe, creator: User, payout: Payout) -> None:
    """Staff are told at once."""
    stripe.advance(days=8)
    account = creator.payout_account.account
    get_gateway().send_payout(payout_id=payout.pk, account=account, amount_cents=2400, attempt=0)

    assert advance(payout) is Result.MISMATCH
    assert payout.state == Payout.State.SENDING
    assert "2400 eur instead of 2500 eur" in dict(due.overdue(now=later()))[f"mismatch:{payout.pk}"]
    assert books.check_books() == []


def test_a_payout_without_an_account_comes_back(creator: User, payout: Payout) -> None:
    """Its row may be gone; nobody is asked to pay nobody."""
    creator.payout_account.delete()

    assert advance(payout) is Result.DECLINED
    assert payout.state == Payout.State.FAILED


@pytest.mark.parametrize("state", ["requested", "rejected", "cancelled", "failed"])
def test_what_was_not_approved_is_never_sent(state: str, creator: User, payout: Payout) -> None:
    """The provider isn't even asked."""
    Payout.objects.filter(pk=payout.pk).update(state=state)

    assert advance(payout) is Result.PENDING
    assert creator.payout_account.account
    assert transfers(payout) == []


@pytest.mark.django_db(transaction=True)
def test_case_29_two_payouts_race_for_one_balance(october: Period, after_october: datetime) -> None:
    """Only as much as there is can be asked for."""
    creator = given.creator()
    given.earned(creator, micros=30_000_000, period=october, now=after_october)
    ask = functools.partial(given.payout, creator, amount_cents=2000, now=october.end + timedelta(days=10))
    results = given.at_once(ask, ask)

    assert sorted(type(each).__name__ for each in results) == ["AmountAboveWithdrawable", "Payout"]


@pytest.mark.django_db(transaction=True)
def test_case_29_a_payout_that_is_cancelled_while_it_is_approved_ends_once(
    october: Period, after_october: datetime
) -> None:
    """Whoever is first decides; the other is told."""
    creator, staff = given.creator(), given.user("Staff")
    given.earned(creator, micros=30_000_000, period=october, now=after_october)
    now = october.end + timedelta(days=10)
    asked = given.payout(creator, amount_cents=2000, now=now)
    results = given.queued(
        functools.partial(payouts.cancel_payout, payout_id=asked.pk, creator=creator, now=now),
        functools.partial(payouts.approve_payout, payout_id=asked.pk, reviewer=staff, now=now),
        behind=Payout.objects.select_for_update().filter(pk=asked.pk).get,
    )
    asked.refresh_from_db()

    assert [type(each).__name__ for each in results] == ["NoneType", "AlreadyReviewed"]
    assert asked.state == Payout.State.CANCELLED


def test_a_request_is_taken_back_by_its_creator_alone(creator: User) -> None:
    """Until somebody has approved it; twice changes nothing."""
    asked = given.payout(creator, amount_cents=2500, now=later())
    with pytest.raises(Payout.DoesNotExist):
        payouts.cancel_payout(payout_id=asked.pk, creator=given.creator("Bob"), now=later())
    for _ in range(2):
        payouts.cancel_payout(payout_id=asked.pk, creator=creator, now=later())

    assert balances.creator_balance_micros(creator=creator) == 2700 * CENT
    assert books.check_books() == []


def test_a_large_payout_needs_two_people(creator: User, settings: Settings) -> None:
    """The first approval sends nothing, and the first can't be the second, nor the creator either."""
    settings.SECOND_REVIEW_CENTS = 2499
    first, second = given.user("First"), given.user("Second")
    asked = given.payout(creator, amount_cents=2500, now=later())
    approve = functools.partial(payouts.approve_payout, payout_id=asked.pk, now=later())

    assert approve(reviewer=first).state == Payout.State.REQUESTED
    with pytest.raises(payouts.SecondPersonNeeded, match="reviewed_by: above 2499 cents"):
        approve(reviewer=first)
    with pytest.raises(payouts.OwnPayout):
        approve(reviewer=creator)
    done = approve(reviewer=second)
    assert (done.state, done.first_reviewer, done.reviewed_by) == ("approved", first, second)
    assert approve(reviewer=first).state == Payout.State.APPROVED


def test_payouts_up_to_the_limit_need_one(creator: User, settings: Settings) -> None:
    """The limit belongs to what one may approve."""
    settings.SECOND_REVIEW_CENTS = 2500
    asked = given.payout(creator, amount_cents=2500, now=later())
    done = payouts.approve_payout(payout_id=asked.pk, reviewer=given.user("Staff"), now=later())

    assert done.state == Payout.State.APPROVED
