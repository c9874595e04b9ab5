"""The month's end: what each fan spends, what each creator gets, and what is told."""

import functools
import hashlib
import io
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.models import Notification, Subscription, User
from buttons import queries as buttons_queries
from buttons.operations import clicks
from flattr.period import Period
from payouts.gateway import Outcome, Result
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import Settlement, SettlementEarning, SettlementLine, SettlementSpend
from payouts.operations import announcements, refunds, settlement
from payouts.queries import balances, books, settlements
from tests import given

pytestmark = pytest.mark.django_db

EURO = 1_000_000


def spends() -> dict[User, int]:
    """Return what each fan spent in the one settlement there is."""
    return {spend.fan: spend.spend_micros for spend in SettlementSpend.objects.select_related("fan")}


def test_a_fans_budget_is_cut_into_equal_slices(
    october: Period, mid_october: datetime, after_october: datetime
) -> None:
    """Two clicks are two slices; the creators get their shares less the fee, the platform the fee."""
    fan = given.funded_fan(budget_cents=600, period=october)
    once, twice = given.button(), given.button()
    given.click(fan, once, now=mid_october)
    given.click(fan, twice, now=mid_october, times=2)
    given.settled(october, now=after_october)

    assert balances.fan_balance_micros(fan=fan) == 0
    assert balances.creator_balance_micros(creator=once.creator) == 1_800_000
    assert balances.creator_balance_micros(creator=twice.creator) == 3_600_000
    assert ledger.balance_micros(kind=chart.Kind.PLATFORM_FEE) == 600_000
    assert ledger.balance_micros(kind=chart.Kind.SETTLEMENT_CLEARING) == 0
    assert books.check_books() == []


@pytest.mark.parametrize(("budget", "balance", "spend"), [(300, 500, 300), (500, 300, 300), (500, 500, 500)])
def test_a_fan_spends_the_budget_or_the_balance_where_that_is_smaller(
    budget: int, balance: int, spend: int, october: Period, after_october: datetime
) -> None:
    """Nobody pays more than they promised, nor more than they have."""
    fan = given.user()
    given.subscription(fan, budget_cents=budget, period=october)
    given.deposit(fan, amount_cents=balance, now=october.start)
    given.click(fan, given.button(), now=october.start)
    given.settled(october, now=after_october)

    assert spends() == {fan: spend * 10_000}
    assert balances.fan_balance_micros(fan=fan) == (balance - spend) * 10_000


def test_unfunded_clicks_weigh_nothing(october: Period, mid_october: datetime, after_october: datetime) -> None:
    """A fan who never paid, one who promised nothing and one who paused move no money, and keep their clicks."""
    liked = given.button()
    first = given.funded_fan(budget_cents=500, period=october)
    unpaid, unpromised, paused = given.user(), given.user(), given.user()
    given.subscription(unpaid, budget_cents=500, period=october)
    given.deposit(unpromised, amount_cents=500, now=october.start)
    given.subscription(paused, budget_cents=500, period=october, state=Subscription.State.PAUSED)
    given.deposit(paused, amount_cents=500, now=october.start)
    last = given.funded_fan(budget_cents=500, period=october)
    for fan in (first, unpaid, unpromised, paused, last):
        given.click(fan, liked, now=mid_october)
    given.settled(october, now=after_october)

    assert spends() == {first: 5 * EURO, last: 5 * EURO}
    assert buttons_queries.click_count(public_id=liked.public_id) == 5
    assert balances.fan_balance_micros(fan=paused) == 5 * EURO


def test_money_that_came_after_the_end_is_for_later_months(october: Period, after_october: datetime) -> None:
    """A deposit at 00:00 on the 1st is not spent on the month before; one a moment earlier is."""
    late, timely = given.user(), given.user()
    for fan, paid_at in ((late, october.end), (timely, october.last_moment)):
        given.subscription(fan, budget_cents=500, period=october)
        given.click(fan, given.button(), now=october.start)
        given.deposit(fan, amount_cents=500, now=paid_at)
    given.settled(october, now=after_october)

    assert spends() == {timely: 5 * EURO}
    assert balances.fan_balance_micros(fan=late) == 5 * EURO


