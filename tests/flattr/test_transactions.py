"""Transactions by intent: a whole use case, a part of one, and what follows it."""

import functools
import logging
from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.models import User
from flattr.transactions import TransactionRequired, durable, durable_block, on_commit, required, savepoint
from tests import given

pytestmark = pytest.mark.django_db(transaction=True)


class GoneWrong(Exception):
    """Stands for whatever stops a use case."""


@required
def part(name: str) -> User:
    """Make a user inside the caller's transaction."""
    return given.user(name)


def _part_that_fails(name: str, follower: Callable[[], None] = lambda: None) -> None:
    part(name)
    on_commit(follower)
    raise GoneWrong


@durable
def whole(*, fails: bool) -> User:
    """Make a user as a whole use case."""
    made = part("inside")
    if fails:
        raise GoneWrong
    return made


def test_a_whole_use_case_is_committed_on_return() -> None:
    """Its return value stands for something that lasts."""
    made = whole(fails=False)

    assert not transaction.get_connection().in_atomic_block
    assert User.objects.get() == made


def test_a_whole_use_case_that_fails_leaves_nothing() -> None:
    """All or nothing."""
    with pytest.raises(GoneWrong):
        whole(fails=True)
    assert not User.objects.exists()


def test_a_whole_use_case_is_never_a_part_of_another() -> None:
    """Inside another transaction its return would promise nothing, so it refuses."""

    @durable
    def nested() -> None:
        whole(fails=False)

    with pytest.raises(RuntimeError, match="durable"):
        nested()
    with pytest.raises(RuntimeError, match="durable"), durable_block():
        nested()
    assert not User.objects.exists()


def test_a_part_is_never_run_by_itself() -> None:
    """Outside a transaction it refuses by name before doing anything."""
    with pytest.raises(TransactionRequired, match="part is a part of a use case"):
        part("outside")
    assert not User.objects.exists()


def test_a_savepoint_is_undone_alone() -> None:
    """What is tried may fail while the rest goes on."""
    with durable_block():
        part("kept")
        with pytest.raises(GoneWrong), savepoint():
            _part_that_fails("undone")

    assert [user.name for user in User.objects.all()] == ["kept"]


def test_what_follows_a_commit_waits_for_it() -> None:
    """A bell is rung when there is something to find, and not at all where nothing came of it."""
    heard: list[str] = []
    with durable_block():
        on_commit(lambda: heard.append("committed"))
        assert heard == []
    with pytest.raises(GoneWrong), durable_block():
        _part_that_fails("rolled back", follower=lambda: heard.append("rolled back"))

    assert heard == ["committed"]


def test_what_follows_a_commit_never_undoes_it(caplog: pytest.LogCaptureFixture) -> None:
    """A failing follower is logged; the work stays, the caller goes on, and so do the other followers."""
    heard: list[str] = []

    def fail() -> None:
        msg = "no bell"
        raise OSError(msg)

    with caplog.at_level(logging.ERROR), durable_block():
        part("kept")
        on_commit(functools.partial(fail))
        on_commit(lambda: heard.append("next"))

    assert heard == ["next"]
    assert User.objects.count() == 1
    assert "no bell" in caplog.text


def test_the_wrapped_functions_keep_their_names() -> None:
    """Logs and tracebacks show what was called."""
    assert (part.__name__, whole.__name__) == ("part", "whole")
    assert whole.__doc__ == "Make a user as a whole use case."
