"""Payouts: asked for within limits, reserved at once, reviewed by staff, sent or brought back."""

import functools
import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError
from pytest_django import Settings

from accounts.models import Notification, User
from flattr.period import Period
from flattr.transactions import savepoint
from payouts.gateway import Outcome, Result
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.ledger.models import LedgerAccount
from payouts.models import Payout
from payouts.operations import payouts
from payouts.queries import balances, books
from tests import given

pytestmark = pytest.mark.django_db

CENT = 10_000
ARRIVED = Outcome(result=Result.SUCCEEDED)
FAILED = Outcome(result=Result.DECLINED, reason="account_closed")


@pytest.fixture
def released(october: Period) -> datetime:
    """Return the first moment at which October's earnings can be withdrawn."""
    return october.end + timedelta(days=9)


@pytest.fixture
def creator(october: Period, after_october: datetime) -> User:
    """Return a creator who earned 30 EUR gross, 27 EUR net, in October."""
    person = given.creator("Ada")
    given.earned(person, micros=30_000_000, period=october, now=after_october)
    return person


@pytest.fixture
def staff() -> User:
    """Return somebody who reviews."""
    return given.user("Staff", is_staff=True)


@pytest.fixture
def payout(creator: User, released: datetime) -> Payout:
    """Return a payout of 20 EUR that waits for review."""
    return given.payout(creator, amount_cents=2000, now=released)


def in_transit() -> int:
    """Return what is reserved, in micros."""
    return ledger.balance_micros(kind=chart.Kind.PAYOUTS_IN_TRANSIT)


def told(person: User) -> list[str]:
    """Return what the person is told about payouts, in order."""
    return list(
        person.notifications.filter(kind__startswith="payout").order_by("created_at").values_list("kind", flat=True)
    )


def test_a_request_reserves_the_money_at_once(creator: User, released: datetime) -> None:
    """What is asked for leaves the balance before anybody reviews it."""
    payout = given.payout(creator, amount_cents=2000, now=released)

    assert payout.state == Payout.State.REQUESTED
    assert balances.creator_balance_micros(creator=creator) == 700 * CENT
    assert in_transit() == 2000 * CENT
    assert str(payout) == "2000 cents to Ada"
    assert books.check_books() == []


def test_the_whole_withdrawable_balance_can_be_asked_for(creator: User, released: datetime) -> None:
    """The limit belongs to what is allowed."""
    given.payout(creator, amount_cents=2700, now=released)

    assert balances.withdrawable_cents(creator=creator, now=released) == 0


@pytest.mark.parametrize("amount", [-2000, 0, 999])
def test_less_than_the_minimum_is_refused(amount: int, creator: User, released: datetime) -> None:
    """The refusal names the field and the minimum, and nothing is reserved."""
    with pytest.raises(payouts.AmountBelowMinimum, match=rf"amount_cents: {amount} is below the minimum of 1000"):
        given.payout(creator, amount_cents=amount, now=released)
    assert not Payout.objects.exists()
    assert in_transit() == 0


def test_the_minimum_is_the_operators(creator: User, released: datetime, settings: Settings) -> None:
    """Another setting is another minimum."""
    settings.MINIMUM_PAYOUT_CENTS = 1

    assert given.payout(creator, amount_cents=1, now=released).amount_cents == 1


@pytest.mark.parametrize("amount", [2701, 1_000_000])
def test_more_than_is_withdrawable_is_refused(amount: int, creator: User, released: datetime) -> None:
    """The refusal names the field and what is there, and nothing is reserved."""
    with pytest.raises(payouts.AmountAboveWithdrawable, match=rf"amount_cents: {amount} is above .* 2700 cents"):
        given.payout(creator, amount_cents=amount, now=released)
    assert not Payout.objects.exists()
    assert in_transit() == 0


def test_earnings_on_hold_are_never_withdrawable(creator: User, released: datetime) -> None:
    """A moment before the 10th nothing of the month can be asked for."""
    before = released - timedelta(microseconds=1)

    assert balances.on_hold_micros(creator=creator, now=before) == 2700 * CENT
    with pytest.raises(payouts.AmountAboveWithdrawable, match="withdrawable 0 cents"):
        given.payout(creator, amount_cents=1000, now=before)
    assert balances.on_hold_micros(creator=creator, now=released) == 0


def test_the_hold_of_one_month_leaves_the_month_before_alone(
    creator: User, october: Period, released: datetime
) -> None:
    """November's earnings wait, October's can go."""
    given.earned(creator, micros=10_000_000, period=october.next, now=october.next.end)

    assert balances.withdrawable_cents(creator=creator, now=october.next.end) == 2700
    assert balances.withdrawable_cents(creator=creator, now=released + timedelta(days=30)) == 3600


