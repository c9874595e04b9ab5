"""No month gives co-authors of a button all that it earns, also where rows are written without our operations."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import IntegrityError

from accounts.models import User
from buttons.models import Button
from flattr.period import Period
from flattr.transactions import durable, durable_block, savepoint
from payouts.models import CoAuthor
from tests import given
from tests.payouts.sharing import SEPTEMBER


def written(button: Button, person: User, percent: int, *months: Period) -> CoAuthor:
    """Write that a person shares in a button from the first of the months on, until before the second one."""
    since, until = (*months, None)[:2]
    return CoAuthor.objects.create(
        button=button,
        owner=button.creator,
        person=person,
        percent=percent,
        invited_at=SEPTEMBER,
        state="ended" if until else "accepted",
        since=since,
        until=until,
    )


@pytest.mark.django_db
def test_a_month_with_all_of_it_is_refused(ada: User, bob: User, october: Period) -> None:
    """One percent stays, in whatever order the rows come; what ended before, or is about another button, is free."""
    button, other, cleo = given.button(ada), given.button(ada), given.creator("Cleo")
    november, december = october.next, october.next.next
    written(button, bob, 60, october, december)
    for begins in (october.previous, october, november):
        with pytest.raises(IntegrityError, match="more than 99 percent"), savepoint():
            written(button, cleo, 40, begins)
    written(button, cleo, 40, december)
    written(button, given.creator("Dora"), 39, october, december)
    written(other, cleo, 99, october)
    with pytest.raises(IntegrityError, match="more than 99 percent"), savepoint():
        CoAuthor.objects.filter(person=bob).update(until=december.next)

    assert sorted(CoAuthor.objects.values_list("percent", flat=True)) == [39, 40, 60, 99]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_at_once_one_is_refused(ada: User, bob: User, october: Period) -> None:
    """Neither sees the other's row before it is there, so the second one waits for the first."""
    button, cleo = given.button(ada), given.creator("Cleo")
    written_at_once = given.at_once(
        lambda: written(button, bob, 60, october), lambda: written(button, cleo, 60, october)
    )

    assert sorted(type(each).__name__ for each in written_at_once) == ["CoAuthor", "IntegrityError"]
    assert CoAuthor.objects.get().percent == 60


@pytest.mark.django_db(transaction=True)
def test_who_ends_waits_for_nobody(ada: User, bob: User, october: Period) -> None:
    """It takes nothing more, and closing an account ends shares in many buttons, in no order."""
    button = given.button(ada)
    written(button, bob, 60, october)
    with ThreadPoolExecutor() as pool, durable_block():
        Button.objects.select_for_update(no_key=True).get(pk=button.pk)
        end = partial(CoAuthor.objects.filter(person=bob).update, state="ended", until=october.next)
        ended = pool.submit(given.outcome, durable(end))

        assert ended.result(timeout=20) == 1
