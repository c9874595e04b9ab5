"""The lines of a settlement: what each fan of a range gives to each button."""

import io
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from django.db import connection

from flattr import money
from flattr.transactions import required
from payouts.models import SettlementRange, SettlementSpend
from payouts.queries import caps, settlements
from payouts.split import split_spend


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """What comes to light while the lines are written."""

    repeats: Counter[int] = field(default_factory=Counter)
    """By creator: how many lines are a fan's second or later one for them."""
    given_micros: dict[int, int] = field(default_factory=dict)
    """By fan: what was given of a spend where caps left a part of it."""


@required
def store_lines(*, part: SettlementRange) -> dict[str, int]:
    """Group the range's clicks in the database, split each spend here, and copy the lines back.

    Where caps leave a part of a spend, it becomes what was given, and the part is written beside it as kept. Returns
    by creator's id how many lines are a fan's second or later one for that creator.
    """
    noted = _Noted()
    text = io.StringIO("".join(_lines(part, noted)))
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY payouts_settlementline"
            " (settlement_id, fan_id, button_id, creator_id, clicks, amount_micros, fee_micros) FROM STDIN",
            text,
        )
        if noted.given_micros:
            cursor.execute(
                "UPDATE payouts_settlementspend AS spend"
                " SET spend_micros = given.micros, kept_micros = spend.spend_micros - given.micros"
                " FROM unnest(%s::bigint[], %s::bigint[]) AS given (fan_id, micros)"
                " WHERE spend.settlement_id = %s AND spend.fan_id = given.fan_id",
                [list(noted.given_micros), list(noted.given_micros.values()), part.settlement_id],
            )
    return {str(creator_id): number for creator_id, number in noted.repeats.items()}


def _lines(part: SettlementRange, noted: _Noted) -> Iterator[str]:
    """Yield the lines of one fan after another, as text for `COPY`, and note what comes to light."""
    first, last = part.first_fan_id, part.last_fan_id
    spends = dict(
        SettlementSpend.objects.filter(settlement_id=part.settlement_id, fan_id__gte=first, fan_id__lte=last)
        .order_by("fan_id")
        .values_list("fan_id", "spend_micros")
    )
    capped = caps.caps_in_force(fans=(first, last), period=part.settlement.period)
    basis_points = part.settlement.fee_basis_points
    for fan_id, grouped in itertools.groupby(settlements.grouped_clicks(part=part), key=itemgetter(0)):
        if fan_id not in spends:
            continue
        rows = list(grouped)
        creators = Counter(map(itemgetter(2), rows))
        if len(creators) < len(rows):
            noted.repeats.update({creator_id: lines - 1 for creator_id, lines in creators.items() if lines > 1})
        clicks = {button_id: clicks for _, button_id, _, clicks in rows}
        if fan_id in capped:
            shares = split_spend(
                spend_micros=spends[fan_id],
                clicks=clicks,
                creators={button_id: creator_id for _, button_id, creator_id, _ in rows},
                caps=capped[fan_id],
            )
            given_micros = sum(shares.values())
            if given_micros < spends[fan_id]:
                noted.given_micros[fan_id] = given_micros
        else:
            shares = split_spend(spend_micros=spends[fan_id], clicks=clicks)
        # Most of a fan's shares are the same two amounts, so the end of their lines is written once.
        ends = {
            amount: f"{amount}\t{money.fee_of(amount_micros=amount, basis_points=basis_points)}\n"
            for amount in set(shares.values())
        }
        start = f"{part.settlement_id}\t{fan_id}\t"
        for _, button_id, creator_id, clicked in rows:
            yield f"{start}{button_id}\t{creator_id}\t{clicked}\t{ends[shares[button_id]]}"
