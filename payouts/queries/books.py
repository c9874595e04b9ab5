"""The whole proof: the ledger agrees with itself, and with what the settlements, deposits and payouts say."""

from collections.abc import Iterator
from typing import Final

from accounts.models import BUDGET_CENTS_MAX
from flattr import money
from payouts.attribution import KEPT_BASIS_POINTS
from payouts.ledger import integrity
from payouts.ledger.integrity import Finding
from payouts.models import Settlement
from payouts.queries import books_beside, books_of_caps, settlements
from payouts.queries.posted import posted_as_documented
from payouts.queries.reconciliation import OWN

_OWN: Final = ", ".join(f"('{kind}', '{transfer_kind}')" for kind, transfer_kind in OWN.items())
"""What the provider's lines about the platform's own affairs are in our book."""

_SPEND_MICROS_MAX: Final = money.cents_to_micros(BUDGET_CENTS_MAX)
"""No honest spend is larger, and so small a one times any number of clicks is within a bigint."""


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
    "every fan paid at most the budget that they promised": """
        SELECT format('settlement %s, fan %s paid %s of a budget of %s, promised were %s (%s)', settlement.period,
                      spend.fan_id, spend.spend_micros, spend.budget_micros,
                      coalesce(promise.budget_cents, 0)::bigint * 10000, coalesce(promise.state, 'nothing'))
        FROM payouts_settlementspend AS spend
        LEFT JOIN payouts_settlement AS settlement ON settlement.id = spend.settlement_id
        LEFT JOIN LATERAL (
             SELECT budget_cents, state FROM accounts_subscription
             WHERE fan_id = spend.fan_id AND effective_from <= settlement.period
             ORDER BY id DESC LIMIT 1) AS promise ON true
        WHERE spend.spend_micros > spend.budget_micros
              OR (spend.budget_micros, 'active')
                 IS DISTINCT FROM (promise.budget_cents::bigint * 10000, promise.state::text)
        """,
    "each fan's lines equal the fan's spend": """
        SELECT format('settlement %s, fan %s: lines sum to %s for %s clicks, spend is %s for %s', settlement_id,
                      fan_id, coalesce(line.micros, 0), coalesce(line.clicks, 0),
                      coalesce(spend.spend_micros, 0), coalesce(spend.clicks, 0))
        FROM (SELECT settlement_id, fan_id, spend_micros, clicks FROM payouts_settlementspend
              WHERE settlement_id IN (SELECT id FROM payouts_settlement WHERE finished_at IS NOT NULL)) AS spend
        FULL JOIN (SELECT settlement_id, fan_id, sum(amount_micros) AS micros, sum(clicks) AS clicks
                   FROM payouts_settlementline
                   WHERE settlement_id IN (SELECT id FROM payouts_settlement WHERE finished_at IS NOT NULL)
                   GROUP BY 1, 2) AS line
             USING (settlement_id, fan_id)
        WHERE (line.micros, line.clicks) IS DISTINCT FROM (spend.spend_micros::numeric, spend.clicks::bigint)
        """,
    "each line pays its button's creator, less the settlement's fee": """
        SELECT format('line %s: %s micros less %s to creator %s, the button is of creator %s, the fee %s in 10000',
                      line.id, line.amount_micros, line.fee_micros, line.creator_id,
                      coalesce(button.creator_id::text, 'nobody'), settlement.fee_basis_points)
        FROM payouts_settlementline AS line
        LEFT JOIN payouts_settlement AS settlement ON settlement.id = line.settlement_id
        LEFT JOIN buttons_button AS button ON button.id = line.button_id
        WHERE line.creator_id IS DISTINCT FROM button.creator_id
              -- Divided first, as no amount is too large for that.
              OR line.fee_micros IS DISTINCT FROM line.amount_micros / 10000 * settlement.fee_basis_points
                                                  + line.amount_micros % 10000 * settlement.fee_basis_points / 10000
        """,
    "each line is its clicks' part of the fan's spend, within a micro": f"""
        SELECT format('settlement %s, fan %s, button %s: %s micros for %s clicks, the spend is %s for %s',
                      settlement.period, line.fan_id, line.button_id, line.amount_micros, line.clicks,
                      coalesce(spend.spend_micros, 0), coalesce(spend.clicks, 0))
        FROM payouts_settlementline AS line
        LEFT JOIN payouts_settlement AS settlement ON settlement.id = line.settlement_id
        LEFT JOIN payouts_settlementspend AS spend USING (settlement_id, fan_id)
        WHERE CASE WHEN line.amount_micros <= spend.spend_micros AND spend.spend_micros <= {_SPEND_MICROS_MAX}
                   THEN abs(line.amount_micros * spend.clicks - spend.spend_micros * line.clicks) < spend.clicks
              END IS NOT TRUE
              AND line.fan_id NOT IN ({books_of_caps.CAPPERS})
        """,  # noqa: S608
    **books_of_caps.RULES,
    "each spend of an open settlement counts the clicks that stand": """
        SELECT format('settlement %s, fan %s: fixed are %s clicks, %s stand', settlement.period, spend.fan_id,
                      spend.clicks, click.clicks)
        FROM payouts_settlement AS settlement
        JOIN payouts_settlementspend AS spend ON spend.settlement_id = settlement.id
        CROSS JOIN LATERAL (SELECT count(*) AS clicks FROM buttons_click
                            WHERE fan_id = spend.fan_id AND period = settlement.period AND undone_at IS NULL) AS click
        WHERE settlement.finished_at IS NULL AND spend.clicks <> click.clicks
        """,
    "each button's lines equal the button's earnings": """
        SELECT format('settlement %s, creator %s, button %s: lines are %s less %s for %s clicks of %s fans,'
                      ' earnings %s less %s for %s of %s', settlement_id, creator_id, button_id,
                      coalesce(line.gross, 0), coalesce(line.fee, 0),
                      coalesce(line.clicks, 0), coalesce(line.fans, 0),
                      coalesce(earning.gross_micros, 0), coalesce(earning.fee_micros, 0),
                      coalesce(earning.clicks, 0), coalesce(earning.fans, 0))
        FROM payouts_buttonearning AS earning
        FULL JOIN (SELECT settlement_id, creator_id, button_id, sum(amount_micros) AS gross,
                          sum(fee_micros) AS fee, sum(clicks) AS clicks, count(*) AS fans
                   FROM payouts_settlementline
                   WHERE settlement_id IN (SELECT id FROM payouts_settlement WHERE finished_at IS NOT NULL)
                   GROUP BY 1, 2, 3) AS line
             USING (settlement_id, creator_id, button_id)
        WHERE (line.gross, line.fee, line.clicks, line.fans)
              IS DISTINCT FROM (earning.gross_micros::numeric, earning.fee_micros::numeric,
                                earning.clicks::bigint, earning.fans::bigint)
        """,
    "each creator's earnings are the sum of their buttons' earnings": """
        SELECT format('settlement %s, creator %s: buttons earned %s less %s for %s clicks of %s fans in all,'
                      ' earnings are %s less %s for %s of %s', settlement_id, creator_id, coalesce(button.gross, 0),
                      coalesce(button.fee, 0), coalesce(button.clicks, 0), coalesce(button.fans, 0),
                      coalesce(earning.gross_micros, 0), coalesce(earning.fee_micros, 0),
                      coalesce(earning.clicks, 0), coalesce(earning.fans, 0))
        FROM payouts_settlementearning AS earning
        FULL JOIN (SELECT settlement_id, creator_id, sum(gross_micros) AS gross, sum(fee_micros) AS fee,
                          sum(clicks) AS clicks, sum(fans) AS fans, max(fans) AS most_fans
                   FROM payouts_buttonearning GROUP BY 1, 2) AS button
             USING (settlement_id, creator_id)
        WHERE (button.gross, button.fee, button.clicks)
              IS DISTINCT FROM (earning.gross_micros::numeric, earning.fee_micros::numeric, earning.clicks::bigint)
              OR earning.fans NOT BETWEEN button.most_fans AND button.fans
        """,
    "each fan's spend is posted, and no other share": posted_as_documented(
        """
        SELECT format('settlement:%s:fan:%s', to_char(settlement.period, 'YYYY-MM'), spend.fan_id) AS key,
               'share' AS kind, spend.fan_id AS owner_id, spend.spend_micros AS micros
        FROM payouts_settlementspend AS spend
        JOIN payouts_settlement AS settlement ON settlement.id = spend.settlement_id
        WHERE settlement.finished_at IS NOT NULL OR EXISTS (
              SELECT FROM payouts_settlementrange AS part
              WHERE part.settlement_id = settlement.id AND part.done_at IS NOT NULL
                    AND spend.fan_id BETWEEN part.first_fan_id AND part.last_fan_id)
        """,
        "share",
    ),
    "each creator's earnings are posted with their fee, and no others": posted_as_documented(
        """
        SELECT format('settlement:%s:creator:%s:%s', to_char(settlement.period, 'YYYY-MM'), earning.creator_id,
                      part.kind) AS key,
               part.kind, CASE part.kind WHEN 'earning' THEN earning.creator_id END AS owner_id, part.micros
        FROM payouts_settlementearning AS earning
        JOIN payouts_settlement AS settlement ON settlement.id = earning.settlement_id
        CROSS JOIN LATERAL (VALUES ('earning', earning.gross_micros - earning.fee_micros),
                                   ('platform_fee', earning.fee_micros)) AS part (kind, micros)
        WHERE part.micros > 0
        """,
        "earning",
        "platform_fee",
    ),
    **books_beside.RULES,
    "every deposit that succeeded is posted with its fee, and no other": posted_as_documented(
        """
        SELECT format('deposit:%s:%s', deposit.id, part.name) AS key, part.kind, part.owner_id,
               part.cents::bigint * 10000 AS micros
        FROM payouts_deposit AS deposit
        CROSS JOIN LATERAL (VALUES ('gross', 'deposit', deposit.fan_id, deposit.amount_cents),
                                   ('fee', 'processor_fee', NULL, deposit.processor_fee_cents))
                           AS part (name, kind, owner_id, cents)
        WHERE deposit.state = 'succeeded' AND part.cents > 0
        """,
        "deposit",
        "processor_fee",
    ),
    "every payout is posted as far as it has come, and no other": posted_as_documented(
        """
        SELECT format('payout:%s:%s', payout.id, part.name) AS key, part.kind,
               CASE part.kind WHEN 'payout_sent' THEN NULL ELSE payout.creator_id END AS owner_id,
               payout.amount_cents::bigint * 10000 AS micros
        FROM payouts_payout AS payout
        CROSS JOIN LATERAL (VALUES ('reserved', 'payout_reserved'),
                                   ('ended', CASE WHEN payout.state IN ('sent', 'returned') THEN 'payout_sent'
                                                  WHEN payout.state IN ('rejected', 'failed', 'cancelled')
                                                  THEN 'payout_returned' END),
                                   ('bounced', CASE WHEN payout.state = 'returned' THEN 'payout_bounced' END))
                           AS part (name, kind)
        WHERE part.kind IS NOT NULL
        """,
        "payout_reserved",
        "payout_sent",
        "payout_returned",
        "payout_bounced",
    ),
    "every refund is posted as far as it has come, and no other": posted_as_documented(
        """
        SELECT format('refund:%s:%s', refund.id, part.name) AS key, part.kind,
               CASE part.kind WHEN 'refund_sent' THEN NULL ELSE refund.fan_id END AS owner_id,
               refund.amount_cents::bigint * 10000 AS micros
        FROM payouts_refund AS refund
        CROSS JOIN LATERAL (VALUES ('reserved', 'refund_reserved'),
                                   ('ended', CASE WHEN refund.state IN ('sent', 'bounced') THEN 'refund_sent'
                                                  WHEN refund.state = 'failed' THEN 'refund_returned'
                                             END),
                                   ('bounced', CASE WHEN refund.state = 'bounced' THEN 'refund_bounced' END))
                           AS part (name, kind)
        WHERE part.kind IS NOT NULL
        """,
        "refund_reserved",
        "refund_sent",
        "refund_returned",
        "refund_bounced",
    ),
    "every dispute is posted as far as it has come, and no other": posted_as_documented(
        """
        SELECT format('dispute:%s:%s:%s', share.dispute_id, share.source, share.owner_id) AS key,
               CASE share.source WHEN 'fan' THEN 'dispute_from_fan' WHEN 'creator' THEN 'dispute_from_creator'
                                 ELSE 'dispute_borne' END AS kind,
               share.owner_id, share.amount_micros AS micros
        FROM payouts_disputeshare AS share
        JOIN payouts_dispute AS dispute ON dispute.id = share.dispute_id
        WHERE dispute.state <> 'won'
        UNION ALL
        SELECT format('dispute:%s:%s', dispute.id, part.name), part.kind, NULL, part.cents::bigint * 10000
        FROM payouts_dispute AS dispute
        CROSS JOIN LATERAL (VALUES
            ('taken', 'dispute_taken', CASE WHEN dispute.is_taken THEN dispute.amount_cents END),
            ('given_back', 'dispute_given_back',
             CASE WHEN dispute.is_taken AND dispute.state = 'won' THEN dispute.amount_cents END),
            ('fee', 'dispute_fee', CASE WHEN NOT dispute.is_fee_returned THEN dispute.fee_cents END))
            AS part (name, kind, cents)
        WHERE part.cents > 0
        """,
        "dispute_from_fan",
        "dispute_from_creator",
        "dispute_borne",
        "dispute_taken",
        "dispute_given_back",
        "dispute_fee",
    ),
    "what is kept for each debt is posted, and nothing else": posted_as_documented(
        """
        SELECT format('debt:%s:%s', debt.id, to_char(settlement.period, 'YYYY-MM')) AS key, 'loss_recovered' AS kind,
               debt.creator_id AS owner_id, recovery.amount_micros AS micros
        FROM payouts_recovery AS recovery
        JOIN payouts_debt AS debt ON debt.id = recovery.debt_id
        JOIN payouts_settlement AS settlement ON settlement.id = recovery.settlement_id
        JOIN payouts_dispute AS dispute ON dispute.id = debt.dispute_id
        WHERE dispute.state <> 'won'
        """,
        "loss_recovered",
    ),
    "creators owe no more for a dispute than the platform bears of it": """
        SELECT format('dispute %s: creators owe %s micros, the platform bears %s', dispute_id, owed.micros,
                      coalesce(share.amount_micros, 0))
        FROM (SELECT dispute_id, sum(amount_micros) AS micros FROM payouts_debt GROUP BY dispute_id) AS owed
        LEFT JOIN (SELECT dispute_id, amount_micros FROM payouts_disputeshare WHERE source = 'platform') AS share
             USING (dispute_id)
        WHERE owed.micros > coalesce(share.amount_micros, 0)
        """,
    "for no debt more is kept than is owed": """
        SELECT format('debt %s: %s micros are kept for %s', debt.id, kept.micros, debt.amount_micros)
        FROM (SELECT debt_id, sum(amount_micros) AS micros FROM payouts_recovery GROUP BY debt_id) AS kept
        JOIN payouts_debt AS debt ON debt.id = kept.debt_id
        WHERE kept.micros > debt.amount_micros
        """,
    "of no creator's month more is kept for debts than may be": f"""
        SELECT format('settlement %s, creator %s: %s micros are kept of %s', settlement_id, creator_id, kept.micros,
                      earned.micros)
        FROM (SELECT recovery.settlement_id, debt.creator_id, sum(recovery.amount_micros) AS micros
              FROM payouts_recovery AS recovery JOIN payouts_debt AS debt ON debt.id = recovery.debt_id
              GROUP BY recovery.settlement_id, debt.creator_id) AS kept
        CROSS JOIN LATERAL (SELECT coalesce(sum(part.micros), 0) AS micros FROM (
            SELECT gross_micros - fee_micros AS micros FROM payouts_settlementearning
            WHERE settlement_id = kept.settlement_id AND creator_id = kept.creator_id
            UNION ALL
            SELECT CASE WHEN agreed.person_id = kept.creator_id THEN 1 ELSE -1 END * share.amount_micros
            FROM payouts_coauthorshare AS share JOIN payouts_coauthor AS agreed ON agreed.id = share.co_author_id
            WHERE share.settlement_id = kept.settlement_id
                  AND kept.creator_id IN (agreed.person_id, agreed.owner_id)) AS part) AS earned
        WHERE kept.micros * 10000 > earned.micros::numeric * {KEPT_BASIS_POINTS}
        """,  # noqa: S608
    "the platform's own affairs are posted as the provider's book says, and no others": posted_as_documented(
        f"""
        SELECT format('movement:%s', movement.id) AS key, own.transfer_kind AS kind, NULL::bigint AS owner_id,
               abs(movement.amount_cents - movement.fee_cents) * 10000 AS micros
        FROM payouts_processormovement AS movement
        JOIN (VALUES {_OWN}) AS own (kind, transfer_kind) ON own.kind = movement.kind
        WHERE movement.amount_cents <> movement.fee_cents
        """,  # noqa: S608  It is written here.
        "processor_charge",
        "platform_withdrawn",
        "platform_paid_in",
    ),
}
"""Every rule with the query for what breaks it."""

DIGESTS: Final = "each finished settlement's lines have the digest that it published"


def check_books() -> list[Finding]:
    """Return what breaks the books' rules, as clear lines; nothing means that all holds."""
    return integrity.check(RULES)


def check_everything() -> list[Finding]:
    """Return what breaks the books' rules, and which settlement's lines aren't those that it published any more.

    This reads every line that there ever was, a few at a time, so whoever settles leaves it to the daily proof.
    """
    return [*check_books(), *_changed_since_published()]


def _changed_since_published() -> Iterator[Finding]:
    for settlement in Settlement.objects.filter(finished_at__isnull=False).order_by("period"):
        digest = settlements.digest(settlement=settlement)
        if digest != settlement.digest:
            detail = f"settlement {settlement.period} published {settlement.digest}, its lines have {digest}"
            yield Finding(rule=DIGESTS, detail=detail)
