"""Standing clicks: one a month, from the month in which they are set until they are stopped or end by themselves."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from accounts.models import Closing, User
from accounts.operations import closings as people
from buttons.models import Button, Click, StandingClick
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks, closing, standing
from flattr.period import Period
from flattr.transactions import durable, savepoint
from payouts.queries import forecasts
from tests import given
from tests.standing import FIRST, NOVEMBER, made, make_all, repeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan() -> User:
    """Return somebody who clicks."""
    return given.user("Grace")


@pytest.fixture
def button() -> Button:
    """Return a button of somebody else."""
    return given.button()


def test_the_month_in_which_it_is_set_gets_its_click_at_once(fan: User, button: Button, october: Period) -> None:
    """The click is of the same kind as any; setting it again changes nothing, and the term begins with this month."""
    first, again = repeat(fan, button, term_months=3), repeat(fan, button, term_months=3)

    assert (first.has_clicked, again.has_clicked) == (True, False)
    assert first.standing == again.standing == StandingClick.objects.get()
    assert (first.standing.from_period, first.standing.until_period) == (october, Period(2027, 1))
    assert first.standing.last_period == Period(2026, 12)
    click = Click.objects.get()
    assert (click.id, click.button, click.creator) == (first.standing.click_id(october), button, button.creator)
    assert click.clicked_at == given.MOMENT


def test_a_month_that_has_a_click_gets_no_second_one(fan: User, button: Button, october: Period) -> None:
    """Whoever clicked and then wants it every month gave this month's slice already."""
    given.click(fan, button, now=given.MOMENT)

    assert not repeat(fan, button).has_clicked
    assert made(fan, october) == 1


def test_a_click_that_was_taken_back_is_no_click_of_the_month(fan: User, button: Button, october: Period) -> None:
    """Who undid theirs and then wants it every month means this one as well."""
    (click,) = given.click(fan, button, now=given.MOMENT)
    clicks.undo_click(click_id=click.id, fan=fan, now=given.MOMENT)

    assert repeat(fan, button).has_clicked
    assert made(fan, october) == 1


def test_every_month_of_the_term_gets_one_click(fan: User, button: Button, october: Period) -> None:
    """Three months with the first one; then it ends by itself, and can be set anew."""
    repeat(fan, button, term_months=3)
    for months in range(5):
        make_all(october.shift(months).start)

    assert [made(fan, october.shift(months)) for months in range(5)] == [1, 1, 1, 0, 0]
    ended = StandingClick.objects.get()
    assert ended.stopped_at == Period(2027, 1).start
    later = repeat(fan, button, now=Period(2027, 2).start)
    assert later.has_clicked
    assert later.standing != ended


def test_a_term_that_is_over_makes_room_before_the_months_run_comes(fan: User, button: Button) -> None:
    """In the first seconds of a month one may set it again: the old one ends, and the month has one click."""
    repeat(fan, button, term_months=3)
    january = Period(2027, 1)
    again = repeat(fan, button, term_months=6, now=january.start)
    make_all(january.start)

    assert again.standing.from_period == january
    assert made(fan, january) == 1
    assert StandingClick.objects.get(stopped_at__isnull=True) == again.standing


def test_without_a_term_it_goes_on_until_it_is_stopped(fan: User, button: Button, october: Period) -> None:
    """What was stopped keeps this month's click and gets no other; stopping twice says so."""
    repeat(fan, button)
    make_all(FIRST)
    stopped = [
        standing.stop_standing_click(fan=fan, public_id=button.public_id, now=given.MOMENT + timedelta(days=30))
        for _ in range(2)
    ]
    make_all(Period(2026, 12).start)

    assert stopped == [True, False]
    assert [made(fan, october.shift(months)) for months in range(3)] == [1, 1, 0]


def test_a_new_term_counts_from_the_month_in_which_it_is_chosen(fan: User, button: Button) -> None:
    """From three months to twelve, and to no end; the row stays the same."""
    repeat(fan, button, term_months=3)
    make_all(FIRST)
    longer = repeat(fan, button, term_months=12, now=FIRST).standing
    assert (longer.term_months, longer.until_period) == (12, Period(2027, 11))
    endless = repeat(fan, button, now=FIRST).standing

    assert (endless.pk, endless.term_months, endless.until_period) == (longer.pk, None, None)
    assert made(fan, NOVEMBER) == 1


def test_one_months_click_can_be_undone_and_isnt_made_again(fan: User, button: Button) -> None:
    """Undo means this month; neither the sweep nor another term brings it back, and the next month has its own."""
    row = repeat(fan, button).standing
    make_all(FIRST)
    clicks.undo_click(click_id=row.click_id(NOVEMBER), fan=fan, now=FIRST)
    make_all(FIRST + timedelta(minutes=1))
    repeat(fan, button, term_months=6, now=FIRST)
    december = Period(2026, 12)
    make_all(december.start)

    assert (made(fan, NOVEMBER), made(fan, december)) == (0, 1)


