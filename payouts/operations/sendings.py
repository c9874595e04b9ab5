"""What refunds and payouts have in common on their way out, and deposits on their way in."""

import contextlib
from collections.abc import Iterator
from datetime import datetime

from django.db.models import F

from flattr import money
from flattr.transactions import required
from payouts.gateway import ProviderFailed
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Deposit, Payout, Refund


@contextlib.contextmanager
def counting_failures(movement: Deposit | Refund | Payout) -> Iterator[None]:
    """Count a failure that the provider answers with, which it would repeat to the same attempt, and raise it on."""
    try:
        yield
    except ProviderFailed:
        type(movement).objects.filter(pk=movement.pk).update(attempt=F("attempt") + 1)
        raise


@required
def post(
    *, sending: Refund | Payout, debit: int, credit: int, kind: chart.TransferKind, key: str, moment: datetime
) -> None:
    """Move the amount of a refund or a payout between two ledger accounts.

    It ends once: `ended` is one key for arriving and for never having left.
    """
    ledger.post(
        postings=[
            ledger.Posting(
                debit_account_id=debit,
                credit_account_id=credit,
                amount_micros=money.cents_to_micros(sending.amount_cents),
                kind=kind,
                idempotency_key=f"{type(sending).__name__.lower()}:{sending.pk}:{key}",
                occurred_at=moment,
            )
        ]
    )
