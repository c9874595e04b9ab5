"""The part of the proof that is about what moves beside the cake: co-authors' shares, and gifts."""

from typing import Final

from payouts.ledger import integrity
from payouts.queries.posted import posted_as_documented

RULES: Final = {
    "each co-author's share is posted, and no other": posted_as_documented(
        """
        SELECT format('settlement:%s:co_author:%s', to_char(settlement.period, 'YYYY-MM'), agreed.id) AS key,
               'co_author_share' AS kind, agreed.owner_id, share.amount_micros AS micros
        FROM payouts_coauthorshare AS share
        JOIN payouts_coauthor AS agreed ON agreed.id = share.co_author_id
        JOIN payouts_settlement AS settlement ON settlement.id = share.settlement_id
        """,
        "co_author_share",
    ),
    "each co-author's share goes to them": f"""
        SELECT format('transfer %s goes to user %s, the share is of user %s', transfer.id, account.owner_id,
                      coalesce(agreed.person_id::text, 'nobody'))
        FROM ledger_transfer AS transfer
        JOIN ledger_ledgeraccount AS account ON account.id = transfer.credit_account_id
        LEFT JOIN payouts_coauthor AS agreed ON agreed.id::text = split_part(transfer.idempotency_key, ':', 4)
        WHERE transfer.kind = 'co_author_share' AND transfer.id <> ALL ({integrity.TAKEN_BACK})
              AND account.owner_id IS DISTINCT FROM agreed.person_id
        """,  # noqa: S608  It is ours.
    "each co-author's share is their percentage of what others gave the button, within a micro": """
        SELECT format('settlement %s, button %s: co-author %s with %s percent got %s micros of %s',
                      settlement.period, agreed.button_id, agreed.person_id, agreed.percent,
                      coalesce(share.amount_micros, 0), earning.gross_micros - earning.fee_micros - own.micros)
        FROM payouts_coauthor AS agreed
        JOIN payouts_buttonearning AS earning ON earning.button_id = agreed.button_id
        JOIN payouts_settlement AS settlement ON settlement.id = earning.settlement_id
        LEFT JOIN payouts_coauthorshare AS share
             ON share.settlement_id = settlement.id AND share.co_author_id = agreed.id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(line.amount_micros - line.fee_micros), 0) AS micros
            FROM payouts_settlementline AS line
            WHERE line.settlement_id = settlement.id AND line.button_id = agreed.button_id AND line.fan_id IN (
                  SELECT fan.person_id FROM payouts_coauthor AS fan
                  WHERE fan.button_id = agreed.button_id AND fan.since <= settlement.period
                        AND (fan.until IS NULL OR fan.until > settlement.period))) AS own
        WHERE settlement.finished_at IS NOT NULL
              AND abs(coalesce(share.amount_micros, 0) * 100
                      - (earning.gross_micros - earning.fee_micros - own.micros) * CASE
                        WHEN agreed.since <= settlement.period
                             AND (agreed.until IS NULL OR agreed.until > settlement.period)
                        THEN agreed.percent ELSE 0 END) >= 100
        """,
    "co-authors get no more of a button than it earned": """
        SELECT format('settlement %s, button %s: co-authors got %s micros of %s', share.settlement_id,
                      agreed.button_id, sum(share.amount_micros),
                      coalesce(min(earning.gross_micros - earning.fee_micros), 0))
        FROM payouts_coauthorshare AS share
        JOIN payouts_coauthor AS agreed ON agreed.id = share.co_author_id
        LEFT JOIN payouts_buttonearning AS earning
             ON earning.settlement_id = share.settlement_id AND earning.button_id = agreed.button_id
                AND earning.creator_id = agreed.owner_id
        GROUP BY share.settlement_id, agreed.button_id
        HAVING sum(share.amount_micros) > coalesce(min(earning.gross_micros - earning.fee_micros), 0)
        """,
    "every gift is posted with its fee, and no other": posted_as_documented(
        """
        SELECT format('gift:%s:%s', gift.id, part.kind) AS key, part.kind, gift.fan_id AS owner_id, part.micros
        FROM payouts_gift AS gift
        CROSS JOIN LATERAL (VALUES ('gift', gift.amount_cents::bigint * 10000 - gift.fee_micros),
                                   ('gift_fee', gift.fee_micros)) AS part (kind, micros)
        WHERE part.micros > 0
        """,
        "gift",
        "gift_fee",
    ),
    "every gift came to its creator": """
        SELECT format('gift %s is for user %s, and came to user %s', gift.id, gift.creator_id, account.owner_id)
        FROM payouts_gift AS gift
        JOIN ledger_transfer AS transfer ON transfer.idempotency_key = format('gift:%s:gift', gift.id)
        JOIN ledger_ledgeraccount AS account ON account.id = transfer.credit_account_id
        WHERE account.owner_id IS DISTINCT FROM gift.creator_id
        """,
}
"""Every rule with the query for what breaks it."""
