"""Debts: where the operator chose so, what a lost dispute can't take any more is kept from creators' later months."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from flattr.period import Period
from payouts.gateway import DisputeFacts, DisputeState
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import Debt, Deposit, Recovery
from payouts.operations import disputes
from payouts.queries import balances, books, debts, statements
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

CENT = 10_000


@pytest.fixture(autouse=True)
def _creators_bear(settings: Settings) -> None:
    """Let the operator have chosen so."""
    settings.DISPUTE_LOSSES_BORNE_BY = "creators"


@pytest.fixture
def creators() -> list[User]:
    """Return two creators."""
    return [given.creator(name) for name in ("Ada", "Bob")]


@pytest.fixture
def disputed(creators: list[User], october: Period, after_october: datetime) -> Deposit:
    """Return a deposit of 30 EUR that was given to both, of whose parts of 13.50 EUR Ada has asked for 13."""
    fan = given.funded_fan(budget_cents=3000, period=october)
    for creator in creators:
        given.click(fan, given.button(creator), now=october.start)
    given.settled(october, now=after_october)
    given.payout(creators[0], amount_cents=1300, now=day(10))
    Deposit.objects.update(reference="pi_1")
    return Deposit.objects.get()


def day(number: int) -> datetime:
    """Return the noon of a day in November."""
    return datetime.fromisoformat("2026-11-01T12:00:00+00:00") + timedelta(days=number)


def told(state: DisputeState, *, now: datetime, amount_cents: int = 3000, is_taken: bool = True) -> None:
    """Let the provider tell twice how the dispute stands."""
    for _ in range(2):
        disputes.record_dispute(
            facts=DisputeFacts(
                reference="dp_1",
                payment="pi_1",
                amount_cents=amount_cents,
                is_in_our_currency=True,
                reason="fraudulent",
                state=state,
                is_taken=is_taken,
                fee_cents=2000,
                is_fee_returned=False,
            ),
            now=now,
        )
    assert books.check_books() == []


def lost() -> None:
    """Let the bank take the deposit, and decide for good."""
    told(DisputeState.OPEN, now=day(11))
    told(DisputeState.LOST, now=day(12))


def earned(creator: User, period: Period, *, gross_cents: int) -> None:
    """Let the creator earn that much in a month, less the platform's tenth."""
    given.earned(creator, micros=gross_cents * CENT, period=period, now=period.end + timedelta(minutes=10))
    assert books.check_books() == []


def cents(creator: User) -> tuple[int, int]:
    """Return what the creator has and owes."""
    return balances.creator_balance_micros(creator=creator) // CENT, debts.account_and_owed(creator=creator)[
        1
    ] // CENT


def losses() -> int:
    """Return what the platform bears, in cents."""
    return ledger.balance_micros(kind=chart.Kind.LOSSES) // CENT


