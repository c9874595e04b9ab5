"""What co-authors got and a bank takes back, owe, or leave behind when somebody closes their account."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings as conf
from pytest_django import Settings

from accounts import operations as people
from accounts.models import Closing, User
from accounts.operations import closings as grace
from buttons.models import Button
from flattr.period import Period
from payouts.gateway import DisputeFacts, DisputeState
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import CoAuthor, Debt, Deposit, DisputeShare, Recovery
from payouts.operations import closings, coauthors, disputes, settlement
from payouts.queries import balances, books, debts
from tests import given
from tests.pages.world import confirmed
from tests.payouts.sharing import earn, held, share
from tests.payouts.test_closings import rows_with

pytestmark = pytest.mark.django_db

CENT = 10_000


@pytest.fixture
def button(ada: User, bob: User) -> Button:
    """Return Ada's button, of which Bob has 40 percent."""
    made = given.button(ada)
    share(made, bob, 40)
    return made


def told(state: DisputeState, *, now: datetime, is_taken: bool = True) -> None:
    """Let the provider tell twice how a dispute about the first deposit stands."""
    first = Deposit.objects.earliest("started_at", "pk")
    Deposit.objects.filter(pk=first.pk).update(reference="pi_1")
    for _ in range(2):
        disputes.record_dispute(
            facts=DisputeFacts(
                reference="dp_1",
                payment="pi_1",
                amount_cents=1000,
                is_in_our_currency=True,
                reason="fraudulent",
                state=state,
                is_taken=is_taken,
                fee_cents=0,
                is_fee_returned=False,
            ),
            now=now,
        )
    assert books.check_books() == []


