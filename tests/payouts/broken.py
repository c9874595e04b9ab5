"""How each rule of the books is broken, in SQL."""

from typing import Final

ROWS: Final = {
    "line": "id = (SELECT min(id) FROM payouts_settlementline)",
    "spend": "id = (SELECT min(id) FROM payouts_settlementspend)",
    "open line": "id = (SELECT max(id) FROM payouts_settlementline)",
    "open spend": "id = (SELECT max(id) FROM payouts_settlementspend)",
    "capped line": "id = (SELECT min(line.id) FROM payouts_settlementline AS line"
    " JOIN payouts_creatorcap AS cap USING (fan_id, creator_id))",
    "share": "id = (SELECT min(id) FROM ledger_transfer WHERE kind = 'share')",
    "earning": "id = (SELECT min(id) FROM ledger_transfer WHERE kind = 'earning')",
    "fee": "id = (SELECT min(id) FROM ledger_transfer WHERE kind = 'platform_fee')",
    "succeeded": "id = (SELECT id FROM payouts_deposit WHERE state = 'succeeded' LIMIT 1)",
    "pending": "id = (SELECT id FROM payouts_deposit WHERE state = 'pending' LIMIT 1)",
}
"""One row each, which belong to the settlement that is finished unless they say otherwise."""

PART_OF_CAPPERS: Final = (
    "each line of a fan with caps is its clicks' part of what the caps leave, almost to the micro"
)

KEPT_BY_CAPS: Final = "what caps left of a spend stayed only where everybody clicked is at their cap"

DECIDED: Final = "UPDATE payouts_payout SET reviewed_by_id = (SELECT min(fan_id) FROM payouts_deposit), state ="

