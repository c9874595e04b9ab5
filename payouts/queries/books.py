"""The whole proof: the ledger agrees with itself, and with what the settlements, deposits and payouts say."""

from typing import Final

from payouts.ledger import integrity
from payouts.ledger.integrity import Finding

RULES: Final = {
    **integrity.RULES,
    "clearing is zero outside a settlement": """
        SELECT format('clearing holds %s micros, unfinished settlements account for %s', account.micros, open.micros)
        FROM (SELECT coalesce(sum(credits_micros - debits_micros), 0) AS micros
              FROM ledger_ledgeraccount WHERE kind = 'settlement_clearing') AS account
        CROSS JOIN (SELECT coalesce(sum(spend.spend_micros), 0) AS micros
              FROM payouts_settlementspend AS spend
              JOIN payouts_settlement AS settlement ON settlement.id = spend.settlement_id
              JOIN payouts_settlementrange AS part ON part.settlement_id = settlement.id
                   AND spend.fan_id BETWEEN part.first_fan_id AND part.last_fan_id
              WHERE settlement.finished_at IS NULL AND part.done_at IS NOT NULL) AS open
        WHERE account.micros <> open.micros
        """,
    "each fan's lines equal the fan's spend": """
        SELECT format('settlement %s, fan %s: lines sum to %s, spend is %s',
                      spend.settlement_id, spend.fan_id, coalesce(line.micros, 0), spend.spend_micros)
        FROM payouts_settlementspend AS spend
        JOIN payouts_settlement AS settlement
             ON settlement.id = spend.settlement_id AND settlement.finished_at IS NOT NULL
        FULL JOIN (SELECT settlement_id, fan_id, sum(amount_micros) AS micros
                   FROM payouts_settlementline
                   WHERE settlement_id IN (SELECT id FROM payouts_settlement WHERE finished_at IS NOT NULL)
                   GROUP BY 1, 2) AS line
             ON line.settlement_id = spend.settlement_id AND line.fan_id = spend.fan_id
        WHERE line.micros IS DISTINCT FROM spend.spend_micros
              AND (spend.id IS NULL OR settlement.id IS NOT NULL)
        """,
    "each fan's spend equals the fan's transfer": """
        SELECT format('settlement %s, fan %s: spend is %s, transfer is %s',
                      settlement.period, spend.fan_id, spend.spend_micros, coalesce(transfer.amount_micros, 0))
        FROM payouts_settlementspend AS spend
        JOIN payouts_settlement AS settlement
             ON settlement.id = spend.settlement_id AND settlement.finished_at IS NOT NULL
        LEFT JOIN ledger_transfer AS transfer
             ON transfer.idempotency_key
                = format('settlement:%s:fan:%s', to_char(settlement.period, 'YYYY-MM'), spend.fan_id)
        WHERE transfer.amount_micros IS DISTINCT FROM spend.spend_micros
        """,
    "each settlement's shares equal its lines, fees and earnings": """
        SELECT format('settlement %s: spends %s, earnings %s', settlement.period, spend.micros, earning.micros)
        FROM payouts_settlement AS settlement
        CROSS JOIN LATERAL (SELECT coalesce(sum(spend_micros), 0) AS micros FROM payouts_settlementspend
                            WHERE settlement_id = settlement.id) AS spend
        CROSS JOIN LATERAL (SELECT coalesce(sum(gross_micros), 0) AS micros FROM payouts_settlementearning
                            WHERE settlement_id = settlement.id) AS earning
        WHERE settlement.finished_at IS NOT NULL AND spend.micros <> earning.micros
        """,
    "each creator's lines equal the creator's earnings": """
        SELECT format('settlement %s, creator %s: lines %s less %s, earnings %s less %s',
                      earning.settlement_id, earning.creator_id, line.gross, line.fee,
                      earning.gross_micros, earning.fee_micros)
        FROM payouts_settlementearning AS earning
        LEFT JOIN (SELECT settlement_id, creator_id, sum(amount_micros) AS gross, sum(fee_micros) AS fee
                   FROM payouts_settlementline GROUP BY 1, 2) AS line
             ON line.settlement_id = earning.settlement_id AND line.creator_id = earning.creator_id
        WHERE (line.gross, line.fee) IS DISTINCT FROM (earning.gross_micros::numeric, earning.fee_micros::numeric)
        """,
    "each creator's earnings equal the creator's transfers": """
        SELECT format('settlement %s, creator %s: earned %s less %s, transfers are %s and %s',
                      settlement.period, earning.creator_id, earning.gross_micros, earning.fee_micros,
                      coalesce(net.amount_micros, 0), coalesce(fee.amount_micros, 0))
        FROM payouts_settlementearning AS earning
        JOIN payouts_settlement AS settlement ON settlement.id = earning.settlement_id
        LEFT JOIN ledger_transfer AS net ON net.idempotency_key = format(
             'settlement:%s:creator:%s:earning', to_char(settlement.period, 'YYYY-MM'), earning.creator_id)
        LEFT JOIN ledger_transfer AS fee ON fee.idempotency_key = format(
             'settlement:%s:creator:%s:platform_fee', to_char(settlement.period, 'YYYY-MM'), earning.creator_id)
        WHERE (coalesce(net.amount_micros, 0), coalesce(fee.amount_micros, 0))
              <> (earning.gross_micros - earning.fee_micros, earning.fee_micros)
        """,
    "every fan paid at most their budget": """
        SELECT format('settlement %s, fan %s paid %s of a budget of %s',
                      settlement_id, fan_id, spend_micros, budget_micros)
        FROM payouts_settlementspend WHERE spend_micros > budget_micros
        """,
    "every deposit that succeeded is booked, and no other": """
        SELECT format('deposit %s is %s, booked are %s micros', deposit.id, deposit.state,
                      coalesce(transfer.amount_micros, 0))
        FROM payouts_deposit AS deposit
        LEFT JOIN ledger_transfer AS transfer ON transfer.idempotency_key = format('deposit:%s:gross', deposit.id)
        WHERE coalesce(transfer.amount_micros, 0)
              <> CASE WHEN deposit.state = 'succeeded' THEN deposit.amount_cents::bigint * 10000 ELSE 0 END
        """,
    "every processor fee is booked as the deposit says": """
        SELECT format('deposit %s: fee is %s cents, booked are %s micros', deposit.id,
                      coalesce(deposit.processor_fee_cents, 0), coalesce(transfer.amount_micros, 0))
        FROM payouts_deposit AS deposit
        LEFT JOIN ledger_transfer AS transfer ON transfer.idempotency_key = format('deposit:%s:fee', deposit.id)
        WHERE coalesce(transfer.amount_micros, 0) <> coalesce(deposit.processor_fee_cents, 0)::bigint * 10000
        """,
    "money in transit equals the open payouts and refunds": """
        SELECT format('in transit are %s micros, open payouts and refunds need %s', account.micros, open.micros)
        FROM (SELECT coalesce(sum(credits_micros - debits_micros), 0) AS micros
              FROM ledger_ledgeraccount WHERE kind = 'payouts_in_transit') AS account
        CROSS JOIN (SELECT coalesce(sum(amount_cents), 0) * 10000 AS micros FROM (
              SELECT amount_cents FROM payouts_payout WHERE state IN ('requested', 'approved', 'sending')
              UNION ALL SELECT amount_cents FROM payouts_refund WHERE state = 'requested') AS unfinished) AS open
        WHERE account.micros <> open.micros
        """,
}
"""Every rule with the query for what breaks it."""


def check_books() -> list[Finding]:
    """Return what breaks the books' rules, as clear lines; nothing means that all holds."""
    return integrity.check(RULES)
