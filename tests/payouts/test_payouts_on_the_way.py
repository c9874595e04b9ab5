"""What happens to a payout between the request and its end: two reviewers, a closed account, a short balance."""

import functools
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from accounts.models import User
from flattr.period import Period
from flattr.transactions import savepoint
from payouts.gateway import AccountState, Outcome, ProviderFailed, Readiness, Result
from payouts.gateway.sandbox import gateway as sandbox
from payouts.gateway.sandbox.models import SandboxAccount
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import Payout, PayoutAccount
from payouts.operations import accounts, payouts
from payouts.queries import balances, books, due
from tests import given

pytestmark = pytest.mark.django_db

NET = 27_000_000
ARRIVED = Outcome(result=Result.SUCCEEDED, reference="tr_1")
HELD = Outcome(result=Result.HELD)
TAKEN_BACK = Outcome(result=Result.DECLINED, reason="taken_back")


@pytest.fixture
def released(october: Period) -> datetime:
    """Return the first moment at which October's earnings can be withdrawn."""
    return october.end + timedelta(days=9)


@pytest.fixture
def payout(october: Period, after_october: datetime, released: datetime) -> Payout:
    """Return a payout of 20 EUR of 27 that waits for review."""
    creator = given.creator("Ada")
    given.earned(creator, micros=30_000_000, period=october, now=after_october)
    return given.payout(creator, amount_cents=2000, now=released)


@pytest.fixture
def approved(payout: Payout, released: datetime) -> Payout:
    """Return the payout, approved."""
    payouts.approve_payout(payout_id=payout.pk, reviewer=given.user("Staff"), now=released)
    return payout


def found(payout: Payout, readiness: Readiness, now: datetime) -> None:
    """Let the provider find that of the creator, and look."""
    SandboxAccount.objects.filter(creator_id=payout.creator_id).update(readiness=readiness)
    accounts.look_at_account(account=payout.creator.payout_account.account, now=now)


def swept(payout: Payout, now: datetime) -> Payout:
    """Let the sweep do what it finds to do with the payout."""
    if payout.pk in due.open_payouts():
        payouts.advance_payout(payout_id=payout.pk, now=now)
    return Payout.objects.get(pk=payout.pk)


def balance(payout: Payout) -> int:
    """Return the creator's balance in micros."""
    return balances.creator_balance_micros(creator=payout.creator)


def told(person: User, about: str) -> list[str]:
    """Return what the person is told of that kind, in order."""
    found = person.notifications.filter(kind__startswith=about)
    return list(found.order_by("created_at").values_list("kind", flat=True))


@pytest.mark.parametrize("readiness", [Readiness.REFUSED, Readiness.GONE])
def test_a_request_goes_back_where_the_account_is_closed(
    readiness: Readiness, payout: Payout, released: datetime
) -> None:
    """The creator has the money and the reason, once, and nobody can approve what isn't there any more."""
    found(payout, readiness, released)
    for _ in range(2):
        ended = swept(payout, released)

    assert (ended.state, ended.reason, ended.ended_at) == (Payout.State.CANCELLED, "account_not_ready", released)
    assert balance(payout) == NET
    assert told(payout.creator, "payout") == ["payout_failed"]
    assert books.check_books() == []
    with pytest.raises(payouts.AlreadyReviewed):
        payouts.approve_payout(payout_id=payout.pk, reviewer=given.user(), now=released)


@pytest.mark.parametrize("readiness", [Readiness.READY, Readiness.PENDING, Readiness.NEEDS_CREATOR])
def test_a_request_waits_while_the_account_may_become_ready(
    readiness: Readiness, payout: Payout, released: datetime
) -> None:
    """What is missing today can be told before anybody reviews; returning it by hand changes nothing either."""
    found(payout, readiness, released)
    payouts.return_payout(payout_id=payout.pk, now=released)

    assert swept(payout, released).state == Payout.State.REQUESTED


