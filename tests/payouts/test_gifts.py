"""Gifts beside the cake: from the balance, never from what the month's cake needs, and once."""

import functools
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import given as examples
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from buttons.operations import buttons as buttons_operations
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import durable
from payouts.gateway import Outcome, Result
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import Deposit, Dispute, Gift
from payouts.operations import closings, deposits, disputes, gifts, renewals
from payouts.queries import balances, books, personal_data
from payouts.queries.disputes import earned_from
from tests import given
from tests.fakestripe.fake import FakeStripe
from tests.payouts.paying import moment, paid

pytestmark = pytest.mark.django_db

CENT = 10_000
NOW = given.MOMENT


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan with a budget of 5 EUR and a balance of 12 EUR."""
    person = given.user("Grace")
    given.subscription(person, budget_cents=500, period=october)
    given.deposit(person, amount_cents=1200, now=october.start)
    return person


def give(fan: User, creator: User, **changed: Any) -> Gift:
    """Give 5 EUR, unless something else is said."""
    wanted = {"gift_id": uuid.uuid4(), "fan": fan, "creator": creator, "amount_cents": 500, "now": NOW}
    return gifts.give_gift(**{**wanted, **changed})


def test_a_gift_moves_at_once_less_the_fee(fan: User, ada: User) -> None:
    """The fan pays the whole sum, the creator gets all but a tenth, and is told with the note."""
    gift = give(fan, ada, note=" For the \n harbour ")

    assert balances.fan_balance_micros(fan=fan) == 700 * CENT
    assert balances.creator_balance_micros(creator=ada) == gift.net_micros == 450 * CENT
    assert ledger.balance_micros(kind=chart.Kind.PLATFORM_FEE) == 50 * CENT
    assert str(gift) == "500 cents to Ada"
    told = ada.notifications.get()
    assert (told.kind, told.context["note"], told.context["amount_cents"]) == (
        "gift_received",
        "For the harbour",
        500,
    )
    assert fan.email not in str(told.context)
    assert books.check_books() == []


@pytest.mark.parametrize("basis_points", [0, 1, 10_000])
def test_a_gift_is_posted_whatever_the_fee(basis_points: int, fan: User, ada: User, settings: Settings) -> None:
    """Without a fee, and with nothing but a fee, one of the two transfers is left out."""
    settings.PLATFORM_FEE_BASIS_POINTS = basis_points
    gift = give(fan, ada)

    assert balances.creator_balance_micros(creator=ada) == gift.net_micros == 500 * CENT - 500 * basis_points
    assert balances.fan_balance_micros(fan=fan) == 700 * CENT
    assert books.check_books() == []


@pytest.mark.parametrize(
    ("changed", "refusal", "told"),
    [
        ({"amount_cents": 199}, gifts.GiftOutOfRange, "amount_cents: 199 is not between 200 and 5000"),
        ({"amount_cents": 5001}, gifts.GiftOutOfRange, "amount_cents: 5001 is not between 200 and 5000"),
        ({"amount_cents": -500}, gifts.GiftOutOfRange, "amount_cents: -500"),
        ({"note": "x" * 201}, gifts.NoteTooLong, "note: 201 characters are more than 200"),
        ({"amount_cents": 701}, gifts.NotEnoughToGive, "amount_cents: 701 is above the 700 cents"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(
    changed: dict[str, object], refusal: type[Exception], told: str, fan: User, ada: User
) -> None:
    """Nothing moves, and the refusal names the field."""
    with pytest.raises(refusal, match=told):
        give(fan, ada, **changed)

    assert not Gift.objects.exists()
    assert balances.fan_balance_micros(fan=fan) == 1200 * CENT


def test_nobody_gives_themselves_anything(ada: User) -> None:
    """However much they have."""
    given.deposit(ada, amount_cents=1000, now=NOW)
    with pytest.raises(gifts.GiftToOneself):
        give(ada, ada)


def test_only_open_creators_take_gifts(fan: User, ada: User) -> None:
    """Who has no page, whose page is closed, or whose button is hidden or not theirs, takes none."""
    hidden, others = given.button(ada), given.button()
    buttons_operations.set_hidden(button=hidden, hidden=True, now=NOW)
    for button in (hidden, others):
        with pytest.raises(gifts.CreatorClosed, match=button.public_id):
            give(fan, ada, button=button)
    with pytest.raises(gifts.CreatorClosed):
        give(fan, given.user("Nobody"))
    closings.ask_to_close(user=ada, now=NOW - timedelta(days=14))
    closings._begin(user_id=ada.pk, now=NOW)
    with pytest.raises(gifts.CreatorClosed, match="closed"):
        give(fan, ada)


def test_this_months_budget_stays_clicked_or_not(
    fan: User, ada: User, october: Period, after_october: datetime
) -> None:
    """What is left is the whole cake, which the month's end cuts, and nobody is charged for it again."""
    give(fan, ada, amount_cents=700)
    assert renewals.renew_deposit(fan=fan, now=NOW) is None
    with pytest.raises(gifts.NotEnoughToGive, match="above the 0 cents"):
        give(fan, ada, amount_cents=200)
    given.click(fan, given.button(), now=NOW)
    given.settled(october, now=after_october)

    assert balances.fan_balance_micros(fan=fan) == 0
    assert books.check_books() == []


