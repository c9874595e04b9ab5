"""Transactions by intent: a whole use case, a part of one, and what follows it."""

import pytest
from django.db import transaction

from accounts.models import User
from flattr.transactions import TransactionRequired, durable, durable_block, required, savepoint
from tests import given

pytestmark = pytest.mark.django_db(transaction=True)


class GoneWrong(Exception):
    """Stands for whatever stops a use case."""


@required
def part(name: str) -> User:
    """Make a user inside the caller's transaction."""
    return given.user(name)


def _part_that_fails(name: str) -> None:
    part(name)
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


def test_the_wrapped_functions_keep_their_names() -> None:
    """Logs and tracebacks show what was called."""
    assert (part.__name__, whole.__name__) == ("part", "whole")
    assert whole.__doc__ == "Make a user as a whole use case."
