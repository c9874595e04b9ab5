"""Statements and forecasts: what a person reads about a month agrees with the book."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Subscription
from flattr import pages
from flattr.period import Period
from payouts.models import SettlementEarning
from payouts.operations import settlement
from payouts.queries import earnings, forecasts, settlements, statements
from tests import given

pytestmark = pytest.mark.django_db

EURO = 1_000_000


def test_a_fans_statement_tells_where_everything_went(october: Period, after_october: datetime) -> None:
    """Opening balance, deposit, the month's cake and each button with its clicks and amount."""
    fan = given.user()
    given.subscription(fan, budget_cents=600, period=october)
    given.deposit(fan, amount_cents=300, now=october.start - timedelta(days=1))
    given.deposit(fan, amount_cents=500, now=october.start)
    once, twice = given.button(), given.button()
    given.click(fan, once, now=october.start)
    given.click(fan, twice, now=october.start, times=2)
    finished = given.settled(october, now=after_october)
    statement = statements.fan_statement(fan=fan, period=october)

    assert [(line.button, line.clicks, line.amount_micros) for line in statement.lines] == [
        (twice, 2, 4 * EURO),
        (once, 1, 2 * EURO),
    ]
    assert statement.lines.rows[0].creator == twice.creator.creator_profile
    assert (statement.book.opening_micros, statement.book.closing_micros) == (3 * EURO, 2 * EURO)
    assert [entry.change_micros for entry in statement.book.entries] == [5 * EURO, -6 * EURO]
    assert (statement.settlement, statement.click_worth_micros) == (finished, 2 * EURO)
    assert [spend.spend_micros for spend in statements.fan_months(fan=fan)] == [6 * EURO]


def test_a_creators_statement_tells_where_everything_came_from(october: Period, after_october: datetime) -> None:
    """Each button with its clicks over all fans, gross, fee and net, the most earned first."""
    creator = given.creator()
    less, more = given.button(creator), given.button(creator)
    for _ in range(2):
        fan = given.funded_fan(budget_cents=600, period=october)
        given.click(fan, less, now=october.start)
        given.click(fan, more, now=october.start, times=2)
    given.settled(october, now=after_october)
    statement = statements.creator_statement(creator=creator, period=october)

    assert [(line.button, line.clicks, line.gross_micros, line.fee_micros) for line in statement.lines] == [
        (more, 4, 8 * EURO, 800_000),
        (less, 2, 4 * EURO, 400_000),
    ]
    assert statement.earning == SettlementEarning.objects.get()
    assert statement.earning.net_micros == sum(line.net_micros for line in statement.lines)
    assert statement.book.closing_micros == statement.earning.net_micros
    assert [month.net_micros for month in earnings.months(creator=creator)] == [statement.earning.net_micros]


def test_a_person_without_money_has_an_empty_statement(october: Period) -> None:
    """Nothing settled, nothing booked, and no error."""
    person = given.user()
    fan = statements.fan_statement(fan=person, period=october)
    creator = statements.creator_statement(creator=person, period=october)

    assert (fan.spend, fan.settlement, fan.lines.rows, fan.click_worth_micros) == (None, None, [], 0)
    assert (creator.earning, creator.settlement, creator.lines.rows) == (None, None, [])
    assert fan.book == creator.book == statements.Entries(opening_micros=0, entries=pages.Page(rows=[]))
    assert fan.book.closing_micros == 0
    assert statements.fan_months(fan=person) == []
    assert earnings.months(creator=person) == []


def test_an_unfinished_settlement_is_not_shown(october: Period, after_october: datetime) -> None:
    """Until the books are proven nobody reads half a month."""
    fan, button = given.funded_fan(budget_cents=600, period=october), given.button()
    given.click(fan, button, now=october.start)
    opened = settlement.open_settlement(period=october, now=after_october)
    settlement.settle_range(settlement_id=opened.pk, number=0, now=after_october)

    assert statements.fan_statement(fan=fan, period=october).spend is None
    assert statements.fan_months(fan=fan) == []
    assert settlements.settlement_of(period=october) == opened
    assert settlements.settlement_of(period=october.next) is None


def test_a_clicked_person_without_a_page_is_shown_without_one(october: Period, after_october: datetime) -> None:
    """A creator whose profile is gone doesn't break the fan's statement."""
    fan, owner = given.funded_fan(budget_cents=600, period=october), given.user()
    given.click(fan, given.button(owner), now=october.start)
    given.settled(october, now=after_october)

    assert [line.creator for line in statements.fan_statement(fan=fan, period=october).lines] == [None]


def test_the_cake_is_what_would_be_cut_now(october: Period, mid_october: datetime, after_october: datetime) -> None:
    """The forecast of the last moment is the settlement."""
    fan = given.funded_fan(budget_cents=500, period=october)
    buttons = [given.button() for _ in range(3)]
    for times, button in enumerate(buttons, start=1):
        given.click(fan, button, now=mid_october, times=times)
    cake = forecasts.cake_of(fan=fan, period=october)
    given.settled(october, now=after_october)
    statement = statements.fan_statement(fan=fan, period=october)

    assert cake.is_funded
    assert (cake.budget_micros, cake.spend_micros, cake.clicks) == (5 * EURO, 5 * EURO, 6)
    assert cake.click_worth_micros == 833_333
    assert [(each.clicked.button_id, each.clicks, each.amount_micros) for each in cake.slices] == [
        (line.button.pk, line.clicks, line.amount_micros) for line in statement.lines
    ]


def test_a_cake_without_money_or_clicks(october: Period, mid_october: datetime) -> None:
    """A fan who has promised nothing has a cake of nothing, whose clicks are still shown."""
    fan = given.user()
    empty = forecasts.cake_of(fan=fan, period=october)
    assert (empty.budget_micros, empty.clicks, empty.click_worth_micros, empty.is_funded) == (0, 0, 0, False)
    given.click(fan, given.button(), now=mid_october)
    unfunded = forecasts.cake_of(fan=fan, period=october)

    assert [each.amount_micros for each in unfunded.slices] == [0]
    assert (unfunded.clicks, unfunded.click_worth_micros, unfunded.is_funded) == (1, 0, False)


def test_a_paused_fan_has_no_budget(october: Period) -> None:
    """What isn't cut isn't shown as if it were."""
    fan = given.user()
    given.subscription(fan, budget_cents=500, period=october, state=Subscription.State.PAUSED)
    given.deposit(fan, amount_cents=500, now=october.start)
    cake = forecasts.cake_of(fan=fan, period=october)

    assert (cake.budget_micros, cake.spend_micros, cake.is_funded) == (0, 0, False)


def test_the_next_cake_leaves_the_unsettled_one_alone(october: Period) -> None:
    """In the first minutes of a month the balance still belongs to the month before."""
    fan, button = given.funded_fan(budget_cents=500, period=october), given.button()
    given.click(fan, button, now=october.start)
    given.click(fan, button, now=october.end)

    assert forecasts.cake_of(fan=fan, period=october.next).spend_micros == 0
    given.deposit(fan, amount_cents=300, now=october.end)
    assert forecasts.cake_of(fan=fan, period=october.next).spend_micros == 3 * EURO