BREAKING: Final = [
    (
        "counters equal the sums of transfers",
        "UPDATE ledger_ledgeraccount SET credits_micros = credits_micros + 1 WHERE kind = 'platform_fee'",
    ),
    ("counters equal the sums of transfers", "UPDATE ledger_transfer SET amount_micros = 1 WHERE {share}"),
    ("counters equal the sums of transfers", "DELETE FROM ledger_transfer WHERE {share}"),
    (
        "all debits equal all credits",
        "UPDATE ledger_ledgeraccount SET debits_micros = debits_micros + 1 WHERE kind = 'processor_cash'",
    ),
    (
        "no balance is below zero where its kind forbids it",
        """ALTER TABLE ledger_ledgeraccount DROP CONSTRAINT ledger_account_never_overdrawn;
           UPDATE ledger_ledgeraccount SET debits_micros = credits_micros + 1 WHERE kind = 'fan_balance'""",
    ),
    (
        "clearing is zero outside a settlement",
        "UPDATE ledger_ledgeraccount SET credits_micros = credits_micros + 1 WHERE kind = 'settlement_clearing'",
    ),
    (
        "each fan's lines equal the fan's spend",
        "UPDATE payouts_settlementline SET amount_micros = amount_micros + 1 WHERE {line}",
    ),
    ("each fan's lines equal the fan's spend", "DELETE FROM payouts_settlementline WHERE {line}"),
    ("each fan's lines equal the fan's spend", "DELETE FROM payouts_settlementspend WHERE {spend}"),
    ("each fan's lines equal the fan's spend", "UPDATE payouts_settlementline SET clicks = clicks + 1 WHERE {line}"),
    (
        "each line pays its button's creator, less the settlement's fee",
        "UPDATE payouts_settlementline SET fee_micros = fee_micros - 1 WHERE {line}",
    ),
    (
        "each line pays its button's creator, less the settlement's fee",
        "UPDATE payouts_settlementline SET creator_id = fan_id WHERE {line}",
    ),
    (
        "each line pays its button's creator, less the settlement's fee",
        "UPDATE payouts_settlementline SET button_id = 0, creator_id = fan_id WHERE {open line}",
    ),
    (
        "each line pays its button's creator, less the settlement's fee",
        "UPDATE payouts_settlementline SET settlement_id = 0 WHERE {open line}",
    ),
    (
        "each line is its clicks' part of the fan's spend, within a micro",
        "UPDATE payouts_settlementline SET settlement_id = 0 WHERE {open line}",
    ),
    (
        "each line is its clicks' part of the fan's spend, within a micro",
        "UPDATE payouts_settlementline SET amount_micros = amount_micros - 1 WHERE {line}",
    ),
    (
        "each line is its clicks' part of the fan's spend, within a micro",
        "UPDATE payouts_settlementline SET amount_micros = 9223372036854775807 WHERE {line}",
    ),
    (
        "each line is its clicks' part of the fan's spend, within a micro",
        "UPDATE payouts_settlementline SET amount_micros = amount_micros - 1 WHERE {open line}",
    ),
    (
        "each line is its clicks' part of the fan's spend, within a micro",
        """ALTER TABLE payouts_settlementspend DROP CONSTRAINT settlement_spend_within_budget;
           UPDATE payouts_settlementspend SET spend_micros = 9223372036854775807 WHERE {spend}""",
    ),
    (
        "each line is its clicks' part of the fan's spend, within a micro",
        "DELETE FROM payouts_settlementspend WHERE {spend}",
    ),
    (
        "no creator got more of a fan than the cap",
        "UPDATE payouts_settlementline SET amount_micros = amount_micros + 1 WHERE {capped line}",
    ),
    ("no creator got more of a fan than the cap", "UPDATE payouts_creatorcap SET most_cents = most_cents - 1"),
    (PART_OF_CAPPERS, "UPDATE payouts_settlementline SET amount_micros = amount_micros + 4 WHERE {capped line}"),
    (PART_OF_CAPPERS, "UPDATE payouts_settlementline SET amount_micros = 9223372036854775807 WHERE {capped line}"),
    # The cap was reached by too much, by too little, or isn't there.
    (PART_OF_CAPPERS, "UPDATE payouts_creatorcap SET most_cents = most_cents + 1"),
    (PART_OF_CAPPERS, "UPDATE payouts_creatorcap SET most_cents = NULL"),
    (
        PART_OF_CAPPERS,
        """UPDATE payouts_settlementline AS line SET amount_micros = amount_micros / 10 FROM payouts_creatorcap AS cap
           WHERE cap.fan_id = line.fan_id AND cap.creator_id <> line.creator_id""",
    ),
    # Of a fan without caps, and of one with a cap who clicked somebody else, too.
    (
        KEPT_BY_CAPS,
        "UPDATE payouts_settlementspend SET budget_micros = budget_micros + 1, kept_micros = 1 WHERE {spend}",
    ),
    (
        KEPT_BY_CAPS,
        """UPDATE payouts_settlementspend SET budget_micros = budget_micros + 1, kept_micros = 1
           WHERE fan_id IN (SELECT fan_id FROM payouts_creatorcap)""",
    ),
    (
        "each spend of an open settlement counts the clicks that stand",
        "UPDATE payouts_settlementspend SET clicks = clicks + 1 WHERE {open spend}",
    ),
    ("each spend of an open settlement counts the clicks that stand", "DELETE FROM buttons_click"),
    (
        "each button's lines equal the button's earnings",
        "UPDATE payouts_settlementline SET fee_micros = fee_micros - 1 WHERE {line}",
    ),
    (
        "each button's lines equal the button's earnings",
        "DELETE FROM payouts_settlementline",
    ),
    (
        "each button's lines equal the button's earnings",
        "DELETE FROM payouts_buttonearning WHERE id = (SELECT max(id) FROM payouts_buttonearning)",
    ),
    (
        "each button's lines equal the button's earnings",
        "UPDATE payouts_buttonearning SET clicks = clicks + 1",
    ),
    (
        "each button's lines equal the button's earnings",
        "UPDATE payouts_buttonearning SET fans = fans + 1",
    ),
    (
        "each button's lines equal the button's earnings",
        "UPDATE payouts_buttonearning SET creator_id = (SELECT min(fan_id) FROM payouts_deposit)",
    ),
    (
        "each creator's earnings are the sum of their buttons' earnings",
        "DELETE FROM payouts_settlementearning WHERE id = (SELECT max(id) FROM payouts_settlementearning)",
    ),
    (
        "each creator's earnings are the sum of their buttons' earnings",
        "UPDATE payouts_settlementearning SET clicks = clicks + 1",
    ),
    (
        "each creator's earnings are the sum of their buttons' earnings",
        "UPDATE payouts_settlementearning SET fans = fans + 1",
    ),
    (
        "each creator's earnings are the sum of their buttons' earnings",
        "DELETE FROM payouts_buttonearning",
    ),
    (
        "every fan paid at most the budget that they promised",
        """ALTER TABLE payouts_settlementspend DROP CONSTRAINT settlement_spend_within_budget;
           UPDATE payouts_settlementspend SET budget_micros = spend_micros - 1 WHERE {spend}""",
    ),
    (
        "every fan paid at most the budget that they promised",
        "UPDATE payouts_settlementspend SET budget_micros = budget_micros + 1 WHERE {spend}",
    ),
    ("every fan paid at most the budget that they promised", "DELETE FROM accounts_subscription"),
    (
        "every fan paid at most the budget that they promised",
        "UPDATE payouts_settlementspend SET settlement_id = 0 WHERE {open spend}",
    ),
    (
        "every fan paid at most the budget that they promised",
        "UPDATE accounts_subscription SET state = 'paused'",
    ),
    (
        "each fan's spend is posted, and no other share",
        "UPDATE payouts_settlementspend SET spend_micros = spend_micros - 1 WHERE {spend}",
    ),
    ("each fan's spend is posted, and no other share", "DELETE FROM ledger_transfer WHERE {share}"),
    (
        "each fan's spend is posted, and no other share",
        "UPDATE payouts_settlementrange SET done_at = NULL, repeats = NULL",
    ),
    (
        "each fan's spend is posted, and no other share",
        "UPDATE ledger_transfer SET idempotency_key = 'settlement:2026-10:fan:0' WHERE {share}",
    ),
    (
        "each fan's spend is posted, and no other share",
        """UPDATE ledger_transfer SET debit_account_id = (SELECT id FROM ledger_ledgeraccount
           WHERE kind = 'fan_balance' AND id <> ledger_transfer.debit_account_id LIMIT 1) WHERE {share}""",
    ),
    (
        "each creator's earnings are posted with their fee, and no others",
        "UPDATE payouts_settlementearning SET fee_micros = fee_micros + 1",
    ),
    (
        "each creator's earnings are posted with their fee, and no others",
        "DELETE FROM ledger_transfer WHERE {earning}",
    ),
    ("each creator's earnings are posted with their fee, and no others", "DELETE FROM ledger_transfer WHERE {fee}"),
    (
        "each creator's earnings are posted with their fee, and no others",
        "DELETE FROM payouts_settlementearning",
    ),
    (
        "every deposit that succeeded is posted with its fee, and no other",
        "UPDATE payouts_deposit SET state = 'declined' WHERE {succeeded}",
    ),
    (
        "every deposit that succeeded is posted with its fee, and no other",
        "UPDATE payouts_deposit SET state = 'succeeded', processor_fee_cents = 0 WHERE {pending}",
    ),
    (
        "every deposit that succeeded is posted with its fee, and no other",
        "UPDATE payouts_deposit SET amount_cents = amount_cents + 1 WHERE {succeeded}",
    ),
    (
        "each co-author's share is posted, and no other",
        "UPDATE payouts_coauthorshare SET amount_micros = amount_micros + 1",
    ),
    ("each co-author's share is posted, and no other", "DELETE FROM payouts_coauthorshare"),
    ("each co-author's share is posted, and no other", "UPDATE payouts_coauthor SET owner_id = owner_id + 1000"),
    (
        "each co-author's share goes to them",
        """ALTER TABLE payouts_coauthor DROP CONSTRAINT co_author_is_somebody_else;
           UPDATE payouts_coauthor SET person_id = owner_id""",
    ),
    (
        "each co-author's share is their percentage of what others gave the button, within a micro",
        "UPDATE payouts_coauthor SET percent = percent + 1",
    ),
    (
        "each co-author's share is their percentage of what others gave the button, within a micro",
        "UPDATE payouts_coauthor SET since = '2026-11-01'",
    ),
    (
        "each co-author's share is their percentage of what others gave the button, within a micro",
        "UPDATE payouts_coauthor SET state = 'ended', until = '2026-10-01'",
    ),
    (
        "each co-author's share is their percentage of what others gave the button, within a micro",
        "DELETE FROM payouts_coauthorshare",
    ),
    (
        "co-authors get no more of a button than it earned",
        "UPDATE payouts_coauthorshare SET amount_micros = amount_micros * 4",
    ),
    (
        "every deposit that succeeded is posted with its fee, and no other",
        "UPDATE payouts_deposit SET processor_fee_cents = processor_fee_cents + 1 WHERE {succeeded}",
    ),
    (
        "every deposit that succeeded is posted with its fee, and no other",
        "DELETE FROM payouts_deposit WHERE {succeeded}",
    ),
    ("every payout is posted as far as it has come, and no other", f"{DECIDED} 'sent'"),
    ("every payout is posted as far as it has come, and no other", f"{DECIDED} 'failed'"),
    ("every payout is posted as far as it has come, and no other", "DELETE FROM payouts_payout"),
    (
        "every payout is posted as far as it has come, and no other",
        "UPDATE payouts_payout SET creator_id = (SELECT min(fan_id) FROM payouts_deposit)",
    ),
    ("every gift is posted with its fee, and no other", "UPDATE payouts_gift SET fee_micros = fee_micros - 1"),
    ("every gift is posted with its fee, and no other", "UPDATE payouts_gift SET amount_cents = amount_cents + 1"),
    ("every gift is posted with its fee, and no other", "DELETE FROM payouts_gift"),
    (
        "every gift came to its creator",
        "UPDATE payouts_gift SET creator_id = (SELECT min(fan_id) FROM payouts_deposit)",
    ),
    ("every refund is posted as far as it has come, and no other", "UPDATE payouts_refund SET state = 'sent'"),
    ("every refund is posted as far as it has come, and no other", "UPDATE payouts_refund SET state = 'failed'"),
    ("every refund is posted as far as it has come, and no other", "DELETE FROM payouts_refund"),
    ("every dispute is posted as far as it has come, and no other", "UPDATE payouts_dispute SET state = 'won'"),
    ("every dispute is posted as far as it has come, and no other", "UPDATE payouts_dispute SET fee_cents = 1"),
    ("every dispute is posted as far as it has come, and no other", "UPDATE payouts_dispute SET amount_cents = 1"),
    ("every dispute is posted as far as it has come, and no other", "DELETE FROM payouts_disputeshare"),
    (
        "every dispute is posted as far as it has come, and no other",
        "UPDATE payouts_disputeshare SET amount_micros = amount_micros + 1",
    ),
    ("what is kept for each debt is posted, and nothing else", "DELETE FROM payouts_recovery"),
    (
        "what is kept for each debt is posted, and nothing else",
        "UPDATE payouts_recovery SET amount_micros = amount_micros - 1",
    ),
    (
        "creators owe no more for a dispute than the platform bears of it",
        "UPDATE payouts_debt SET amount_micros = amount_micros + 2000001",
    ),
    (
        "creators owe no more for a dispute than the platform bears of it",
        "DELETE FROM payouts_disputeshare WHERE source = 'platform'",
    ),
    ("for no debt more is kept than is owed", "UPDATE payouts_debt SET amount_micros = 1"),
    (
        "of no creator's month more is kept for debts than may be",
        "UPDATE payouts_recovery SET amount_micros = amount_micros + 1",
    ),
    (
        "the platform's own affairs are posted as the provider's book says, and no others",
        "UPDATE payouts_processormovement SET amount_cents = -101",
    ),
    (
        "the platform's own affairs are posted as the provider's book says, and no others",
        "DELETE FROM payouts_processormovement",
    ),
    (
        "every reversal mirrors the transfer that its key names",
        "UPDATE ledger_transfer SET kind = 'reversal', idempotency_key = 'reversal:0' WHERE {share}",
    ),
    (
        "every transfer goes the way of its kind",
        "UPDATE ledger_transfer SET kind = 'refund_reserved' WHERE kind = 'payout_reserved'",
    ),
]