@pytest.mark.parametrize("term", [0, 1, 4, -3, 24])
def test_other_terms_are_refused(term: int, fan: User, button: Button) -> None:
    """The error names the field and what can be chosen, and nothing is written."""
    with pytest.raises(standing.UnknownTerm, match=rf"^term_months: {term} is none of 3, 6, 12$"):
        repeat(fan, button, term_months=term)
    assert not StandingClick.objects.exists()
    assert not Click.objects.exists()


def test_what_cant_be_clicked_cant_be_repeated(fan: User, button: Button) -> None:
    """One's own button, a hidden one and one that isn't there are refused as any click of them is."""
    with pytest.raises(clicks.OwnButton):
        repeat(button.creator, button)
    with pytest.raises(clicks.UnknownButton, match="button: there is none with the public id 'nothing'"):
        standing.set_standing_click(fan=fan, public_id="nothing", term_months=None, now=given.MOMENT)
    buttons_operations.set_hidden(button=button, hidden=True, now=given.MOMENT)
    with pytest.raises(clicks.HiddenButton):
        repeat(fan, button)
    assert not StandingClick.objects.exists()


def test_a_hidden_button_gets_no_click_while_it_is_hidden(fan: User, button: Button, october: Period) -> None:
    """The month is left out and the standing click stays, so that it goes on once the button is back."""
    repeat(fan, button)
    buttons_operations.set_hidden(button=button, hidden=True, now=given.MOMENT)
    assert make_all(FIRST) == [1]
    buttons_operations.set_hidden(button=button, hidden=False, now=FIRST)
    make_all(Period(2026, 12).start)

    assert [made(fan, october.shift(months)) for months in range(3)] == [1, 0, 1]


def test_somebody_who_may_not_log_in_clicks_nothing(fan: User, button: Button) -> None:
    """Staff may stop a fan; their standing clicks rest with them."""
    repeat(fan, button)
    User.objects.filter(pk=fan.pk).update(is_active=False)

    assert make_all(FIRST) == [1]
    assert made(fan, NOVEMBER) == 0


@durable
def close(person: User) -> None:
    """Close somebody's account, and forget what it lets be repeated."""
    row = Closing.objects.create(user=person, asked_at=given.MOMENT, due_at=given.MOMENT)
    closing.close(user=person, name=people.NOBODY, now=given.MOMENT)
    people.begin(closing=row, now=given.MOMENT)
    closing.forget(user=person)


def test_nothing_is_repeated_of_or_for_a_closed_account(button: Button, october: Period) -> None:
    """A fan's own rows go; those of a creator's fans end, since no button is left to click."""
    leaver, stayer = given.user("Grace"), given.user("Henry")
    repeat(leaver, button)
    repeat(stayer, button)
    repeat(stayer, other := given.button())
    close(leaver)
    close(button.creator)
    make_all(FIRST)

    assert not StandingClick.objects.filter(fan=leaver).exists()
    assert Click.objects.get(period=NOVEMBER).button == other
    assert made(leaver, october) == 0
    assert StandingClick.objects.get(fan=stayer, button=button).stopped_at == given.MOMENT


def test_a_button_is_repeated_once_a_fan(fan: User, button: Button) -> None:
    """A constraint says so, whoever writes the rows; others and other buttons are free."""
    living = repeat(fan, button).standing
    repeat(given.user("Henry"), button)
    living.pk = None

    with pytest.raises(IntegrityError, match="standing_click_once_a_button"), savepoint():
        living.save(force_insert=True)


def test_a_standing_click_weighs_what_any_click_weighs(button: Button) -> None:
    """Without a budget it is kept and worth nothing; once the month is funded it gets its slice."""
    fan = given.user("Grace")
    repeat(fan, button)
    make_all(FIRST)
    assert forecasts.cake_of(fan=fan, period=NOVEMBER).spend_micros == 0
    given.subscription(fan, budget_cents=500, period=NOVEMBER)
    given.deposit(fan, amount_cents=500, now=FIRST)

    (slice_,) = forecasts.cake_of(fan=fan, period=NOVEMBER).slices
    assert (slice_.clicks, slice_.amount_micros) == (1, 5_000_000)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_set_it_once(fan: User, button: Button, october: Period) -> None:
    """The button gets one click and one row."""
    outcomes = given.at_once(*[lambda: repeat(fan, button, term_months=6)] * 4)

    assert all(isinstance(each, standing.Outcome) for each in outcomes)
    assert StandingClick.objects.count() == 1
    assert made(fan, october) == 1


def test_what_is_refused_in_the_very_moment_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A button may be hidden between the look at it and the click; then nothing is repeated either."""
    fan, button = given.user(), given.button()
    refusal = clicks.HiddenButton("button: it is hidden")
    monkeypatch.setattr(clicks, "record_clicks_within", lambda **_asked: [refusal])

    with pytest.raises(clicks.HiddenButton):
        standing.set_standing_click(fan=fan, public_id=button.public_id, term_months=None, now=given.MOMENT)
    assert not StandingClick.objects.exists()
