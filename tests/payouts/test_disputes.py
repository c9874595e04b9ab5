"""Disputes: what a bank takes back is held from those who had it, and given back to each where it is won."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from accounts import operations as accounts_operations
from accounts.models import Subscription, User
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import durable
from payouts.gateway import DisputeFacts, DisputeState
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import Deposit, Dispute, StripeEvent
from payouts.operations import disputes, fraud, moments, refunds, renewals, settlement
from payouts.queries import balances, books
from payouts.queries.disputes import earned_from
from tests import given, told
from tests.fakestripe.fake import FakeStripe
from tests.payouts.paying import assert_books_are_stripes, moment, paid

pytestmark = pytest.mark.django_db

CENT = 10_000


@pytest.fixture
def month() -> Period:
    """Return this month, in which the server's clock runs too."""
    period = Period.at(moment())
    durable(periods.make_partition)(period=period)
    return period


@pytest.fixture
def fan(month: Period) -> User:
    """Return a fan with a budget of 5 EUR and nothing else."""
    person = given.user("Grace")
    given.subscription(person, budget_cents=500, period=month)
    return person


@pytest.fixture
def creators() -> list[User]:
    """Return two creators."""
    return [given.creator(name) for name in ("Ada", "Bob")]


@pytest.fixture
def deposit(stripe: FakeStripe, fan: User) -> Deposit:
    """Return a deposit of 5 EUR by a card."""
    return paid(stripe, fan)


def give(fan: User, creators: list[User], month: Period) -> datetime:
    """Let the fan click a button of each creator and the month be settled; return when that was done."""
    for creator in creators:
        given.click(fan, given.button(creator), now=month.start)
    after = month.end + timedelta(minutes=10)
    given.settled(month, now=after)
    return after


def look(stripe: FakeStripe, deposit: Deposit, *, now: datetime, won: bool | None = None) -> Dispute:
    """Let the bank dispute the deposit, or decide what it disputes, and look at it twice."""
    known = Dispute.objects.filter(deposit=deposit).first()
    reference = known.pk if known else stripe.dispute(deposit.reference)["id"]
    if won is not None:
        stripe.decide_dispute(reference, won=won)
    for _ in range(2):
        disputes.look_at_dispute(reference=reference, now=now)
    return Dispute.objects.get(pk=reference)


