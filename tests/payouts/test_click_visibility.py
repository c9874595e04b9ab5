"""Who sees a single click: what its fan says of it goes before what they chose for its creator and for all."""

import uuid
from datetime import datetime
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection
from hypothesis import HealthCheck, settings
from hypothesis import given as for_any
from hypothesis import strategies as st

from accounts.models import Closing, User, Visibility
from accounts.operations import NameMissing
from accounts.operations import closings as people
from buttons.models import Click, ClickVisibility, Supporter
from buttons.operations import clicks, closing
from buttons.operations.clicks import UnknownClick
from buttons.queries import visibility as queries
from buttons.queries.visibility import NamedSupporter
from flattr.period import Period
from flattr.transactions import durable, savepoint
from payouts.models import Settlement
from payouts.operations import visibility
from tests import given

pytestmark = pytest.mark.django_db

PUBLIC, CREATORS, ANONYMOUS = Visibility.PUBLIC, Visibility.CREATORS, Visibility.ANONYMOUS
WIDTHS = [ANONYMOUS, CREATORS, PUBLIC]
OCTOBER = Period(2026, 10)
NOVEMBER, DECEMBER = OCTOBER.next, OCTOBER.shift(2)
NOW = DECEMBER.end
CHOICES = st.sampled_from([None, *Visibility])


@pytest.fixture
def grace() -> User:
    """Return a fan who pays for three months, and has clicked nothing."""
    person = given.funded_fan("Grace", budget_cents=500, period=OCTOBER)
    given.deposit(person, amount_cents=2000, now=OCTOBER.start)
    return person


@pytest.fixture
def click(grace: User, ada: User) -> Click:
    """Return the one click that the fan gave in October, which is settled."""
    (made,) = given.click(grace, given.button(ada), now=OCTOBER.start)
    given.settled(OCTOBER, now=OCTOBER.end)
    return made


def choose(click: Click, by: Visibility | None, *, fan: User | None = None) -> None:
    """Let the click's fan say who sees it, or somebody else."""
    visibility.choose_visibility_of_click(
        fan=fan or click.fan, period=click.period, click_id=click.id, visibility=by, now=NOW
    )


def choose_otherwise(fan: User, creator: User, *, usual: Visibility, for_creator: Visibility | None) -> None:
    """Let the fan choose for all creators and for one."""
    visibility.set_visibility(user=fan, visibility=usual, name="Grace", now=NOW)
    visibility.choose_visibility(fan=fan, creator=creator, visibility=for_creator, now=NOW)


def is_named(creator: User) -> tuple[bool, bool]:
    """Return whether somebody is named to everybody, and to the creator."""
    return bool(queries.supporters(creator=creator)), bool(queries.named_supporters(creator=creator))


def close(person: User, now: datetime) -> None:
    """Close somebody's account."""
    row = Closing.objects.create(user=person, asked_at=now, due_at=now)
    closing.close(user=person, name=people.NOBODY, now=now)
    people.begin(closing=row, now=now)


@pytest.mark.parametrize("usual", Visibility)
@pytest.mark.parametrize("for_creator", [None, *Visibility])
def test_a_click_goes_before_its_creator_and_all(
    usual: Visibility, for_creator: Visibility | None, click: Click, grace: User, ada: User
) -> None:
    """Wider or narrower, in whichever order they are chosen, for everybody and for the creator who look."""
    for chosen in (None, *Visibility):
        counts = chosen or for_creator or usual
        wanted = (counts == PUBLIC, counts != ANONYMOUS)
        choose_otherwise(grace, ada, usual=usual, for_creator=for_creator)
        for _ in range(2):
            choose(click, chosen)
            assert is_named(ada) == wanted, chosen
        choose_otherwise(grace, ada, usual=usual, for_creator=for_creator)
        assert is_named(ada) == wanted, chosen
    choose(click, None)

    assert not ClickVisibility.objects.exists()


@pytest.fixture
def months(grace: User, ada: User) -> list[list[Click]]:
    """Return the clicks of three settled months: three on two buttons, one, and two on one button."""
    first, second = given.button(ada), given.button(ada)
    made = [
        given.click(grace, first, now=OCTOBER.start, times=2) + given.click(grace, second, now=OCTOBER.start),
        given.click(grace, first, now=NOVEMBER.start),
        given.click(grace, second, now=DECEMBER.start, times=2),
    ]
    for period in (OCTOBER, NOVEMBER, DECEMBER):
        given.settled(period, now=period.end)
    return made


def expected(seen: list[list[Visibility]], *, by: Visibility) -> list[Period]:
    """Return the months of which somebody knows who sees what has at least this width."""
    periods = (OCTOBER, NOVEMBER, DECEMBER)
    enough = WIDTHS[WIDTHS.index(by) :]
    return [period for period, clicks in zip(periods, seen, strict=True) if any(each in enough for each in clicks)]


