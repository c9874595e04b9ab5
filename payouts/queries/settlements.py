"""Reads about settlements: what is open, what was clicked, what came out."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace

from django.db import connection
from django.db.models import Count, Q, Sum

from flattr.period import Period
from payouts.models import Settlement, SettlementDigest, SettlementRange


def settlement_of(*, period: Period) -> Settlement | None:
    """Return the period's settlement, or None where it wasn't opened."""
    return Settlement.objects.filter(period=period).first()


def unfinished() -> list[Settlement]:
    """Return the settlements that were opened and not finished and announced, oldest first."""
    return list(
        Settlement.objects.filter(Q(finished_at__isnull=True) | Q(announced_at__isnull=True)).order_by("period")
    )


def open_ranges(*, settlement: Settlement) -> list[int]:
    """Return the numbers of the ranges that are still to be settled."""
    return list(settlement.ranges.filter(done_at__isnull=True).order_by("number").values_list("number", flat=True))


def all_ranges_done(*, settlement_id: int) -> bool:
    """Return whether no range is left to be settled."""
    return not SettlementRange.objects.filter(settlement_id=settlement_id, done_at__isnull=True).exists()


def grouped_clicks(*, part: SettlementRange) -> Iterator[tuple[int, int, int, int]]:
    """Yield fan, button, creator and number of clicks for a range of fans, grouped by the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fan_id, button_id, min(creator_id), count(*) FROM buttons_click"
            " WHERE period = %s AND undone_at IS NULL AND fan_id BETWEEN %s AND %s"
            " GROUP BY fan_id, button_id ORDER BY fan_id, button_id",
            [part.settlement.period.first_day, part.first_fan_id, part.last_fan_id],
        )
        while rows := cursor.fetchmany(10_000):
            yield from rows


def export(*, settlement: Settlement, write: Callable[[bytes], object]) -> None:
    """Give the settlement in pieces of CSV with a header to `write`, sorted by fan, creator and button.

    The values are our rows' ids, so that the split can be recomputed with its tie rule. PostgreSQL
    writes the text, as millions of lines take it seconds and Python a minute.
    """
    with connection.cursor() as cursor:
        query = cursor.mogrify(
            "COPY (SELECT fan_id AS fan, creator_id AS creator, button_id AS button,"
            " clicks, amount_micros, fee_micros FROM payouts_settlementline"
            " WHERE settlement_id = %s ORDER BY fan_id, creator_id, button_id)"
            " TO STDOUT WITH (FORMAT csv, HEADER)",
            [settlement.pk],
        )
        cursor.copy_expert(query, SimpleNamespace(write=write))


def digest(*, settlement: Settlement) -> str:
    """Return the SHA-256 of the export: anybody who has the file can check it."""
    hasher = hashlib.sha256()
    export(settlement=settlement, write=hasher.update)
    return hasher.hexdigest()


def noted_digest(*, settlement: Settlement) -> str | None:
    """Return the digest where another worker has made it by now."""
    return SettlementDigest.objects.filter(pk=settlement.pk).values_list("digest", flat=True).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A settlement in a few numbers, amounts in micros."""

    fans: int
    clicks: int
    creators: int
    spend_micros: int
    net_micros: int
    fee_micros: int
    digest: str


def summary(*, period: Period) -> Summary:
    """Return the numbers of a period's settlement."""
    settlement = Settlement.objects.get(period=period)
    spent = settlement.spends.aggregate(fans=Count("id"), clicks=Sum("clicks"), spend=Sum("spend_micros"))
    earned = settlement.earnings.aggregate(creators=Count("id"), gross=Sum("gross_micros"), fee=Sum("fee_micros"))
    return Summary(
        fans=spent["fans"],
        clicks=spent["clicks"] or 0,
        creators=earned["creators"],
        spend_micros=spent["spend"] or 0,
        net_micros=(earned["gross"] or 0) - (earned["fee"] or 0),
        fee_micros=earned["fee"] or 0,
        digest=settlement.digest,
    )
