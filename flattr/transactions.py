"""Transactions by intent: the only module that opens database transactions.

The idea is django-subatomic's: `atomic` mixes three intents, so each has a name of its own here.

- `durable`: this is a whole use case; when it returns, its work is committed.
- `required`: this is a part of one; it refuses to run outside a transaction.
- `savepoint`: this may be rolled back while the rest goes on.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, transaction

P = ParamSpec("P")
R = TypeVar("R")


class TransactionRequired(RuntimeError):
    """A part of a use case was called outside any transaction."""


def durable(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function as a whole use case in a transaction of its own, committed on return.

    :raises RuntimeError: if a transaction is open already, since then a return would promise nothing.
    """

    @wraps(function)
    def in_transaction(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True):
            return function(*args, **kwargs)

    return in_transaction


def required(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function only inside its caller's transaction.

    :raises TransactionRequired: if there is none.
    """

    @wraps(function)
    def in_callers_transaction(*args: P.args, **kwargs: P.kwargs) -> R:
        if not transaction.get_connection(DEFAULT_DB_ALIAS).in_atomic_block:
            msg = f"{function.__qualname__} is a part of a use case: call it inside a durable one."
            raise TransactionRequired(msg)
        return function(*args, **kwargs)

    return in_callers_transaction


def durable_block() -> AbstractContextManager[None]:
    """Open a durable transaction for a part of a function that also works outside it."""
    return transaction.atomic(durable=True)


def single_statement() -> AbstractContextManager[None]:
    """Let one statement be a whole use case: it commits by itself, without the ways of a transaction's begin and end.

    :raises RuntimeError: if a transaction is open already, as for `durable`.
    """
    return durable_block() if transaction.get_connection(DEFAULT_DB_ALIAS).in_atomic_block else nullcontext()


def savepoint() -> AbstractContextManager[None]:
    """Open a savepoint, for work that may be undone while the rest of the transaction goes on."""
    return transaction.atomic(durable=False)