def test_a_fan_without_clicks_moves_nothing(october: Period, after_october: datetime) -> None:
    """The balance stays the fan's, who gets no email about a month that took nothing; undone clicks count as none."""
    quiet, undecided = (given.funded_fan(budget_cents=500, period=october) for _ in range(2))
    (click,) = given.click(undecided, given.button(), now=october.start)
    clicks.undo_click(click_id=click.id, fan=undecided, now=october.start)
    given.settled(october, now=after_october)

    assert spends() == {}
    assert balances.fan_balance_micros(fan=quiet) == 5 * EURO
    assert balances.fan_balance_micros(fan=undecided) == 5 * EURO
    assert not Notification.objects.exists()


def test_an_empty_month_is_finished_too(october: Period, after_october: datetime) -> None:
    """A month without anything has the digest of an export without lines."""
    finished = given.settled(october, now=after_october)

    assert str(finished) == "2026-10"
    assert finished.finished_at == finished.announced_at == after_october
    assert finished.digest == hashlib.sha256(b"fan,creator,button,clicks,amount_micros,fee_micros\n").hexdigest()
    assert settlements.summary(period=october).spend_micros == 0


def test_the_budget_in_force_for_the_month_counts(october: Period, after_october: datetime) -> None:
    """A change made in the month is for the next one, although it is the newest row."""
    fan = given.user()
    for budget, start in ((300, october.previous), (500, october), (200, october.next)):
        given.subscription(fan, budget_cents=budget, period=start)
    given.deposit(fan, amount_cents=800, now=october.start)
    given.click(fan, given.button(), now=october.start)
    given.settled(october, now=after_october)

    assert spends() == {fan: 5 * EURO}


def test_months_are_settled_one_after_another(october: Period, mid_october: datetime) -> None:
    """Each month cuts its own clicks; what is left of the balance goes into the next."""
    fan, liked = given.user(), given.button()
    given.subscription(fan, budget_cents=500, period=october)
    given.deposit(fan, amount_cents=800, now=october.start)
    given.click(fan, liked, now=mid_october)
    given.click(fan, liked, now=october.end)
    given.settled(october, now=october.end)
    given.settled(october.next, now=october.next.end)

    assert [spend.spend_micros for spend in SettlementSpend.objects.order_by("id")] == [5 * EURO, 3 * EURO]
    assert books.check_books() == []


def test_what_moved_since_the_end_hides_no_old_money(october: Period) -> None:
    """Money that came late and money that left make up for each other in the balance, not in the cake."""
    fan = given.funded_fan(budget_cents=500, period=october)
    given.click(fan, given.button(), now=october.start)
    spare = given.deposit(fan, amount_cents=500, now=october.end)
    given.refund(fan, amount_cents=500, now=october.end)
    given.settled(october, now=october.end)

    assert spare.state == "succeeded"
    assert spends() == {fan: 5 * EURO}
    assert balances.fan_balance_micros(fan=fan) == 0


@pytest.mark.parametrize("asked", ["before the end", "after the end"])
def test_a_refund_that_failed_was_the_fans_all_along(asked: str, october: Period) -> None:
    """A refund that comes back after the month's end is no new money: it pays for the clicks of that month."""
    fan = given.user()
    given.subscription(fan, budget_cents=500, period=october)
    given.deposit(fan, amount_cents=1000, now=october.start)
    asked_at = october.last_moment if asked == "before the end" else october.end
    refund = given.refund(fan, amount_cents=1000, now=asked_at)
    given.click(fan, given.button(), now=october.last_moment)
    failed = Outcome(result=Result.DECLINED, reason="account_closed")
    refunds.record_refund(refund_id=refund.id, outcome=failed, now=october.end)
    given.settled(october, now=october.end)

    assert spends() == {fan: 5 * EURO}