@pytest.mark.usefixtures("disputed")
def test_what_was_paid_out_is_kept_from_later_months_until_it_is_paid(creators: list[User], october: Period) -> None:
    """At most half of each month, never below zero, and the platform bears its own fee alone in the end."""
    ada, bob = creators
    lost()
    assert (cents(ada), cents(bob), losses()) == ((0, 1300), (0, 0), 1600)

    earned(ada, october.next, gross_cents=2000)
    assert (cents(ada), losses()) == ((900, 400), 700)
    earned(ada, october.shift(2), gross_cents=1000)
    assert (cents(ada), losses()) == ((1400, 0), 300)
    assert [each.amount_micros // CENT for each in Recovery.objects.order_by("id")] == [900, 400]


@pytest.mark.usefixtures("disputed")
def test_the_platform_bears_them_unless_the_operator_chose_otherwise(
    creators: list[User], october: Period, settings: Settings
) -> None:
    """What was chosen when the bank took the money counts; a later choice changes nothing of it."""
    settings.DISPUTE_LOSSES_BORNE_BY = "platform"
    told(DisputeState.OPEN, now=day(11))
    settings.DISPUTE_LOSSES_BORNE_BY = "creators"
    told(DisputeState.LOST, now=day(12))
    earned(creators[0], october.next, gross_cents=2000)

    assert not Debt.objects.exists()
    assert (cents(creators[0]), losses()) == ((1800, 0), 1600)


@pytest.mark.usefixtures("disputed")
def test_nothing_is_kept_while_the_bank_decides_or_where_it_is_won(creators: list[User], october: Period) -> None:
    """Only who has lost owes."""
    told(DisputeState.OPEN, now=day(11))
    earned(creators[0], october.next, gross_cents=2000)
    assert (cents(creators[0]), losses()) == ((1800, 0), 1600)
    told(DisputeState.WON, now=october.shift(2).start + timedelta(days=1), is_taken=False)
    earned(creators[0], october.shift(2), gross_cents=1000)

    assert (cents(creators[0]), cents(creators[1]), losses()) == ((2750, 0), (1350, 0), 0)
    assert not Recovery.objects.exists()


@pytest.mark.usefixtures("disputed")
def test_money_that_comes_back_after_all_gives_back_what_was_kept(creators: list[User], october: Period) -> None:
    """A bank may change its mind after a dispute was lost: each has their own again, and owes nothing any more."""
    lost()
    earned(creators[0], october.next, gross_cents=2000)
    told(DisputeState.WON, now=october.shift(2).start + timedelta(days=1), is_taken=False)
    earned(creators[0], october.shift(2), gross_cents=1000)

    assert (cents(creators[0]), cents(creators[1]), losses()) == ((2750, 0), (1350, 0), 0)
    (released,) = creators[0].notifications.filter(kind="earnings_released")
    assert released.context == {"amount_micros": 950 * CENT}
    assert ledger.balance_micros(kind=chart.Kind.DISPUTED) == 0


@pytest.mark.usefixtures("disputed")
def test_who_bears_what_goes_in_order(creators: list[User]) -> None:
    """Of a dispute about less, the fan's and the creators' money comes first, and only what is left is owed."""
    told(DisputeState.OPEN, now=day(11), amount_cents=2000)
    told(DisputeState.LOST, now=day(12), amount_cents=2000)

    assert [cents(creator) for creator in creators] == [(0, 600), (0, 0)]
    assert losses() == 600


@pytest.mark.usefixtures("disputed")
def test_the_creator_is_told_and_can_read_why(creators: list[User], october: Period) -> None:
    """By email when it is lost, and in the statement of each month of which something was kept."""
    lost()
    earned(creators[0], october.next, gross_cents=2000)
    november = statements.creator_statement(creator=creators[0], period=october.next)

    (owed,) = creators[0].notifications.filter(kind="earnings_owed")
    assert owed.context == {"amount_micros": 1300 * CENT}
    assert not creators[1].notifications.filter(kind="earnings_owed").exists()
    assert [each.kind for each in november.book.entries][-2:] == ["earning", "loss_recovered"]
    assert [each.amount_micros for each in november.recoveries] == [900 * CENT]
    assert november.book.closing_micros == 900 * CENT


@pytest.mark.usefixtures("disputed")
def test_what_was_kept_holds_nothing_else_back(creators: list[User], october: Period) -> None:
    """On hold is what is left of the month, so older earnings can be withdrawn all the same."""
    lost()
    earned(creators[0], october.next, gross_cents=2000)
    earned(creators[0], october.shift(2), gross_cents=800)
    in_january = october.shift(3).start + timedelta(days=1)

    assert cents(creators[0]) == (1260, 40)
    assert balances.on_hold_micros(creator=creators[0], now=in_january) == 360 * CENT
    assert balances.withdrawable_cents(creator=creators[0], now=in_january) == 900


@pytest.mark.usefixtures("disputed")
def test_rows_show_what_they_are(creators: list[User], october: Period) -> None:
    """Whoever reads a log or the admin sees who owes and what was kept."""
    lost()
    earned(creators[0], october.next, gross_cents=2000)

    assert str(Debt.objects.get()) == "13000000 micros of Ada"
    assert str(Recovery.objects.get()) == "9000000 micros of 2026-11"


@pytest.mark.usefixtures("disputed")
def test_pages_say_what_is_owed_and_why(creators: list[User], october: Period, client: StrictClient) -> None:
    """The creator's own earnings pages, and the list that staff see."""
    client.force_login(creators[0])
    assert "Banks took payments back" not in world.text(client.get("/earnings/"))
    lost()
    earned(creators[0], october.next, gross_cents=2000)
    month = world.text(client.get("/earnings/2026-11/"))
    client.force_login(given.user("Staff", is_staff=True, is_superuser=True))
    listed = world.document(client.get("/admin/payouts/debt/")).query("#result_list tbody tr")[0].to_text()
    client.force_login(creators[0])

    assert "€4.00 of that are still to be kept from your earnings" in world.text(client.get("/earnings/"))
    assert "€9.0000 of this month were kept: on Nov. 12, 2026 a bank took a payment back" in month
    assert "you owe €13.0000 of it" in month
    assert "Kept for a fan's payment that a bank took back -€9.00" in month
    assert all(each in listed for each in ("Ada", "3000 cents of", "€13.00", "€9.00", "lost"))