def told(creator: User) -> tuple[list[Period], list[NamedSupporter]]:
    """Return since when somebody is named to everybody, and all that the creator is told."""
    since = [each.first_period for each in queries.supporters(creator=creator)]
    return since, list(queries.named_supporters(creator=creator))


@for_any(otherwise=st.tuples(st.sampled_from(Visibility), CHOICES), chosen=st.lists(CHOICES, min_size=6, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_month_that_may_be_seen_is_counted_once(
    otherwise: tuple[Visibility, Visibility | None],
    chosen: list[Visibility | None],
    months: list[list[Click]],
    grace: User,
    ada: User,
) -> None:
    """Whatever was chosen for the clicks of a month, the name stands there once, with the months that may be seen.

    It is the same whether rows are written anew by a change or month by month after settlements.
    """
    (usual, for_creator), ends = otherwise, (0, 3, 4, 6)
    by_month = [chosen[start:end] for start, end in pairwise(ends)]
    choose_otherwise(grace, ada, usual=usual, for_creator=for_creator)
    for made, wanted in zip(months, by_month, strict=True):
        for each, one in zip(made, wanted, strict=True):
            choose(each, one)
    seen = [[one or for_creator or usual for one in month] for month in by_month]
    everybody, creators = expected(seen, by=PUBLIC), expected(seen, by=CREATORS)

    since, named = told(ada)
    assert since == everybody[:1]
    assert [(each.first_period, each.last_period, each.months, each.is_public) for each in named] == [
        (creators[0], creators[-1], len(creators), bool(everybody)) for _ in creators[:1]
    ]
    Supporter.objects.all().delete()
    for settlement in Settlement.objects.order_by("period"):
        for _ in range(2):
            durable(visibility.note_supporters)(settlement=settlement)
    assert told(ada) == (since, named)


def test_a_single_click_is_seen_once_its_month_is_settled(grace: User, ada: User, bob: User) -> None:
    """The others' creator learns nothing of it."""
    (shown,), _other = (given.click(grace, given.button(each), now=OCTOBER.start) for each in (ada, bob))
    visibility.choose_visibility_of_click(
        fan=grace, period=OCTOBER, click_id=shown.id, visibility=PUBLIC, now=OCTOBER.start
    )
    assert is_named(ada) == (False, False)
    given.settled(OCTOBER, now=OCTOBER.end)

    assert is_named(ada) == (True, True)
    assert is_named(bob) == (False, False)


def test_who_gave_nothing_is_not_named_by_a_click(ada: User) -> None:
    """A choice puts no name on a page for free."""
    (made,) = given.click(given.user("Buy pills"), given.button(ada), now=OCTOBER.start)
    choose(made, PUBLIC)
    given.settled(OCTOBER, now=OCTOBER.end)
    choose(made, PUBLIC)

    assert is_named(ada) == (False, False)


def test_old_rows_tell_nothing_that_isnt_chosen_now(click: Click, ada: User) -> None:
    """Whatever rows a race or a backup left: what is chosen for clicks now is asked when they are read."""
    choose(click, PUBLIC)
    assert is_named(ada) == (True, True)
    ClickVisibility.objects.update(visibility=CREATORS)
    assert is_named(ada) == (False, False)
    ClickVisibility.objects.update(visibility=PUBLIC, period=DECEMBER)
    assert is_named(ada) == (False, False)


def test_a_click_that_is_undone_has_no_choice(grace: User, ada: User) -> None:
    """Its choice goes with it, and there is nothing to choose any more."""
    (made,) = given.click(grace, given.button(ada), now=OCTOBER.start)
    choose(made, PUBLIC)
    for _ in range(2):
        clicks.undo_click(click_id=made.id, fan=grace, now=OCTOBER.start)
    assert not ClickVisibility.objects.exists()
    with pytest.raises(UnknownClick, match="there is none of yours with this id"):
        choose(made, PUBLIC)

    assert not ClickVisibility.objects.exists()


def test_a_click_is_its_fans_own(click: Click, ada: User) -> None:
    """Neither another fan nor its creator, nor another month or id, leads to it."""
    for stranger in (given.user("Henry"), ada):
        with pytest.raises(UnknownClick):
            choose(click, PUBLIC, fan=stranger)
    for period, click_id in ((NOVEMBER, click.id), (OCTOBER, uuid.uuid4())):
        with pytest.raises(UnknownClick):
            visibility.choose_visibility_of_click(
                fan=click.fan, period=period, click_id=click_id, visibility=PUBLIC, now=NOW
            )

    assert not ClickVisibility.objects.exists()


def test_who_is_seen_by_a_click_has_a_name(click: Click, grace: User) -> None:
    """Whoever has none can hide a click, and show it to nobody."""
    User.objects.filter(pk=grace.pk).update(name="")
    grace.refresh_from_db()
    for by in (PUBLIC, CREATORS):
        with pytest.raises(NameMissing):
            choose(click, by, fan=grace)
    choose(click, ANONYMOUS, fan=grace)

    assert ClickVisibility.objects.get().visibility == ANONYMOUS


def test_what_was_chosen_outlasts_the_clicks(click: Click, grace: User, ada: User) -> None:
    """Once a month's clicks are in the archive, choices go on counting and can be changed; no new one is made."""
    choose(click, PUBLIC)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE buttons_click DETACH PARTITION buttons_click_2026_10")
    visibility.set_visibility(user=grace, visibility=ANONYMOUS, name="Grace", now=NOW)
    assert is_named(ada) == (True, True)
    choose(click, CREATORS)
    assert is_named(ada) == (False, True)
    choose(click, None)
    assert is_named(ada) == (False, False)
    with pytest.raises(UnknownClick):
        choose(click, PUBLIC)


@pytest.mark.parametrize("who", ["fan", "creator"])
def test_choices_vanish_with_either_side(who: str, click: Click, grace: User, ada: User) -> None:
    """Whoever of the two closes their account takes them along."""
    choose(click, PUBLIC)
    durable(close)({"fan": grace, "creator": ada}[who], NOVEMBER.start)

    assert not ClickVisibility.objects.exists()
    assert not Supporter.objects.exists()


def test_the_database_keeps_one_choice_a_click_and_no_row_for_nobody(click: Click, grace: User, ada: User) -> None:
    """Whatever the code does."""
    choose(click, PUBLIC)
    again = {"fan": grace, "period": OCTOBER, "click_id": click.id, "button": click.button, "chosen_at": NOW}
    row = {"fan": grace, "creator": ada, "first_period": OCTOBER, "last_period": OCTOBER, "months": 1}
    with pytest.raises(IntegrityError, match="click_visibility_once_a_click"), savepoint():
        ClickVisibility.objects.create(visibility=CREATORS, **again)
    with pytest.raises(IntegrityError, match="supporter_once_a_choice"), savepoint():
        Supporter.objects.create(by_clicks=PUBLIC, **row)
    with pytest.raises(IntegrityError, match="supporter_by_clicks_that_are_seen"), savepoint():
        Supporter.objects.create(by_clicks=ANONYMOUS, **row)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_choice_made_while_its_month_is_noted_misses_nothing(is_first: bool, ada: User) -> None:  # noqa: FBT001
    """Whoever comes first, the month is counted once, by what was chosen."""
    grace = given.funded_fan("Grace", period=OCTOBER)
    (made,) = given.click(grace, given.button(ada), now=OCTOBER.start)
    settlement = given.settled(OCTOBER, now=OCTOBER.end)

    def note() -> None:
        durable(visibility.note_supporters)(settlement=settlement)

    def say() -> None:
        choose(made, PUBLIC)

    outcomes = given.queued(
        *((say, note) if is_first else (note, say)),
        behind=lambda: connection.cursor().execute("LOCK TABLE buttons_supporter IN ACCESS EXCLUSIVE MODE"),
    )

    assert outcomes == [None, None]
    assert [each.months for each in queries.named_supporters(creator=ada)] == [1]
    assert is_named(ada) == (True, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_click_that_is_undone_meanwhile_keeps_no_choice(is_first: bool, ada: User) -> None:  # noqa: FBT001
    """Choosing and undoing wait for each other: the choice is taken along, or not made any more."""
    grace = given.funded_fan("Grace", period=OCTOBER)
    (made,) = given.click(grace, given.button(ada), now=OCTOBER.start)

    def undo() -> None:
        clicks.undo_click(click_id=made.id, fan=grace, now=OCTOBER.start)

    def say() -> None:
        choose(made, PUBLIC)

    outcomes = given.queued(
        *((say, undo) if is_first else (undo, say)),
        behind=lambda: Click.objects.select_for_update().get(id=made.id),
    )

    assert [type(each) for each in outcomes] == [type(None), type(None) if is_first else UnknownClick]
    assert not ClickVisibility.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_choices_at_once_are_one(ada: User) -> None:
    """The later one counts, and neither fails."""
    grace = given.funded_fan("Grace", period=OCTOBER)
    (made,) = given.click(grace, given.button(ada), now=OCTOBER.start)
    outcomes = given.at_once(*(lambda by=by: choose(made, by) for by in (PUBLIC, CREATORS, ANONYMOUS)))

    assert outcomes == [None, None, None]
    assert ClickVisibility.objects.count() == 1