def test_a_refund_under_way_is_not_spent(october: Period) -> None:
    """What left the balance pays for nothing, as nobody spends more than there is."""
    fan = given.user()
    given.subscription(fan, budget_cents=500, period=october)
    given.deposit(fan, amount_cents=600, now=october.start)
    given.refund(fan, amount_cents=400, now=october.start)
    given.click(fan, given.button(), now=october.start)
    given.settled(october, now=october.end)

    assert spends() == {fan: 2 * EURO}


def test_a_month_is_never_settled_before_an_earlier_one(october: Period) -> None:
    """The refusal names the month that comes first; nothing is closed meanwhile."""
    fan = given.funded_fan(budget_cents=500, period=october)
    given.click(fan, given.button(), now=october.start)
    moment = october.next.end
    with pytest.raises(settlement.EarlierPeriodDue, match="period: 2026-11 can't be settled before 2026-10 is"):
        given.settled(october.next, now=moment)
    assert not buttons_queries.period_is_closed(period=october.next)

    settlement.open_settlement(period=october, now=moment)
    with pytest.raises(settlement.EarlierPeriodDue):
        given.settled(october.next, now=moment)
    given.settled(october, now=moment)
    given.settled(october.next, now=moment)


@pytest.mark.django_db(transaction=True)
def test_months_opened_at_once_never_spend_the_same_money(october: Period) -> None:
    """Two workers that open two months at the same moment open the older one alone."""
    fan = given.funded_fan(budget_cents=500, period=october)
    for period in (october, october.next):
        given.click(fan, given.button(), now=period.start)
    results = given.at_once(
        *[
            functools.partial(settlement.open_settlement, period=period, now=october.next.end)
            for period in (october.next, october)
        ]
    )

    assert [type(each).__name__ for each in results] == ["EarlierPeriodDue", "Settlement"]
    assert spends() == {fan: 5 * EURO}


@pytest.mark.parametrize("moment", [datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)])
def test_a_period_that_is_not_over_is_never_settled(moment: datetime, october: Period) -> None:
    """The refusal names the first moment at which it can be; clicking goes on."""
    with pytest.raises(settlement.PeriodNotOver, match="2026-10 is not over before 2026-11-01 00:00 UTC"):
        given.settled(october, now=moment)
    assert not Settlement.objects.exists()
    assert not buttons_queries.period_is_closed(period=october)


def test_settling_closes_the_period_to_clicks(october: Period, after_october: datetime) -> None:
    """From the settlement on nothing can be added to what it cut."""
    fan = given.funded_fan(budget_cents=500, period=october)
    given.settled(october, now=after_october)

    with pytest.raises(clicks.PeriodClosed):
        given.click(fan, given.button(), now=october.last_moment)


@pytest.mark.parametrize(("basis_points", "fee"), [(0, 0), (1000, 33), (5000, 166)])
def test_the_fee_is_taken_from_each_line_and_rounded_down(
    basis_points: int, fee: int, october: Period, after_october: datetime, settings: Settings
) -> None:
    """The rate of the moment of opening counts, and a rate of nothing posts nothing."""
    settings.PLATFORM_FEE_BASIS_POINTS = basis_points
    fan = given.funded_fan(budget_cents=200, period=october)
    for clicked in [given.button() for _ in range(6)]:
        given.click(fan, clicked, now=october.start)
    given.settled(october, now=after_october)
    line = SettlementLine.objects.latest("id")

    assert line.fee_micros == line.amount_micros * basis_points // 10_000
    assert line.fee_micros // 1000 == fee
    assert (ledger.balance_micros(kind=chart.Kind.PLATFORM_FEE) == 0) == (basis_points == 0)
    assert books.check_books() == []


def test_a_whole_fee_leaves_the_creator_nothing(october: Period, after_october: datetime, settings: Settings) -> None:
    """Earnings of zero post no transfer, and the books still hold."""
    settings.PLATFORM_FEE_BASIS_POINTS = 10_000
    fan, liked = given.funded_fan(budget_cents=200, period=october), given.button()
    given.click(fan, liked, now=october.start)
    given.settled(october, now=after_october)

    assert balances.creator_balance_micros(creator=liked.creator) == 0
    assert books.check_books() == []