@pytest.mark.parametrize("readiness", [each for each in Readiness if each is not Readiness.READY])
def test_an_approved_payout_goes_back_where_the_account_is_not_ready(
    readiness: Readiness, approved: Payout, released: datetime
) -> None:
    """The account is looked at right before sending, and nothing leaves."""
    SandboxAccount.objects.filter(creator_id=approved.creator_id).update(readiness=readiness)
    ended = swept(approved, released)

    assert (ended.state, ended.reason) == (Payout.State.FAILED, "account_not_ready")
    assert PayoutAccount.objects.get().state == readiness.value
    assert balance(approved) == NET
    assert books.check_books() == []


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (Readiness.NEEDS_CREATOR, Readiness.NEEDS_CREATOR, []),
        (Readiness.NEEDS_CREATOR, Readiness.PENDING, []),
        (Readiness.NEEDS_CREATOR, Readiness.READY, ["account_ready"]),
        (Readiness.PENDING, Readiness.NEEDS_CREATOR, ["account_not_ready"]),
        (Readiness.PENDING, Readiness.REFUSED, ["account_not_ready"]),
        (Readiness.READY, Readiness.READY, []),
        (Readiness.READY, Readiness.NEEDS_CREATOR, ["account_not_ready"]),
        (Readiness.READY, Readiness.GONE, ["account_not_ready"]),
    ],
)
def test_a_creator_is_told_what_changes_for_them(
    before: Readiness, after: Readiness, kinds: list[str], released: datetime
) -> None:
    """That payouts can be sent, or that they can't until the creator does something; nothing while it is checked."""
    creator = given.creator()
    PayoutAccount.objects.filter(creator=creator).update(state=before)
    told_by_provider = AccountState(readiness=after, due_at=released)
    account = creator.payout_account.account
    for _ in range(2):
        accounts.keep_account(account=account, told=told_by_provider, now=released)
    kept = PayoutAccount.objects.get()

    assert told(creator, "account") == kinds
    assert (kept.state, kept.due_at, kept.looked_at) == (after.value, released, released)


def test_a_short_balance_holds_a_payout_until_it_is_filled(approved: Payout, released: datetime) -> None:
    """It stays approved, staff hear of it after a day, and the success forgets the wait."""
    day = timedelta(days=1)
    for now in (released, released + day):
        payouts.record_payout(payout_id=approved.pk, outcome=HELD, now=now)
    approved.refresh_from_db()
    assert (approved.state, approved.held_since) == (Payout.State.APPROVED, released)
    assert f"held:{approved.pk}" not in dict(due.overdue(now=released + day))
    assert f"held:{approved.pk}" in dict(due.overdue(now=released + day + timedelta(seconds=1)))
    payouts.record_payout(payout_id=approved.pk, outcome=ARRIVED, now=released + day)
    approved.refresh_from_db()

    assert (approved.state, approved.held_since, approved.reference) == (Payout.State.SENT, None, "tr_1")
    assert books.check_books() == []


def test_something_else_under_our_id_is_told_at_once(approved: Payout, released: datetime) -> None:
    """Nothing is booked, and staff read what the provider has."""
    outcome = Outcome(result=Result.MISMATCH, reason="tr_1: 5 usd instead of 2000 eur")
    payouts.record_payout(payout_id=approved.pk, outcome=outcome, now=released)

    assert Payout.objects.get().state == Payout.State.SENDING
    assert outcome.reason in dict(due.overdue(now=released))[f"mismatch:{approved.pk}"]
    assert ledger.balance_micros(kind=chart.Kind.PAYOUTS_IN_TRANSIT) == 20_000_000
    assert books.check_books() == []


def test_what_was_sent_and_taken_back_is_in_the_balance_again(approved: Payout, released: datetime) -> None:
    """Once, with the reason, whatever is told afterwards."""
    for hours, outcome in enumerate((ARRIVED, TAKEN_BACK, ARRIVED, TAKEN_BACK), start=1):
        payouts.record_payout(payout_id=approved.pk, outcome=outcome, now=released + timedelta(hours=hours))
    approved.refresh_from_db()

    assert (approved.state, approved.reason) == (Payout.State.RETURNED, "taken_back")
    assert balance(approved) == NET
    assert told(approved.creator, "payout") == ["payout_approved", "payout_sent", "payout_failed"]
    assert books.check_books() == []