def test_a_month_that_was_charged_for_ahead_stays_covered(fan: User, ada: User, october: Period) -> None:
    """November is paid for in October's last days, and once: what came for it is left alone as October's cake is."""
    give(fan, ada, amount_cents=700)
    given.saved_method(fan)
    button, now = given.button(), october.end - timedelta(days=4)
    given.click(fan, button, now=NOW)
    renewal = renewals.renew_deposit(fan=fan, now=now)
    assert renewal is not None
    deposits.record_deposit(deposit_id=renewal.pk, outcome=Outcome(result=Result.SUCCEEDED, fee_cents=0), now=now)
    with pytest.raises(gifts.NotEnoughToGive, match="above the 0 cents"):
        give(fan, ada, amount_cents=200, now=now)
    given.settled(october, now=october.end + timedelta(minutes=10))
    given.click(fan, button, now=october.next.start + timedelta(days=1))
    given.settled(october.next, now=october.next.end + timedelta(minutes=10))

    assert balances.creator_balance_micros(creator=button.creator) == 900 * CENT
    assert books.check_books() == []


def test_a_month_that_waits_for_its_settlement_stays_covered(fan: User, ada: User, october: Period) -> None:
    """In November's first minutes, October's cake and November's budget are both left alone."""
    given.click(fan, given.button(), now=NOW)
    with pytest.raises(gifts.NotEnoughToGive, match="above the 200 cents"):
        give(fan, ada, amount_cents=201, now=october.end)
    give(fan, ada, amount_cents=200, now=october.end)
    given.settled(october, now=october.end + timedelta(minutes=10))

    assert balances.fan_balance_micros(fan=fan) == 500 * CENT
    assert books.check_books() == []


def test_who_promised_nothing_gives_all_they_have(ada: User) -> None:
    """No budget is kept for nobody."""
    fan = given.user("Henry")
    given.deposit(fan, amount_cents=500, now=NOW)
    give(fan, ada)

    assert balances.fan_balance_micros(fan=fan) == 0


def test_the_same_id_gives_once(fan: User, ada: User) -> None:
    """The second time it is there already; another amount, creator or fan under it is refused."""
    gift = give(fan, ada, note="first")
    again = give(fan, ada, gift_id=gift.pk, note="second", now=NOW + timedelta(days=40))

    assert (again.pk, again.note, again.made_at) == (gift.pk, "first", NOW)
    for person, creator, amount_cents in (
        (fan, ada, 501),
        (fan, given.creator("Bob"), 500),
        (given.user("Henry"), ada, 500),
    ):
        with pytest.raises(gifts.GiftIdTaken, match="gift_id"):
            give(person, creator, gift_id=gift.pk, amount_cents=amount_cents)
    assert Gift.objects.count() == ada.notifications.count() == 1
    assert balances.fan_balance_micros(fan=fan) == 700 * CENT


@pytest.mark.parametrize(("before", "amount_cents"), [([200] * 10, 200), ([5000, 4900], 200)], ids=["number", "sum"])
def test_a_day_has_its_limits(before: list[int], amount_cents: int, ada: User) -> None:
    """Ten gifts or 100 EUR, then no more for 24 hours."""
    fan = given.user("Henry")
    given.deposit(fan, amount_cents=15_000, now=NOW)
    for each in before:
        give(fan, ada, amount_cents=each)
    with pytest.raises(gifts.TooManyGifts, match="at most 10 gifts and 10000 cents"):
        give(fan, ada, amount_cents=amount_cents, now=NOW + timedelta(hours=23, minutes=59))
    give(fan, ada, amount_cents=amount_cents, now=NOW + timedelta(days=1))

    assert books.check_books() == []


