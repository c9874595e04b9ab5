"""Where the provider's book and ours differ."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from flattr import money
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import ReconciliationItem

SETTLES: Final = timedelta(minutes=10)
"""How long one book may lag behind the other."""

OWN: Final = {
    "stripe_fee": chart.TransferKind.PROCESSOR_CHARGE,
    "payout": chart.TransferKind.PLATFORM_WITHDRAWN,
    "payout_cancel": chart.TransferKind.PLATFORM_PAID_IN,
    "payout_failure": chart.TransferKind.PLATFORM_PAID_IN,
    "topup": chart.TransferKind.PLATFORM_PAID_IN,
    "topup_reversal": chart.TransferKind.PLATFORM_WITHDRAWN,
}
"""What the provider's line alone documents, by its kind, and what it is in our book: the platform's own affairs."""

_BOOKED: Final = """
    SELECT reference AS subject, amount_cents::bigint AS amount, processor_fee_cents::bigint AS fee, ended_at
    FROM payouts_deposit WHERE state = 'succeeded'
    UNION ALL
    SELECT reference, CASE state WHEN 'sent' THEN -amount_cents::bigint ELSE 0 END, 0, ended_at
    FROM payouts_refund WHERE state IN ('sent', 'bounced')
    UNION ALL
    SELECT reference, CASE state WHEN 'sent' THEN -amount_cents::bigint ELSE 0 END, 0, ended_at
    FROM payouts_payout WHERE state IN ('sent', 'returned')
    UNION ALL
    SELECT id, CASE state WHEN 'won' THEN 0 ELSE -amount_cents::bigint END,
           CASE WHEN is_fee_returned THEN 0 ELSE fee_cents::bigint END, coalesce(ended_at, opened_at)
    FROM payouts_dispute WHERE is_taken
    """
"""What each movement of ours came to at the provider, as we booked it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that one book has and the other hasn't, in cents."""

    kind: ReconciliationItem.Kind
    subject: str
    detail: str
    cents: int


def differences(*, now: datetime) -> list[Difference]:
    """Compare what the provider moved for each payment, refund, transfer and dispute with what we booked for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT subject, booked.amount, booked.fee, moved.amount, moved.fee,
                   greatest(booked.ended_at, moved.occurred_at) > %(settled)s
            FROM (SELECT * FROM ({_BOOKED}) AS movement WHERE subject <> '') AS booked
            FULL JOIN (SELECT subject, sum(amount_cents)::bigint AS amount, sum(fee_cents)::bigint AS fee,
                              max(occurred_at) AS occurred_at
                       FROM payouts_processormovement WHERE kind <> ALL (%(own)s) GROUP BY subject) AS moved
                 USING (subject)
            WHERE (booked.amount, booked.fee) IS DISTINCT FROM (moved.amount, moved.fee)
            ORDER BY subject
            """,  # noqa: S608  All of it is written here.
            {"own": list(OWN), "settled": now - SETTLES},
        )
        rows = cursor.fetchall()
    return [_difference(*row[:5]) for row in rows if not row[5]]


def balance_difference(*, balance_cents: int) -> Difference | None:
    """Compare all that the provider has of ours with what our book says that it has."""
    booked = ledger.balance_micros(kind=chart.Kind.PROCESSOR_CASH)
    there = money.cents_to_micros(balance_cents)
    if booked == there:
        return None
    return Difference(
        kind=ReconciliationItem.Kind.BALANCE,
        subject=chart.Kind.PROCESSOR_CASH.value,
        detail=f"The provider has {balance_cents} cents, our book says {booked} micros.",
        cents=money.micros_to_cents(there - booked),
    )


def _difference(
    subject: str, booked: int | None, booked_fee: int | None, moved: int | None, moved_fee: int | None
) -> Difference:
    if moved is None:
        kind = ReconciliationItem.Kind.MISSING
    else:
        kind = ReconciliationItem.Kind.UNKNOWN if booked is None else ReconciliationItem.Kind.DIFFERS
    return Difference(
        kind=kind,
        subject=subject,
        detail=f"The provider moved {moved or 0} cents with a fee of {moved_fee or 0},"
        f" we booked {booked or 0} with {booked_fee or 0}.",
        cents=(moved or 0) - (moved_fee or 0) - (booked or 0) + (booked_fee or 0),
    )
