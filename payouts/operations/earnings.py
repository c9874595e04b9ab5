"""What a settlement brought each button and each creator: summed, and paid out of clearing."""

from typing import Any

from django.db import connection

from flattr.transactions import required
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Settlement


@required
def common_parameters(*, settlement: Settlement) -> dict[str, Any]:
    """Return what the queries for all of a settlement's transfers need."""
    return {
        "settlement": settlement.pk,
        "period": str(settlement.period),
        "occurred_at": settlement.period.last_moment,
        "clearing": ledger.open_account(kind=chart.Kind.SETTLEMENT_CLEARING).pk,
    }


@required
def store_earnings(*, settlement: Settlement) -> None:
    """Sum the lines for each button, and these sums for each creator.

    Who clicked several buttons of a creator is one fan. The ranges noted how many fans that makes too many,
    as all lines would have to be sorted to count them here.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            -- What the ranges copied is new to the planner, which would look for each line by an index.
            ANALYZE payouts_settlementline;
            SET LOCAL parallel_setup_cost = 0;
            SET LOCAL parallel_tuple_cost = 0;
            SET LOCAL work_mem = '64MB';
            INSERT INTO payouts_buttonearning
                (settlement_id, creator_id, button_id, clicks, fans, gross_micros, fee_micros)
            SELECT settlement_id, creator_id, button_id, sum(clicks), count(*), sum(amount_micros), sum(fee_micros)
            FROM payouts_settlementline WHERE settlement_id = %(settlement)s
            GROUP BY settlement_id, creator_id, button_id ORDER BY creator_id, button_id;
            INSERT INTO payouts_settlementearning
                (settlement_id, creator_id, clicks, fans, gross_micros, fee_micros)
            SELECT settlement_id, creator_id, sum(clicks), sum(fans) - coalesce(min(repeated.lines), 0),
                   sum(gross_micros), sum(fee_micros)
            FROM payouts_buttonearning
            LEFT JOIN (SELECT noted.key::bigint AS creator_id, sum(noted.value::bigint) AS lines
                       FROM payouts_settlementrange CROSS JOIN LATERAL jsonb_each_text(repeats) AS noted
                       WHERE settlement_id = %(settlement)s GROUP BY noted.key) AS repeated USING (creator_id)
            WHERE settlement_id = %(settlement)s GROUP BY settlement_id, creator_id ORDER BY creator_id
            """,
            {"settlement": settlement.pk},
        )


@required
def post_earnings(*, settlement: Settlement) -> None:
    """Move each creator's net and the platform's fee out of clearing."""
    ledger.open_accounts_from(
        kind=chart.Kind.CREATOR_BALANCE,
        source="SELECT creator_id AS owner_id FROM payouts_settlementearning WHERE settlement_id = %(settlement)s",
        parameters={"settlement": settlement.pk},
    )
    ledger.post_from(
        source="""
            SELECT %(clearing)s AS debit_account_id, part.account_id AS credit_account_id,
                   part.micros AS amount_micros, part.kind,
                   format('settlement:%%s:creator:%%s:%%s', %(period)s, earning.creator_id, part.kind)
                   AS idempotency_key,
                   %(occurred_at)s AS occurred_at
            FROM payouts_settlementearning AS earning
            JOIN ledger_ledgeraccount AS account
                 ON account.kind = %(creator_balance)s AND account.owner_id = earning.creator_id
            CROSS JOIN LATERAL (VALUES
                (account.id, earning.gross_micros - earning.fee_micros, %(earning)s),
                (%(income)s, earning.fee_micros, %(platform_fee)s)) AS part (account_id, micros, kind)
            WHERE earning.settlement_id = %(settlement)s AND part.micros > 0
            """,
        parameters={
            **common_parameters(settlement=settlement),
            "creator_balance": chart.Kind.CREATOR_BALANCE.value,
            "income": ledger.open_account(kind=chart.Kind.PLATFORM_FEE).pk,
            "earning": chart.TransferKind.EARNING.value,
            "platform_fee": chart.TransferKind.PLATFORM_FEE.value,
        },
    )