def shares(dispute: Dispute) -> list[tuple[str, int]]:
    """Return who gave how many cents, the fan first and the platform last."""
    return [
        (share.owner.name if share.owner else "", share.amount_micros // CENT)
        for share in dispute.shares.select_related("owner").order_by("id")
    ]


def creator_cents(creators: list[User]) -> list[int]:
    """Return the creators' balances."""
    return [balances.creator_balance_micros(creator=creator) // CENT for creator in creators]


@pytest.mark.parametrize("won", [True, False])
def test_case_26_a_dispute_before_the_month_is_cut_is_the_fans(
    stripe: FakeStripe, fan: User, deposit: Deposit, *, won: bool
) -> None:
    """Nobody else has had that money; the fee of a dispute is the platform's until the bank gives it back."""
    dispute = look(stripe, deposit, now=moment())

    assert (dispute.state, dispute.fee_cents, shares(dispute)) == ("open", 2000, [("Grace", 500)])
    assert balances.fan_balance_micros(fan=fan) == 0
    assert_books_are_stripes()
    dispute = look(stripe, deposit, now=moment(), won=won)

    assert dispute.state == ("won" if won else "lost")
    assert balances.fan_balance_micros(fan=fan) == (500 * CENT if won else 0)
    assert ledger.balance_micros(kind=chart.Kind.PROCESSOR_FEE) == (33 if won else 2033) * CENT
    assert ledger.balance_micros(kind=chart.Kind.DISPUTED) == 0


@pytest.mark.parametrize("won", [True, False])
def test_case_26_a_dispute_after_the_month_is_cut_is_the_creators_and_the_platforms(
    stripe: FakeStripe, fan: User, creators: list[User], deposit: Deposit, month: Period, *, won: bool
) -> None:
    """Each creator gives what they got of it and have not asked for, the platform its fee; each gets it back."""
    now = give(fan, creators, month)
    assert creator_cents(creators) == [225, 225]
    dispute = look(stripe, deposit, now=now)

    assert shares(dispute) == [("Ada", 225), ("Bob", 225), ("", 50)]
    assert creator_cents(creators) == [0, 0]
    assert_books_are_stripes()
    look(stripe, deposit, now=now, won=won)

    assert creator_cents(creators) == ([225, 225] if won else [0, 0])
    assert ledger.balance_micros(kind=chart.Kind.LOSSES) == (0 if won else 50 * CENT)
    told = sorted(creators[0].notifications.values_list("kind", flat=True))
    assert told == ["earnings_held", *(["earnings_released"] if won else []), "earnings_settled"]


def test_case_26_what_a_creator_has_asked_for_is_the_platforms_loss(
    stripe: FakeStripe, fan: User, creators: list[User], deposit: Deposit, month: Period, *, settings: Settings
) -> None:
    """Money that is on its way to a creator, or was sent, is theirs."""
    settings.MINIMUM_PAYOUT_CENTS = 100
    give(fan, creators, month)
    given.payout(creators[0], amount_cents=200, now=month.end + timedelta(days=10))
    dispute = look(stripe, deposit, now=month.end + timedelta(days=11))

    assert shares(dispute) == [("Ada", 25), ("Bob", 225), ("", 250)]
    assert ledger.balance_micros(kind=chart.Kind.DISPUTED) == 0


def test_a_dispute_takes_the_fans_other_money_first(
    stripe: FakeStripe, fan: User, creators: list[User], deposit: Deposit, month: Period
) -> None:
    """What the fan still has is nearer than what creators earned."""
    now = give(fan, creators, month)
    given.deposit(fan, amount_cents=300, now=now)
    dispute = look(stripe, deposit, now=now)

    assert shares(dispute) == [("Grace", 300), ("Ada", 200)]


def test_what_one_dispute_took_is_nobody_elses_in_the_next(
    stripe: FakeStripe, fan: User, creators: list[User], deposit: Deposit, month: Period
) -> None:
    """The second deposit went to the bank for the first one, so what was given then came from the third."""
    now = give(fan, creators, month)
    second = paid(stripe, fan)
    assert shares(look(stripe, deposit, now=now)) == [("Grace", 500)]
    third = paid(stripe, fan)
    accounts_operations.set_subscription_state(fan=fan, state=Subscription.State.CANCELLED, now=month.start)
    given.gift(fan, creators[0], amount_cents=300, now=now + timedelta(days=1))

    assert shares(look(stripe, third, now=now + timedelta(days=2))) == [("Grace", 200), ("Ada", 270), ("", 30)]
    assert creator_cents(creators) == [225, 225]
    assert list(earned_from(deposit=second)) == []
    assert books.check_books() == []


def test_an_inquiry_takes_nothing_and_stops_charges(stripe: FakeStripe, fan: User, deposit: Deposit) -> None:
    """The bank only asks; nobody is charged without asking meanwhile, and when it is closed all is as before."""
    reference = stripe.dispute(deposit.reference, inquiry=True)["id"]
    disputes.look_at_dispute(reference=reference, now=moment())

    assert Dispute.objects.get().state == Dispute.State.ASKED
    assert balances.fan_balance_micros(fan=fan) == 500 * CENT
    given.refund(fan, amount_cents=500, now=moment())
    assert renewals.renew_deposit(fan=fan, now=moment()) is None
    stripe.decide_dispute(reference, won=True)
    disputes.look_at_dispute(reference=reference, now=moment())
    assert renewals.renew_deposit(fan=fan, now=moment()) is not None


def test_who_took_money_back_for_good_is_never_charged_again(stripe: FakeStripe, fan: User, deposit: Deposit) -> None:
    """They can pay in by themselves; a dispute that we have won stands in nobody's way."""
    look(stripe, deposit, now=moment(), won=False)
    assert renewals.renew_deposit(fan=fan, now=moment()) is None
    given.deposit(fan, amount_cents=200, now=moment())
    assert renewals.renew_deposit(fan=fan, now=moment()) is None
    other = given.user("Henry")
    given.subscription(other, budget_cents=600, period=Period.at(moment()))
    look(stripe, paid(stripe, other), now=moment(), won=True)

    assert renewals.renew_deposit(fan=other, now=moment()) is not None


def facts(deposit: Deposit, **changes: object) -> DisputeFacts:
    """Return what a provider tells of an open dispute."""
    told = {
        "reference": "dp_1",
        "payment": deposit.reference,
        "amount_cents": 500,
        "is_in_our_currency": True,
        "reason": "fraudulent",
        "state": DisputeState.OPEN,
        "is_taken": True,
        "fee_cents": 2000,
        "is_fee_returned": False,
    }
    return DisputeFacts(**{**told, **changes})  # type: ignore[arg-type]


def test_a_dispute_of_a_payment_that_isnt_ours_is_refused(deposit: Deposit) -> None:
    """It may be ours later: whoever asked tries again."""
    with pytest.raises(disputes.NotOurDeposit, match="payment: no deposit has come by pi_other"):
        disputes.record_dispute(facts=facts(deposit, payment="pi_other"), now=moment())
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("changes", [{"amount_cents": 501}, {"is_in_our_currency": False}])
def test_a_dispute_of_something_else_than_the_deposit_is_refused(
    deposit: Deposit, changes: dict[str, object]
) -> None:
    """More than was paid, or another currency, is never booked."""
    with pytest.raises(disputes.DisputeMismatch, match="amount_cents: dp_1"):
        disputes.record_dispute(facts=facts(deposit, **changes), now=moment())
    assert not Dispute.objects.exists()


def test_a_dispute_that_is_won_stays_open_until_the_money_is_back(deposit: Deposit) -> None:
    """The bank's word isn't money yet."""
    disputes.record_dispute(facts=facts(deposit), now=moment())
    disputes.record_dispute(facts=facts(deposit, state=DisputeState.WON), now=moment())

    dispute = Dispute.objects.get()
    assert (dispute.state, str(dispute)) == ("open", f"500 cents of {deposit.pk}")
    assert [str(share) for share in dispute.shares.all()] == ["5000000 micros of Grace"]
    assert books.check_books() == []


def test_an_early_warning_pays_back_what_nobody_got(stripe: FakeStripe, fan: User, deposit: Deposit) -> None:
    """A refund costs less than the dispute that follows; the card is never charged again."""
    reference = stripe.warn_of_fraud(deposit.reference)["id"]
    refund, again = (fraud.heed_warning(reference=reference, now=moment()) for _ in range(2))

    assert refund is not None
    assert refund == again
    assert refund.amount_cents == 500
    refunds.advance_refund(refund_id=refund.pk, now=moment())
    fan.payment_method.refresh_from_db()
    assert fan.payment_method.method == ""
    assert_books_are_stripes()


def test_an_early_warning_takes_nothing_from_creators(
    stripe: FakeStripe, fan: User, creators: list[User], deposit: Deposit, month: Period
) -> None:
    """What was given stays given until a bank takes it."""
    now = give(fan, creators, month)
    reference = stripe.warn_of_fraud(deposit.reference)["id"]

    assert fraud.heed_warning(reference=reference, now=now) is None
    assert creator_cents(creators) == [225, 225]


def test_an_early_warning_of_a_payment_that_isnt_ours_is_refused(stripe: FakeStripe, deposit: Deposit) -> None:
    """It may be ours later: whoever asked tries again."""
    reference = stripe.warn_of_fraud(deposit.reference)["id"]
    Deposit.objects.update(reference="")
    with pytest.raises(disputes.NotOurDeposit):
        fraud.heed_warning(reference=reference, now=moment())


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_dispute_waits_for_the_end_of_a_settlement(
    stripe: FakeStripe, fan: User, creators: list[User], deposit: Deposit, month: Period, *, is_cut: bool
) -> None:
    """What the settlement has fixed stays there for it; then it is asked of the creators who have got it."""
    for creator in creators:
        given.click(fan, given.button(creator), now=month.start)
    now = month.end + timedelta(minutes=10)
    opened = settlement.open_settlement(period=month, now=now)
    if is_cut:
        settlement.settle_range(settlement_id=opened.pk, number=0, now=now)
    dispute, warning = stripe.dispute(deposit.reference)["id"], stripe.warn_of_fraud(deposit.reference)["id"]
    event = told.came("charge.dispute.created", subject=dispute, now=now)
    with pytest.raises(moments.BeingSettled, match=f"fan: a month of {fan.pk}"):
        fraud.heed_warning(reference=warning, now=now)
    assert told.handled(event, now=now).state == StripeEvent.State.WAITING
    assert not Dispute.objects.exists()
    given.settled(month, now=now)
    later = now + timedelta(minutes=5)

    assert told.handled(event, now=later).state == StripeEvent.State.HANDLED
    assert shares(Dispute.objects.get()) == [("Ada", 225), ("Bob", 225), ("", 50)]
    assert fraud.heed_warning(reference=warning, now=later) is None
    assert_books_are_stripes()
