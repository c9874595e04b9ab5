"""What was given beside the cake, as its fans and creators see it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import User
from flattr import money, pages
from flattr.period import Period
from payouts.models import Gift
from payouts.queries import balances


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Whether a fan's balance has enough for a gift, in cents.

    `spare` is what the month's cake leaves of the balance, rounded down, and `missing` what has to be paid in first.
    """

    balance_micros: int
    reserved_cents: int
    spare_cents: int
    missing_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftSum:
    """Gifts of a month to one creator: how many, and amounts in micros; `fee_micros` of it is the platform's."""

    period: Period
    creator_id: int
    number: int
    amount_micros: int
    fee_micros: int

    @property
    def net_micros(self) -> int:
        """Return what the creator keeps."""
        return self.amount_micros - self.fee_micros


def means(*, fan: User, amount_cents: int, now: datetime) -> Means:
    """Return what the fan has for a gift of an amount in cents."""
    balance, reserved = balances.balance_and_reserved(fan=fan, period=Period.at(now))
    short = money.cents_to_micros(amount_cents) - (balance - reserved)
    return Means(
        balance_micros=balance,
        # Rounded up, as nobody can give what is less than a cent.
        reserved_cents=-money.micros_to_cents(-reserved),
        spare_cents=money.micros_to_cents(max(0, balance - reserved)),
        missing_cents=max(0, -money.micros_to_cents(-short)),
    )


def given(*, fan: User, period: Period, place: pages.Place | None = None) -> pages.Page[Gift]:
    """Return what the fan gave in a period, or a page of it, oldest first."""
    found = Gift.objects.filter(fan=fan, made_at__gte=period.start, made_at__lt=period.end)
    return pages.cut(
        found.select_related("creator__creator_profile", "button").order_by("made_at", "id"), place=place
    )


def received(*, creator: User, first: Period, last: Period, place: pages.Place | None = None) -> pages.Page[Gift]:
    """Return what the creator was given from one period until another one, or a page of it, oldest first.

    Nobody is named.
    """
    found = Gift.objects.filter(creator=creator, made_at__gte=first.start, made_at__lt=last.end)
    return pages.cut(found.select_related("button").order_by("made_at", "id"), place=place)


def by_month(gifts: QuerySet[Gift], *, first: Period | None = None, last: Period | None = None) -> list[GiftSum]:
    """Return the sums of these gifts by month, by UTC, and creator, oldest first, all or between two periods."""
    if first is not None:
        gifts = gifts.filter(made_at__gte=first.start)
    if last is not None:
        gifts = gifts.filter(made_at__lt=last.end)
    rows = (
        gifts.annotate(month=TruncMonth("made_at", tzinfo=UTC))
        .values("month", "creator_id")
        .annotate(number=Count("pk"), cents=Sum("amount_cents"), fee=Sum("fee_micros"))
        .order_by("month", "creator_id")
    )
    return [
        GiftSum(
            period=Period.at(row["month"]),
            creator_id=row["creator_id"],
            number=row["number"],
            amount_micros=money.cents_to_micros(int(row["cents"])),
            fee_micros=int(row["fee"]),
        )
        for row in rows
    ]
