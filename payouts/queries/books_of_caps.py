"""The part of the proof that is about caps: nobody got more of a fan than they may, and the others got the rest."""

from typing import Final

CAPPERS: Final = "SELECT fan_id FROM payouts_creatorcap"
"""Who ever set a cap: their lines are proved here, all others' by the plain rule."""

_LINES: Final = f"""
    SELECT line.*, cap.most_cents::numeric * 10000 AS cap,
           sum(line.amount_micros) OVER creator AS got, sum(line.clicks) OVER creator AS given,
           count(*) OVER creator AS buttons,
           coalesce(sum(line.amount_micros) OVER creator >= cap.most_cents::numeric * 10000, false) AS is_full
    FROM (SELECT settlement.period, part.settlement_id, part.fan_id, part.creator_id, part.button_id,
                 part.clicks::numeric, part.amount_micros::numeric
          FROM payouts_settlementline AS part
          JOIN payouts_settlement AS settlement ON settlement.id = part.settlement_id
          WHERE part.fan_id IN ({CAPPERS})) AS line
    LEFT JOIN (SELECT DISTINCT ON (settlement.id, said.fan_id, said.creator_id)
                      settlement.id AS settlement_id, said.fan_id, said.creator_id, said.most_cents
               FROM payouts_creatorcap AS said
               JOIN payouts_settlement AS settlement ON settlement.period >= said.period
               ORDER BY settlement.id, said.fan_id, said.creator_id, said.period DESC) AS cap
         USING (settlement_id, fan_id, creator_id)
    WINDOW creator AS (PARTITION BY line.settlement_id, line.fan_id, line.creator_id)
    """  # noqa: S608  Both parts are written here.
"""The lines of fans who ever set a cap, each with its creator's cap of that month, and all that this creator got."""

RULES: Final = {
    "no creator got more of a fan than the cap": f"""
        SELECT DISTINCT format('settlement %s, fan %s: creator %s got %s micros, the cap is %s', period, fan_id,
                               creator_id, got, cap)
        FROM ({_LINES}) AS line WHERE got > cap
        """,  # noqa: S608
    "each line of a fan with caps is its clicks' part of what the caps leave, almost to the micro": f"""
        SELECT format('settlement %s, fan %s, button %s: %s micros for %s clicks; for all below their cap %s are'
                      ' left for %s, the creator got %s for %s of %s', period, fan_id, button_id, amount_micros,
                      clicks, rest, rest_clicks, got, given, coalesce(cap::text, 'any sum'))
        FROM (SELECT line.*,
                     coalesce(sum(amount_micros) FILTER (WHERE NOT is_full) OVER fan, 0) AS rest,
                     coalesce(sum(clicks) FILTER (WHERE NOT is_full) OVER fan, 0) AS rest_clicks,
                     count(*) FILTER (WHERE is_full) OVER fan AS slack
              FROM ({_LINES}) AS line
              WINDOW fan AS (PARTITION BY settlement_id, fan_id)) AS line
        WHERE CASE WHEN is_full
                   -- It got its part of the cap, and a click of the others' brought no less than one of its own.
                   THEN abs(amount_micros * given - cap * clicks) >= given + buttons * clicks
                        OR cap * rest_clicks > rest * given + given * slack + buttons * rest_clicks
                   ELSE abs(amount_micros * rest_clicks - rest * clicks) >= rest_clicks + clicks * slack END
        """,  # noqa: S608
    "what caps left of a spend stayed only where everybody clicked is at their cap": f"""
        SELECT format('settlement %s, fan %s: %s micros of %s stayed', spend.settlement_id, spend.fan_id,
                      spend.kept_micros, spend.kept_micros::numeric + spend.spend_micros)
        FROM payouts_settlementspend AS spend
        LEFT JOIN (SELECT settlement_id, fan_id, bool_and(is_full) AS all_full FROM ({_LINES}) AS part
                   GROUP BY 1, 2) AS line
             USING (settlement_id, fan_id)
        WHERE spend.kept_micros > 0 AND line.all_full IS NOT TRUE
        """,  # noqa: S608
}
"""Who reaches the cap by rounding alone looks full here, which moves what is left for the others by less than a micro
for each of their buttons: so much may a line differ."""
