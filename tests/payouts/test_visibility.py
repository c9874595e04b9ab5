"""Who is named as a supporter: who gave something in a settled month and wants that to be seen, and nobody else."""

from datetime import datetime

import pytest
from django.db import connection

from accounts.models import Closing, User, Visibility
from accounts.operations import NameMissing
from accounts.operations import closings as people
from buttons.models import Supporter, VisibilityChoice
from buttons.operations import closing
from buttons.operations.visibility import OwnPage
from buttons.queries import visibility as queries
from flattr.period import Period
from flattr.transactions import durable
from payouts.models import Settlement
from payouts.operations import visibility
from tests import given

pytestmark = pytest.mark.django_db

PUBLIC, CREATORS, ANONYMOUS = Visibility.PUBLIC, Visibility.CREATORS, Visibility.ANONYMOUS
OCTOBER = Period(2026, 10)
NOVEMBER = Period(2026, 11)


@pytest.fixture
def grace(ada: User, bob: User) -> User:
    """Return a fan who gave both something in October, which is settled, and pays for the next months."""
    person = given.funded_fan("Grace", budget_cents=500, period=OCTOBER)
    given.deposit(person, amount_cents=2000, now=OCTOBER.start)
    support(person, ada, bob, period=OCTOBER)
    return person


def support(fan: User, *creators: User, period: Period) -> None:
    """Let the fan click for the creators in a month, which is then settled."""
    for creator in creators:
        given.click(fan, given.button(creator), now=period.start)
    given.settled(period, now=period.end)


def be_seen(fan: User, by: Visibility, *, name: str | None = None) -> None:
    """Let the fan choose for all creators."""
    visibility.set_visibility(user=fan, visibility=by, name=fan.name if name is None else name, now=NOVEMBER.start)


def be_seen_for(fan: User, creator: User, by: Visibility | None) -> None:
    """Let the fan choose for one creator."""
    visibility.choose_visibility(fan=fan, creator=creator, visibility=by, now=NOVEMBER.start)


def public(creator: User) -> list[str]:
    """Return the names that everybody sees on the creator's page."""
    return [each.fan.name for each in queries.supporters(creator=creator)]


def shown(creator: User) -> list[str]:
    """Return the names that the creator sees."""
    return [each.fan.name for each in queries.named_supporters(creator=creator)]


def test_nobody_is_named_unasked(grace: User, ada: User) -> None:
    """A new fan is anonymous, and no row tells of them."""
    assert grace.visibility == ANONYMOUS
    assert (public(ada), shown(ada)) == ([], [])
    assert not Supporter.objects.exists()


@pytest.mark.parametrize(
    ("by", "everybody", "creator"),
    [(PUBLIC, ["Grace"], ["Grace"]), (CREATORS, [], ["Grace"]), (ANONYMOUS, [], [])],
)
def test_a_choice_counts_at_once_and_for_the_past(
    by: Visibility, everybody: list[str], creator: list[str], grace: User, ada: User
) -> None:
    """Whoever chooses to be seen is shown for the months before, and whoever goes back is gone from everywhere."""
    be_seen(grace, by)
    assert (public(ada), shown(ada)) == (everybody, creator)
    be_seen(grace, ANONYMOUS)
    assert (public(ada), shown(ada)) == ([], [])
    assert not Supporter.objects.exists()


@pytest.mark.parametrize("usual", Visibility)
@pytest.mark.parametrize("chosen", Visibility)
def test_a_choice_for_one_creator_overrides_that_for_all(
    usual: Visibility, chosen: Visibility, grace: User, ada: User, bob: User
) -> None:
    """In whichever order the two are made; taken back, the one for all counts again."""
    be_seen(grace, usual)
    be_seen_for(grace, ada, chosen)
    assert [public(each) == ["Grace"] for each in (ada, bob)] == [chosen == PUBLIC, usual == PUBLIC]
    assert [shown(each) == ["Grace"] for each in (ada, bob)] == [chosen != ANONYMOUS, usual != ANONYMOUS]
    be_seen(grace, usual)
    assert [public(each) == ["Grace"] for each in (ada, bob)] == [chosen == PUBLIC, usual == PUBLIC]
    for _ in range(2):
        be_seen_for(grace, ada, None)

    assert public(ada) == public(bob)
    assert not VisibilityChoice.objects.exists()


def test_months_are_counted_once_each(grace: User, ada: User, bob: User) -> None:
    """What settlements add and what a change writes anew is the same; noting a month twice changes nothing."""
    be_seen(grace, PUBLIC)
    support(grace, ada, period=NOVEMBER)
    december = NOVEMBER.next
    support(grace, bob, period=december)
    rows = list(Supporter.objects.order_by("creator").values_list("creator", "first_period", "last_period", "months"))
    assert rows == [(ada.pk, OCTOBER, NOVEMBER, 2), (bob.pk, OCTOBER, december, 2)]
    for settlement in Settlement.objects.order_by("period"):
        durable(visibility.note_supporters)(settlement=settlement)
    be_seen(grace, CREATORS)

    again = Supporter.objects.order_by("creator").values_list("creator", "first_period", "last_period", "months")
    assert list(again) == rows