def test_a_stranger_has_nothing_to_ask_for(released: datetime) -> None:
    """A user who never earned is refused like one who earned too little."""
    with pytest.raises(payouts.AmountAboveWithdrawable):
        given.payout(given.user(), amount_cents=1000, now=released)


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_never_reserve_the_same_money(creator: User, released: datetime) -> None:
    """Of four requests at the same moment for more than half of the balance exactly one is taken."""
    request = functools.partial(given.payout, creator, amount_cents=1500, now=released)
    given.pot(chart.Kind.PAYOUTS_IN_TRANSIT)
    account = given.pot(chart.Kind.CREATOR_BALANCE, creator)
    results = given.queued(
        *[request] * 4, behind=LedgerAccount.objects.select_for_update(no_key=True).filter(pk=account.pk).get
    )

    assert sorted(type(each).__name__ for each in results) == ["AmountAboveWithdrawable"] * 3 + ["Payout"]
    assert in_transit() == 1500 * CENT
    assert books.check_books() == []


def test_an_approved_payout_is_sent_and_arrives(payout: Payout, staff: User, released: datetime) -> None:
    """The worker sends it, asks until it arrived, and the money leaves the processor's cash."""
    cash = ledger.balance_micros(kind=chart.Kind.PROCESSOR_CASH)
    payouts.approve_payout(payout_id=payout.id, reviewer=staff, now=released)
    with time_machine.travel(released, tick=False) as clock:
        assert payouts.advance_payout(payout_id=payout.id, now=released).result is Result.PENDING
        payout.refresh_from_db()
        assert payout.state == Payout.State.SENDING
        clock.shift(timedelta(seconds=3))
        outcome = payouts.advance_payout(payout_id=payout.id, now=released + timedelta(seconds=3))
        assert outcome.result is Result.SUCCEEDED
    payout.refresh_from_db()

    assert (payout.state, payout.reviewed_by, payout.ended_at) == (
        Payout.State.SENT,
        staff,
        released + timedelta(seconds=3),
    )
    assert in_transit() == 0
    assert ledger.balance_micros(kind=chart.Kind.PROCESSOR_CASH) == cash - 2000 * CENT
    assert told(payout.creator) == ["payout_approved", "payout_sent"]
    assert books.check_books() == []


@pytest.mark.parametrize("heard_before", [Result.UNKNOWN, Result.PENDING])
def test_a_payout_that_the_provider_never_heard_of_is_sent(
    heard_before: Result, payout: Payout, staff: User, released: datetime
) -> None:
    """Whatever was answered before, one that the provider doesn't know is asked for again until it is."""
    payouts.approve_payout(payout_id=payout.id, reviewer=staff, now=released)
    payouts.record_payout(payout_id=payout.id, outcome=Outcome(result=heard_before), now=released)
    payout.refresh_from_db()
    assert payout.state == ("approved" if heard_before is Result.UNKNOWN else "sending")
    with time_machine.travel(released, tick=False) as clock:
        for _ in range(2):
            outcome = payouts.advance_payout(payout_id=payout.id, now=released)
            clock.shift(timedelta(seconds=3))

    assert outcome.result is Result.SUCCEEDED
    assert books.check_books() == []


def test_a_payout_that_fails_brings_the_money_back(creator: User, staff: User, released: datetime) -> None:
    """The creator can ask again, and reads why it failed; the sandbox fails amounts that end in 13 cents."""
    payout = given.payout(creator, amount_cents=2013, now=released)
    payouts.approve_payout(payout_id=payout.id, reviewer=staff, now=released)
    with time_machine.travel(released, tick=False) as clock:
        payouts.advance_payout(payout_id=payout.id, now=released)
        clock.shift(timedelta(seconds=3))
        payouts.advance_payout(payout_id=payout.id, now=released)
    payout.refresh_from_db()

    assert (payout.state, payout.reason) == (Payout.State.FAILED, "account_closed")
    assert balances.withdrawable_cents(creator=creator, now=released) == 2700
    assert told(creator) == ["payout_approved", "payout_failed"]
    assert books.check_books() == []


@pytest.mark.parametrize(("first", "second"), [(ARRIVED, ARRIVED), (FAILED, ARRIVED), (FAILED, FAILED)])
def test_a_payout_ends_once(first: Outcome, second: Outcome, payout: Payout, staff: User, released: datetime) -> None:
    """Told again, or of a payout that failed, the first end stands and no money moves again."""
    payouts.approve_payout(payout_id=payout.id, reviewer=staff, now=released)
    payouts.record_payout(payout_id=payout.id, outcome=first, now=released)
    ended = Payout.objects.values().get(pk=payout.pk)
    balance = balances.creator_balance_micros(creator=payout.creator)
    payouts.record_payout(payout_id=payout.id, outcome=second, now=released + timedelta(days=1))

    assert Payout.objects.values().get(pk=payout.pk) == ended
    assert balances.creator_balance_micros(creator=payout.creator) == balance
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_record_one_end(payout: Payout, staff: User, released: datetime) -> None:
    """The same answer recorded by four workers at once moves the money once."""
    payouts.approve_payout(payout_id=payout.id, reviewer=staff, now=released)
    record = functools.partial(payouts.record_payout, payout_id=payout.id, outcome=FAILED, now=released)

    assert given.at_once(*[record] * 4) == [None] * 4
    assert balances.creator_balance_micros(creator=payout.creator) == 2700 * CENT
    assert books.check_books() == []