def test_each_failure_of_the_provider_has_a_number(
    approved: Payout, released: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next try is another attempt, and the failure is raised on."""

    def fail(*_: object, **__: object) -> Any:
        raise ProviderFailed

    monkeypatch.setattr(sandbox.SandboxGateway, "send_payout", fail)
    for _ in range(2):
        with pytest.raises(ProviderFailed):
            payouts.advance_payout(payout_id=approved.pk, now=released)

    assert Payout.objects.values_list("attempt", "state").get() == (2, Payout.State.APPROVED)


def test_a_large_payout_takes_two_people(payout: Payout, released: datetime, settings: Settings) -> None:
    """The first approval sends nothing, the same person can't be the second, and the second one sends it."""
    settings.SECOND_REVIEW_CENTS = 1999
    first, second = given.user("First"), given.user("Second")
    approve = functools.partial(payouts.approve_payout, payout_id=payout.pk, now=released)
    assert approve(reviewer=first).state == Payout.State.REQUESTED
    with pytest.raises(payouts.SecondPersonNeeded):
        approve(reviewer=first)
    with pytest.raises(payouts.OwnPayout):
        approve(reviewer=payout.creator)
    assert told(payout.creator, "payout") == []
    done = approve(reviewer=second)

    assert (done.state, done.first_reviewer, done.reviewed_by) == (Payout.State.APPROVED, first, second)
    for fields in ({"first_reviewer": second}, {"first_reviewer": payout.creator}):
        with pytest.raises(IntegrityError, match="payout_reviewed_by_two"), savepoint():
            Payout.objects.update(**fields)


@pytest.mark.django_db(transaction=True)
def test_case_29_two_admins_approve_at_once(payout: Payout, released: datetime, settings: Settings) -> None:
    """The same person twice is one approval, and two people are two; nobody is told twice."""
    settings.SECOND_REVIEW_CENTS = 0
    one, other = given.user("One"), given.user("Other")
    approve = functools.partial(payouts.approve_payout, payout_id=payout.pk, now=released)
    twice = given.at_once(*[functools.partial(approve, reviewer=one)] * 2)
    assert sorted(type(each).__name__ for each in twice) == ["Payout", "SecondPersonNeeded"]
    given.at_once(*[functools.partial(approve, reviewer=other)] * 2)
    payout.refresh_from_db()

    assert (payout.state, payout.first_reviewer, payout.reviewed_by) == (Payout.State.APPROVED, one, other)
    assert told(payout.creator, "payout") == ["payout_approved"]


def test_what_was_approved_is_not_taken_back(approved: Payout, released: datetime) -> None:
    """It is on its way."""
    with pytest.raises(payouts.AlreadyReviewed, match="approved already"):
        payouts.cancel_payout(payout_id=approved.pk, creator=approved.creator, now=released)


@pytest.mark.parametrize("state", [each for each in PayoutAccount.State if each != PayoutAccount.State.READY])
def test_only_a_ready_account_is_asked_for(state: PayoutAccount.State, payout: Payout, released: datetime) -> None:
    """Nothing is reserved; the request of before, sent again, stays what it was."""
    PayoutAccount.objects.update(state=state)
    again = payouts.request_payout(
        payout_id=payout.pk, creator=payout.creator, amount_cents=payout.amount_cents, now=released
    )
    settled = balance(payout)

    with pytest.raises(payouts.AmountAboveWithdrawable):
        given.payout(payout.creator, amount_cents=1000, now=released)
    payouts.cancel_payout(payout_id=again.pk, creator=payout.creator, now=released)
    with pytest.raises(payouts.AccountNotReady):
        given.payout(payout.creator, amount_cents=1000, now=released)
    assert settled == 7_000_000


def test_an_unknown_account_is_refused(released: datetime) -> None:
    """The inbox keeps such an event for later."""
    with pytest.raises(PayoutAccount.DoesNotExist):
        accounts.look_at_account(account=f"sandbox-{uuid.uuid4().int % 10**9}", now=released)
