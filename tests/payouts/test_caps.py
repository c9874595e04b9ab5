"""Caps of fans: what is said for a month, from when it counts, and what can't be said."""

import functools
from datetime import datetime

import pytest
from django.db import DatabaseError, IntegrityError

from accounts.models import User
from buttons.operations.clicks import PeriodClosed
from flattr.period import Period
from flattr.transactions import savepoint
from payouts.models import CreatorCap
from payouts.operations import caps as operations
from payouts.queries import caps
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan with a budget of 5 EUR."""
    return given.funded_fan(period=october)


def in_force(fan: User, period: Period) -> dict[int, int]:
    """Return the fan's caps by creator, in micros."""
    return dict(caps.caps_in_force(fans=(fan.pk, fan.pk), period=period).get(fan.pk, {}))


def test_a_cap_counts_from_its_month_until_another_one_does(fan: User, ada: User, october: Period) -> None:
    """Each month is cut by what was said last in it or before; what is lifted doesn't count."""
    december = october.shift(2)
    operations.set_cap(fan=fan, creator=ada, most_cents=200, now=october.start)
    operations.set_cap(fan=fan, creator=ada, most_cents=150, now=december.start)
    operations.set_cap(fan=fan, creator=ada, most_cents=None, now=december.next.start)

    assert in_force(fan, october.previous) == {}
    assert in_force(fan, october) == in_force(fan, october.next) == {ada.pk: 2_000_000}
    assert in_force(fan, december) == {ada.pk: 1_500_000}
    assert in_force(fan, december.next) == {}
    assert list(caps.caps_of(fan=fan, period=december.next)) == []


def test_a_cap_is_changed_within_its_month(fan: User, ada: User, mid_october: datetime) -> None:
    """A month has one row for a creator, however often it is changed; saying it twice changes nothing."""
    for most_cents in (200, 200, 100):
        operations.set_cap(fan=fan, creator=ada, most_cents=most_cents, now=mid_october)

    assert [each.most_cents for each in CreatorCap.objects.all()] == [100]
    (cap,) = caps.caps_of(fan=fan, period=Period.at(mid_october))
    assert str(cap) == "fan: Ada gets at most 100 cents from 2026-10"


def test_lifting_what_is_not_there_adds_nothing(fan: User, ada: User, mid_october: datetime) -> None:
    """It is no error, either: it may have been sent twice."""
    operations.set_cap(fan=fan, creator=ada, most_cents=None, now=mid_october)

    assert not CreatorCap.objects.exists()


@pytest.mark.parametrize("most_cents", [-1, 0, 50_001])
def test_a_cap_beyond_the_limits_is_refused(most_cents: int, fan: User, ada: User, mid_october: datetime) -> None:
    """By the operation with the name of what is wrong, and by the database."""
    with pytest.raises(operations.CapOutOfRange, match=f"most_cents: {most_cents} "):
        operations.set_cap(fan=fan, creator=ada, most_cents=most_cents, now=mid_october)
    with pytest.raises(DatabaseError), savepoint():
        CreatorCap.objects.create(
            fan=fan, creator=ada, most_cents=most_cents, period=Period.at(mid_october), changed_at=mid_october
        )


def test_nobody_caps_themselves(ada: User, mid_october: datetime) -> None:
    """Their own clicks don't count anyway."""
    with pytest.raises(operations.OwnCap, match="creator: "):
        operations.set_cap(fan=ada, creator=ada, most_cents=100, now=mid_october)


def test_a_fan_has_a_hundred_caps_at_most(
    fan: User, ada: User, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more is refused until another one is lifted; those that are there can be changed."""
    monkeypatch.setattr(operations, "CAPS_MAX", 2)
    first, second = given.creator(), given.creator()
    for creator in (first, second):
        operations.set_cap(fan=fan, creator=creator, most_cents=100, now=mid_october)
    with pytest.raises(operations.TooManyCaps, match="there are 2 caps already"):
        operations.set_cap(fan=fan, creator=ada, most_cents=100, now=mid_october)
    operations.set_cap(fan=fan, creator=second, most_cents=300, now=mid_october)
    operations.set_cap(fan=fan, creator=first, most_cents=None, now=mid_october)
    operations.set_cap(fan=fan, creator=ada, most_cents=100, now=mid_october)

    assert in_force(fan, Period.at(mid_october)) == {second.pk: 3_000_000, ada.pk: 1_000_000}


def test_a_closed_month_keeps_its_caps(fan: User, ada: User, october: Period, after_october: datetime) -> None:
    """Neither by the operation nor by SQL is one added, changed or deleted: the month can be recomputed."""
    operations.set_cap(fan=fan, creator=ada, most_cents=200, now=october.start)
    given.settled(october, now=after_october)
    with pytest.raises(PeriodClosed, match="period: 2026-10 is closed"):
        operations.set_cap(fan=fan, creator=ada, most_cents=100, now=october.start)
    with pytest.raises(IntegrityError, match="the period 2026-10 is closed"), savepoint():
        CreatorCap.objects.update(most_cents=None)
    with pytest.raises(IntegrityError, match="the period 2026-10 is closed"), savepoint():
        CreatorCap.objects.all().delete()
    with pytest.raises(IntegrityError, match="the period 2026-10 is closed"), savepoint():
        CreatorCap.objects.create(fan=ada, creator=fan, period=october, changed_at=after_october)

    operations.set_cap(fan=fan, creator=ada, most_cents=100, now=after_october)
    assert in_force(fan, october) == {ada.pk: 2_000_000}
    assert in_force(fan, october.next) == {ada.pk: 1_000_000}


@pytest.mark.django_db(transaction=True)
def test_many_caps_at_once_are_one_after_another(mid_october: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit holds for windows that are open beside one another, too."""
    monkeypatch.setattr(operations, "CAPS_MAX", 1)
    fan, creators = given.user(), [given.creator() for _ in range(3)]
    outcomes = given.at_once(
        *(
            functools.partial(operations.set_cap, fan=fan, creator=creator, most_cents=100, now=mid_october)
            for creator in creators
        )
    )

    assert [type(each) for each in outcomes].count(operations.TooManyCaps) == 2
    assert CreatorCap.objects.count() == 1