@pytest.mark.parametrize("outcome", [ARRIVED, FAILED])
def test_a_payout_that_nobody_approved_is_never_sent(outcome: Outcome, payout: Payout, released: datetime) -> None:
    """A worker or an answer that comes too early changes nothing."""
    assert payouts.advance_payout(payout_id=payout.id, now=released).result is Result.PENDING
    payouts.record_payout(payout_id=payout.id, outcome=outcome, now=released)
    payout.refresh_from_db()

    assert payout.state == Payout.State.REQUESTED
    assert in_transit() == 2000 * CENT


def test_a_rejected_payout_gives_the_money_back_with_the_reason(
    payout: Payout, staff: User, released: datetime
) -> None:
    """The creator sees why; rejecting again changes nothing."""
    for reason in (" Your name is missing. ", "Another reason"):
        payouts.reject_payout(payout_id=payout.id, reviewer=staff, reason=reason, now=released)
    payout.refresh_from_db()

    assert (payout.state, payout.reason) == (Payout.State.REJECTED, "Your name is missing.")
    assert balances.withdrawable_cents(creator=payout.creator, now=released) == 2700
    assert told(payout.creator) == ["payout_rejected"]
    assert Notification.objects.get(kind="payout_rejected").context["reason"] == "Your name is missing."
    assert books.check_books() == []


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_rejection_always_says_why(reason: str, payout: Payout, staff: User, released: datetime) -> None:
    """An empty reason is refused, and the payout still waits."""
    with pytest.raises(payouts.ReasonMissing, match="reason"):
        payouts.reject_payout(payout_id=payout.id, reviewer=staff, reason=reason, now=released)
    payout.refresh_from_db()
    assert payout.state == Payout.State.REQUESTED


def test_nobody_reviews_their_own_payout(payout: Payout, released: datetime) -> None:
    """A creator on the staff is refused both ways, by the operation and by the database."""
    with pytest.raises(payouts.OwnPayout):
        payouts.approve_payout(payout_id=payout.id, reviewer=payout.creator, now=released)
    with pytest.raises(payouts.OwnPayout):
        payouts.reject_payout(payout_id=payout.id, reviewer=payout.creator, reason="mine", now=released)
    with pytest.raises(IntegrityError, match="payout_never_reviewed_by_its_creator"), savepoint():
        Payout.objects.filter(pk=payout.pk).update(reviewed_by=payout.creator)


@pytest.mark.parametrize("state", ["approved", "sending", "sent", "failed", "rejected"])
def test_what_became_of_a_payout_has_a_reviewer(state: str, payout: Payout) -> None:
    """The database lets no money leave, and no payout end, without somebody who decided so."""
    with pytest.raises(IntegrityError, match="payout_decided_by_somebody"), savepoint():
        Payout.objects.filter(pk=payout.pk).update(state=state)


def test_approving_twice_changes_nothing(payout: Payout, staff: User, released: datetime) -> None:
    """A second approval, by whomever, leaves the first one's name, even when the payout has been sent."""
    payouts.approve_payout(payout_id=payout.id, reviewer=staff, now=released)
    payouts.approve_payout(payout_id=payout.id, reviewer=given.user(), now=released)
    payouts.record_payout(payout_id=payout.id, outcome=ARRIVED, now=released)
    payouts.approve_payout(payout_id=payout.id, reviewer=given.user(), now=released)
    payout.refresh_from_db()

    assert (payout.state, payout.reviewed_by) == (Payout.State.SENT, staff)
    assert told(payout.creator).count("payout_approved") == 1


def test_a_review_is_never_turned_around(creator: User, staff: User, released: datetime) -> None:
    """An approved payout can't be rejected, nor a rejected one approved."""
    one, two = (given.payout(creator, amount_cents=1000, now=released) for _ in range(2))
    payouts.approve_payout(payout_id=one.id, reviewer=staff, now=released)
    payouts.reject_payout(payout_id=two.id, reviewer=staff, reason="no", now=released)

    with pytest.raises(payouts.AlreadyReviewed, match="approved already"):
        payouts.reject_payout(payout_id=one.id, reviewer=staff, reason="no", now=released)
    with pytest.raises(payouts.AlreadyReviewed, match="rejected already"):
        payouts.approve_payout(payout_id=two.id, reviewer=staff, now=released)
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
def test_two_racing_reviewers_decide_once(payout: Payout, staff: User, released: datetime) -> None:
    """Whoever comes first decides; the other is told, and the money is in one place."""
    results: list[object] = list(
        given.at_once(
            functools.partial(payouts.approve_payout, payout_id=payout.id, reviewer=staff, now=released),
            functools.partial(payouts.reject_payout, payout_id=payout.id, reviewer=staff, reason="no", now=released),
        )
    )

    assert [type(each).__name__ for each in results if isinstance(each, Exception)] == ["AlreadyReviewed"]
    assert books.check_books() == []


def test_an_unknown_payout_is_refused(staff: User, released: datetime) -> None:
    """An id that stands for nothing moves nothing."""
    with pytest.raises(Payout.DoesNotExist):
        payouts.approve_payout(payout_id=uuid.uuid4(), reviewer=staff, now=released)
