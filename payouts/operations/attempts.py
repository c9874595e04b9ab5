"""Counting how often the provider failed at something, so that each try has a number of its own."""

import contextlib
from collections.abc import Iterator

from django.db.models import F

from payouts.gateway import ProviderFailed
from payouts.models import Deposit, Payout, Refund


@contextlib.contextmanager
def counting_failures(movement: Deposit | Refund | Payout) -> Iterator[None]:
    """Count a failure that the provider answers with, which it would repeat to the same attempt, and raise it on."""
    try:
        yield
    except ProviderFailed:
        type(movement).objects.filter(pk=movement.pk).update(attempt=F("attempt") + 1)
        raise