def cents(*creators: User) -> list[int]:
    """Return what each creator has."""
    return [held(creator) // CENT for creator in creators]


def test_a_bank_takes_back_from_each_what_they_had(button: Button, ada: User, bob: User, october: Period) -> None:
    """By their parts of that month, and gives each their own back where the dispute is won."""
    earn(button, october)
    assert cents(ada, bob) == [540, 360]
    told(DisputeState.OPEN, now=october.next.start + timedelta(days=1))

    assert cents(ada, bob) == [0, 0]
    held = DisputeShare.objects.filter(source="creator").values_list("owner__name", "amount_micros")
    assert dict(held) == {"Ada": 540 * CENT, "Bob": 360 * CENT}
    told(DisputeState.WON, now=october.next.start + timedelta(days=2), is_taken=False)
    assert cents(ada, bob) == [540, 360]


def test_a_bank_takes_what_a_co_author_gave_from_the_creator_alone(
    button: Button, ada: User, bob: User, october: Period
) -> None:
    """Who got nothing of their own clicks loses nothing by them."""
    given.funded(bob, budget_cents=1000, period=october.previous)
    given.click(bob, button, now=october.start)
    earn(button, october)
    assert cents(ada, bob) == [900 + 540, 360]
    told(DisputeState.OPEN, now=october.next.start + timedelta(days=1))

    assert cents(ada, bob) == [540, 360]


def test_what_counted_then_counts(button: Button, ada: User, bob: User, october: Period) -> None:
    """Whoever has left since, or come since, changes nothing of what a month's money is taken from."""
    earn(button, october)
    november = october.next.start + timedelta(days=1)
    coauthors.end(co_author_id=CoAuthor.objects.get().pk, by=ada, now=november)
    share(button, given.creator("Cleo"), 90, now=november)
    told(DisputeState.OPEN, now=october.shift(2).start)

    assert cents(ada, bob) == [0, 0]


def test_who_has_no_more_owes_their_own_part(
    button: Button, ada: User, bob: User, october: Period, settings: Settings
) -> None:
    """And it is kept from what is theirs of later months, at most half: what a co-author gets is never kept of it."""
    settings.DISPUTE_LOSSES_BORNE_BY = "creators"
    settings.MINIMUM_PAYOUT_CENTS = 100
    earn(button, october)
    for creator, amount in ((ada, 540), (bob, 360)):
        given.payout(creator, amount_cents=amount, now=october.next.start + timedelta(days=10))
    november = october.next.start + timedelta(days=12)
    for state in (DisputeState.OPEN, DisputeState.LOST):
        told(state, now=november)
    assert dict(Debt.objects.values_list("creator__name", "amount_micros")) == {"Ada": 540 * CENT, "Bob": 360 * CENT}
    earn(button, october.next)

    # Of 9 EUR after the fee 5.40 are Ada's and 3.60 Bob's: half of each is kept, though more is owed.
    assert cents(ada, bob) == [270, 180]
    assert sorted(Recovery.objects.values_list("amount_micros", flat=True)) == [180 * CENT, 270 * CENT]
    assert [debts.account_and_owed(creator=each)[1] // CENT for each in (ada, bob)] == [270, 180]
    assert books.check_books() == []


def test_a_debtor_who_gives_nearly_all_away_pays_of_the_rest(
    ada: User, bob: User, october: Period, settings: Settings
) -> None:
    """The finish never takes more than there is, and what is held back holds nothing else back."""
    settings.DISPUTE_LOSSES_BORNE_BY = "creators"
    settings.MINIMUM_PAYOUT_CENTS = 100
    made = given.button(ada)
    earn(made, october)
    given.payout(ada, amount_cents=900, now=october.next.start + timedelta(days=10))
    share(made, bob, 99, now=october.start)
    for state in (DisputeState.OPEN, DisputeState.LOST):
        told(state, now=october.next.start + timedelta(days=12))
    earn(made, october.next)

    # 9 cents of 9 EUR are left to Ada, of which half is kept; the platform bears the rest, and its own fee.
    assert cents(ada, bob) == [4, 891]
    assert balances.on_hold_micros(creator=ada, now=october.shift(2).start) == 45_000
    assert ledger.balance_micros(kind=chart.Kind.LOSSES) // CENT == 995
    assert books.check_books() == []


def test_a_closing_that_was_paused_over_the_months_end_ends_the_next_one(
    button: Button, ada: User, bob: User, october: Period
) -> None:
    """Its clock stands in a month that is settled, whose shares stay as they are; one that is being settled waits."""
    closings.ask_to_close(user=bob, now=given.MOMENT)
    given.click(given.funded_fan(budget_cents=1000, period=october), button, now=october.start)
    after = october.end + timedelta(minutes=10)
    opened = settlement.open_settlement(period=october, now=after)
    closings.advance_closing(user_id=bob.pk, network=conf.OUTSIDE_NETWORK, now=october.last_moment)
    assert Closing.objects.get().begun_at is None
    settlement.settle_range(settlement_id=opened.pk, number=0, now=after)
    settlement.finish_settlement(settlement_id=opened.pk, now=after)
    closings.advance_closing(user_id=bob.pk, network=conf.OUTSIDE_NETWORK, now=october.last_moment)

    assert Closing.objects.get().begun_at is not None
    assert cents(ada, bob) == [540, 360]
    assert CoAuthor.objects.get().until == october.next
    assert books.check_books() == []


@pytest.mark.parametrize("ends", ["owner", "co-author"])
def test_who_was_to_share_until_the_months_end_has_nothing_of_it_once_they_are_gone(
    ends: str, ada: User, bob: User, october: Period
) -> None:
    """Nobody could ask for it any more; whoever had ended it, the month is the button's creator's alone."""
    made = given.button(ada)
    agreed = share(made, bob, 40)
    given.click(given.funded_fan(budget_cents=1000, period=october), made, now=given.MOMENT)
    coauthors.end(co_author_id=agreed.pk, by=ada if ends == "owner" else bob, now=given.MOMENT)
    closings.ask_to_close(user=bob, now=given.MOMENT)
    closings.advance_closing(user_id=bob.pk, network=conf.OUTSIDE_NETWORK, now=given.MOMENT + grace.GRACE)
    given.settled(october, now=october.end + timedelta(minutes=10))

    assert cents(ada, bob) == [900, 0]
    assert CoAuthor.objects.get().until == october
    assert books.check_books() == []


@pytest.mark.parametrize("leaver", ["owner", "co-author"])
def test_an_account_that_is_closed_shares_no_more(leaver: str, ada: User, bob: User, october: Period) -> None:
    """It ends with the running month, the other side is told while there is a name, and then no row has that name."""
    quill = confirmed(given.creator("Quillfeather"))
    made = given.button(quill if leaver == "owner" else ada, title="Together")
    share(made, bob if leaver == "owner" else quill, 40)
    given.click(given.funded_fan(budget_cents=1000, period=october), made, now=given.MOMENT)
    closings.ask_to_close(user=quill, now=given.MOMENT)
    now = given.MOMENT + grace.GRACE
    for _ in range(3):
        closings.advance_closing(user_id=quill.pk, network=conf.OUTSIDE_NETWORK, now=now)
        people.send_notifications(now=now + timedelta(minutes=5))
    quill.refresh_from_db()
    given.settled(october, now=october.end + timedelta(minutes=10))

    assert quill.is_gone
    assert rows_with("Quillfeather") == []
    assert CoAuthor.objects.get().until == october
    # Who leaves with a button takes its clicks back; who leaves as a co-author leaves all to its creator.
    assert cents(quill, ada, bob) == ([0, 0, 0] if leaver == "owner" else [0, 900, 0])
    assert books.check_books() == []