def test_earnings_sum_all_fans_and_buttons(october: Period, after_october: datetime) -> None:
    """A creator has one earning a month over everything, with the number of fans and clicks."""
    creator = given.creator()
    buttons = [given.button(creator) for _ in range(2)]
    for _ in range(3):
        fan = given.funded_fan(budget_cents=500, period=october)
        for each in buttons:
            given.click(fan, each, now=october.start)
    given.settled(october, now=after_october)
    earning = SettlementEarning.objects.get()

    assert (earning.creator, earning.fans, earning.clicks) == (creator, 3, 6)
    assert (earning.gross_micros, earning.fee_micros, earning.net_micros) == (15 * EURO, 1_500_000, 13_500_000)


def test_the_digest_is_that_of_the_export(october: Period, after_october: datetime) -> None:
    """Anybody with the file can compute what was published; its lines are sorted by fan, creator, button."""
    buttons = [given.button() for _ in range(3)]
    for _ in range(3):
        fan = given.funded_fan(budget_cents=500, period=october)
        for each in buttons:
            given.click(fan, each, now=october.start)
    finished = given.settled(october, now=after_october)
    content = io.BytesIO()
    settlements.export(settlement=finished, write=content.write)
    header, *lines = content.getvalue().decode().splitlines()

    assert hashlib.sha256(content.getvalue()).hexdigest() == finished.digest
    assert header == "fan,creator,button,clicks,amount_micros,fee_micros"
    assert len(lines) == 9
    assert lines == sorted(lines, key=lambda line: [int(value) for value in line.split(",")])


def test_earnings_are_held_until_the_tenth(october: Period, after_october: datetime) -> None:
    """The settlement says from when on its earnings can be withdrawn."""
    assert given.settled(october, now=after_october).withdrawable_at == datetime(2026, 11, 10, tzinfo=UTC)


def test_everybody_whose_money_moved_is_told_once(october: Period, after_october: datetime) -> None:
    """A fan hears what was spent, a creator what was earned; announcing again tells nothing new."""
    fan, liked = given.funded_fan(budget_cents=500, period=october), given.button()
    given.click(fan, liked, now=october.start)
    finished = given.settled(october, now=after_october)
    announcements.announce_settlement(settlement_id=finished.pk, now=after_october + timedelta(hours=1))

    assert {each.kind: (each.recipient, each.context) for each in Notification.objects.all()} == {
        "month_settled": (fan, {"period": "2026-10", "spend_micros": 5 * EURO, "clicks": 1}),
        "earnings_settled": (
            liked.creator,
            {
                "period": "2026-10",
                "gross_micros": 5 * EURO,
                "net_micros": 4_500_000,
                "given_micros": 0,
                "received_micros": 0,
                "clicks": 1,
                "fans": 1,
            },
        ),
    }
    assert Notification.objects.count() == 2
    finished.refresh_from_db()
    assert finished.announced_at == after_october


def test_an_unfinished_settlement_is_never_announced(october: Period, after_october: datetime) -> None:
    """Nobody hears of money that hasn't moved."""
    given.click(given.funded_fan(budget_cents=500, period=october), given.button(), now=october.start)
    opened = settlement.open_settlement(period=october, now=after_october)
    announcements.announce_settlement(settlement_id=opened.pk, now=after_october)
    opened.refresh_from_db()

    assert opened.announced_at is None
    assert not Notification.objects.exists()


def test_a_refund_never_takes_what_an_opened_settlement_will_cut(october: Period, after_october: datetime) -> None:
    """Between opening and cutting the spend is fixed, so the fan can't ask for it back."""
    fan = given.funded_fan(budget_cents=500, period=october)
    given.click(fan, given.button(), now=october.start)
    settlement.open_settlement(period=october, now=after_october)

    with pytest.raises(refunds.NothingToRefund):
        given.refund(fan, amount_cents=1, now=after_october)