def test_a_gift_is_withdrawable_with_the_months_earnings(fan: User, ada: User) -> None:
    """On hold until the 10th of the next month, then the creator's."""
    gift = give(fan, ada)
    tenth = datetime(2026, 11, 10, tzinfo=NOW.tzinfo)

    assert gift.withdrawable_at == tenth
    assert balances.balance_hold_and_withdrawable(creator=ada, now=tenth - timedelta(seconds=1)) == (
        450 * CENT,
        450 * CENT,
        0,
    )
    assert balances.withdrawable_cents(creator=ada, now=tenth) == 450


@pytest.mark.parametrize("won", [True, False])
def test_case_26_a_dispute_takes_a_gift_as_it_takes_a_cake(stripe: FakeStripe, ada: User, *, won: bool) -> None:
    """The creator gives what they got of the deposit, the platform its fee, and each gets it back if it is won."""
    fan = given.user("Grace")
    deposit = paid(stripe, fan, amount_cents=500)
    given.gift(fan, ada, amount_cents=300, now=moment())
    look(stripe, deposit)

    dispute = Dispute.objects.get()
    assert [(share.source, share.amount_micros // CENT) for share in dispute.shares.order_by("id")] == [
        ("fan", 200),
        ("creator", 270),
        ("platform", 30),
    ]
    assert balances.creator_balance_micros(creator=ada) == 0
    look(stripe, deposit, won=won)
    assert balances.creator_balance_micros(creator=ada) == (270 * CENT if won else 0)


def test_case_26_gifts_and_cakes_take_deposits_in_the_order_of_time(stripe: FakeStripe, ada: User) -> None:
    """The first deposit went to the gift, of which half came from it, and the second to the month that was cut."""
    month = Period.at(moment())
    durable(periods.make_partition)(period=month)
    fan, bob = given.user("Grace"), given.creator("Bob")
    first = paid(stripe, fan, amount_cents=200)
    second = paid(stripe, fan, amount_cents=700)
    given.gift(fan, ada, amount_cents=400, now=moment())
    given.subscription(fan, budget_cents=500, period=month)
    given.click(fan, given.button(bob), now=moment())
    given.settled(month, now=month.end + timedelta(minutes=10))

    assert list(earned_from(deposit=first)) == [(ada.pk, 180 * CENT)]
    assert list(earned_from(deposit=second)) == [(bob.pk, 450 * CENT), (ada.pk, 180 * CENT)]


def look(stripe: FakeStripe, deposit: Deposit, *, won: bool | None = None) -> None:
    """Let the bank dispute the deposit, or decide, and look at it twice."""
    known = Dispute.objects.filter(deposit=deposit).first()
    reference = known.pk if known else stripe.dispute(deposit.reference)["id"]
    if won is not None:
        stripe.decide_dispute(reference, won=won)
    for _ in range(2):
        disputes.look_at_dispute(reference=reference, now=moment())


def test_notes_are_forgotten_with_either(fan: User, ada: User) -> None:
    """Who leaves takes their words along, and those that were written to them; the sums stay."""
    gift = give(fan, ada, note="secret")
    for person in (given.user(), ada):
        durable(gifts.forget_notes)(person=person)
        gift.refresh_from_db()
        assert gift.note == ("" if person == ada else "secret")
    assert books.check_books() == []


def test_the_emails_that_have_a_note_are_forgotten_with_it(fan: User, ada: User) -> None:
    """They are the creator's, and have the words of somebody who is gone; those without words, and others', stay."""
    henry = given.user("Henry")
    given.deposit(henry, amount_cents=500, now=NOW)
    kept = [give(fan, ada, amount_cents=200), give(henry, ada, note="from Henry")]
    give(fan, ada, note="from Grace")
    durable(gifts.forget_notes)(person=fan)

    told = ada.notifications.filter(kind="gift_received").values_list("subject_key", flat=True)
    assert set(told) == {str(each.pk) for each in kept}


def test_the_creators_file_names_no_fan(fan: User, ada: User) -> None:
    """Both have the gift in their data, and only the fan's own says whose it was."""
    give(fan, ada, note="hello")

    (received,) = personal_data.tables_of(user=ada)["gifts_received"]
    (sent,) = personal_data.tables_of(user=fan)["gifts_given"]
    assert "fan_id" not in received
    assert (received["note"], sent["fan_id"]) == ("hello", fan.pk)


@pytest.mark.django_db(transaction=True)
def test_two_gifts_of_one_balance_at_once(fan: User, ada: User) -> None:
    """There is enough for one of them; the other is refused, and the budget stays."""
    results = given.at_once(*[functools.partial(give, fan, ada, amount_cents=600) for _ in range(2)])

    assert sorted(type(each).__name__ for each in results) == ["Gift", "NotEnoughToGive"]
    assert balances.fan_balance_micros(fan=fan) == 600 * CENT
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
def test_two_people_who_give_each_other_something_at_once(ada: User) -> None:
    """Neither waits for the other forever."""
    bob = given.creator("Bob")
    for person in (ada, bob):
        given.deposit(person, amount_cents=1000, now=NOW)
    results = given.at_once(*[functools.partial(give, *pair) for pair in [(ada, bob), (bob, ada)] * 2])

    assert {type(each) for each in results} == {Gift}
    assert {balances.fan_balance_micros(fan=each) for each in (ada, bob)} == {0}
    assert books.check_books() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_two", [False, True])
def test_one_id_at_the_same_moment_is_one_gift(by_two: bool, fan: User, ada: User) -> None:  # noqa: FBT001
    """A double click is answered twice and done once; of two fans with one id the primary key takes one."""
    gift_id = uuid.uuid4()
    henry = given.user("Henry")
    given.deposit(henry, amount_cents=500, now=NOW)
    other = (henry, given.creator("Bob")) if by_two else (fan, ada)

    def keep_rows() -> None:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE payouts_gift IN SHARE ROW EXCLUSIVE MODE")

    results = given.queued(
        *[functools.partial(give, *pair, gift_id=gift_id) for pair in [(fan, ada), other]], behind=keep_rows
    )

    assert sorted(type(each).__name__ for each in results) == ["Gift", "GiftIdTaken" if by_two else "Gift"]
    assert Gift.objects.count() == 1
    assert books.check_books() == []


steps = st.lists(
    st.tuples(st.sampled_from(["give", "pay", "click"]), st.integers(0, 1), st.integers(200, 2000)), max_size=12
)


@examples(wanted=steps, budget_cents=st.integers(200, 1000), basis_points=st.integers(0, 10_000))
@hypothesis(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_given_the_money_adds_up(
    wanted: list[tuple[str, int, int]],
    budget_cents: int,
    basis_points: int,
    october: Period,
    after_october: datetime,
) -> None:
    """Any order of payments, clicks and gifts: no cent is lost, and a cake that was covered stays covered."""
    before = transaction.savepoint()
    try:
        with override_settings(PLATFORM_FEE_BASIS_POINTS=basis_points):
            _live_and_check(wanted, budget_cents, october, after_october)
    finally:
        transaction.savepoint_rollback(before)


def _live_and_check(wanted: list[tuple[str, int, int]], budget_cents: int, october: Period, end: datetime) -> None:
    fan, creators = given.user(), [given.creator("Ada"), given.creator("Bob")]
    buttons = [given.button(each) for each in creators]
    given.subscription(fan, budget_cents=budget_cents, period=october)
    paid_in = given_away = clicks = 0
    for number, (act, place, amount_cents) in enumerate(wanted):
        now = NOW + timedelta(days=number)
        if act == "pay":
            given.deposit(fan, amount_cents=amount_cents, now=now)
            paid_in += amount_cents
        elif act == "click":
            given.click(fan, buttons[place], now=NOW)
            clicks += 1
        elif amount_cents <= paid_in - given_away - budget_cents:
            given.gift(fan, creators[place], amount_cents=amount_cents, now=now)
            given_away += amount_cents
        else:
            with pytest.raises(gifts.NotEnoughToGive):
                given.gift(fan, creators[place], amount_cents=amount_cents, now=now)
    given.settled(october, now=max(end, NOW + timedelta(days=20)))
    cut = min(budget_cents, paid_in - given_away) if clicks else 0

    assert balances.fan_balance_micros(fan=fan) == (paid_in - given_away - cut) * CENT
    got = sum(balances.creator_balance_micros(creator=each) for each in creators)
    assert got + ledger.balance_micros(kind=chart.Kind.PLATFORM_FEE) == (given_away + cut) * CENT
    assert books.check_books() == []