def test_several_buttons_of_a_creator_are_one_month(grace: User, ada: User) -> None:
    """A supporter is somebody's, not a button's."""
    be_seen(grace, PUBLIC)
    support(grace, ada, ada, ada, period=NOVEMBER)

    assert Supporter.objects.get(creator=ada).months == 2


def test_whoever_gave_nothing_is_not_named(ada: User) -> None:
    """Clicks without a budget put no name on anybody's page, nor do those of a month that isn't settled."""
    poor, new = given.user("Buy pills"), given.funded_fan("Henry", period=NOVEMBER)
    for person in (poor, new):
        be_seen(person, PUBLIC)
    given.click(poor, given.button(ada), now=OCTOBER.start)
    given.settled(OCTOBER, now=OCTOBER.end)
    given.click(new, given.button(ada), now=NOVEMBER.start)
    for person in (poor, new):
        be_seen(person, PUBLIC)
    assert public(ada) == []
    given.settled(NOVEMBER, now=NOVEMBER.end)

    assert public(ada) == ["Henry"]


@pytest.mark.parametrize("name", ["", "   "])
def test_who_is_seen_has_a_name(name: str, grace: User, ada: User) -> None:
    """Without one nobody can choose to be seen, for all or for one; nothing changes."""
    with pytest.raises(NameMissing, match=r"^name: it is needed to be seen by$"):
        be_seen(grace, PUBLIC, name=name)
    be_seen(grace, ANONYMOUS, name=name.strip())
    with pytest.raises(NameMissing):
        be_seen_for(grace, ada, CREATORS)
    be_seen_for(grace, ada, ANONYMOUS)
    grace.refresh_from_db()

    assert grace.visibility == ANONYMOUS
    assert shown(ada) == []


def test_who_takes_the_name_away_is_not_shown_as_a_blank(grace: User, ada: User) -> None:
    """A choice for one creator may be older than that."""
    be_seen_for(grace, ada, PUBLIC)
    be_seen(grace, ANONYMOUS, name="")

    assert (public(ada), shown(ada)) == ([], [])


def test_nobody_supports_themselves(ada: User) -> None:
    """There is no choice to make for one's own page."""
    with pytest.raises(OwnPage, match="creator: this is you"):
        be_seen_for(ada, ada, PUBLIC)


def test_old_rows_tell_nothing_that_isnt_wanted_now(grace: User, ada: User) -> None:
    """Whatever rows are left, by a race or a backup: the choice of now is asked, and so is whether one may log in."""
    be_seen(grace, PUBLIC)
    User.objects.filter(pk=grace.pk).update(visibility=ANONYMOUS)
    assert (public(ada), shown(ada)) == ([], [])
    User.objects.filter(pk=grace.pk).update(visibility=PUBLIC, is_active=False)

    assert (public(ada), shown(ada)) == ([], [])


def close(person: User, now: datetime) -> None:
    """Close somebody's account, and forget them."""
    row = Closing.objects.create(user=person, asked_at=now, due_at=now)
    closing.close(user=person, name=people.NOBODY, now=now)
    people.begin(closing=row, now=now)
    closing.forget(user=person)
    people.forget(closing=row, now=now)


def test_closed_people_vanish(grace: User, ada: User, bob: User) -> None:
    """A fan's name, choices and rows go with them; a creator's page takes those about it along."""
    be_seen(grace, PUBLIC)
    be_seen_for(grace, bob, CREATORS)
    durable(close)(ada, NOVEMBER.start)
    assert not Supporter.objects.filter(creator=ada).exists()
    assert shown(bob) == ["Grace"]
    durable(close)(grace, NOVEMBER.start)
    grace.refresh_from_db()

    assert (grace.visibility, grace.name) == (ANONYMOUS, "")
    assert not Supporter.objects.exists()
    assert not VisibilityChoice.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_choice_made_while_a_month_is_noted_misses_nothing(is_first: bool, ada: User) -> None:  # noqa: FBT001
    """Whoever comes first, the month is counted once: each of the two waits for the other."""
    grace = given.funded_fan("Grace", period=OCTOBER)
    support(grace, ada, period=OCTOBER)
    settlement = Settlement.objects.get()

    def note() -> None:
        durable(visibility.note_supporters)(settlement=settlement)

    def choose() -> None:
        be_seen(User.objects.get(pk=grace.pk), PUBLIC)

    calls = (choose, note) if is_first else (note, choose)
    outcomes = given.queued(
        *calls,
        behind=lambda: connection.cursor().execute("LOCK TABLE buttons_supporter IN ACCESS EXCLUSIVE MODE"),
    )

    assert outcomes == [None, None]
    assert Supporter.objects.get().months == 1
    assert public(ada) == ["Grace"]


def test_the_longest_standing_come_first(grace: User, ada: User) -> None:
    """The order of the list is the order in which people came."""
    later = given.funded_fan("Henry", period=NOVEMBER)
    be_seen(later, PUBLIC)
    support(later, ada, period=NOVEMBER)
    be_seen(grace, PUBLIC)

    assert public(ada) == ["Grace", "Henry"]
