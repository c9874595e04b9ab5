"""Where a fan's money went and from where a creator's came: in a month, in a year, or since the beginning.

The sums are made when they are asked for. A person's months are few and known, and the unique indexes of lines and
of earnings by button begin with the month and the person: what is read is the person's own and nothing else.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum

from accounts.models import CreatorProfile, User
from flattr.period import Period
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import ButtonEarning, CoAuthorShare, Payout, SettlementLine, SettlementSpend
from payouts.queries import coauthors, earnings, statements
from payouts.queries import gifts as gift_queries
from payouts.queries.earnings import ButtonSum
from payouts.queries.gifts import GiftSum


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a fan gave to one creator, by cakes and by gifts, in micros.

    Of the amount, `gifts_micros` were gifts, and `fee_micros` are the platform's.
    """

    creator_id: int
    clicks: int = 0
    amount_micros: int = 0
    fee_micros: int = 0
    gifts_micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMonth:
    """What a fan gave in a month, by its cake and by gifts, in micros; `gifts_micros` of the amount were gifts."""

    period: Period
    clicks: int
    amount_micros: int
    gifts_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """The months in which a fan gave something, the newest first, and the creators who had of it, by how much."""

    months: list[GivenMonth]
    creators: list[Given]

    @property
    def clicks(self) -> int:
        """Return how many clicks were settled."""
        return sum(month.clicks for month in self.months)

    @property
    def amount_micros(self) -> int:
        """Return all that was given."""
        return sum(month.amount_micros for month in self.months)

    @property
    def gifts_micros(self) -> int:
        """Return what of it was given beside the cakes."""
        return sum(month.gifts_micros for month in self.months)

    @property
    def fee_micros(self) -> int:
        """Return the platform's part of that."""
        return sum(each.fee_micros for each in self.creators)

    @property
    def years(self) -> list["YearSum"]:
        """Return the sums of each year in which something was given, the newest first."""
        by_year: dict[int, list[GivenMonth]] = {}
        for month in self.months:
            by_year.setdefault(month.period.year, []).append(month)
        return [
            YearSum(
                year=year,
                months=len(months),
                clicks=sum(month.clicks for month in months),
                amount_micros=sum(month.amount_micros for month in months),
                gifts_micros=sum(month.gifts_micros for month in months),
            )
            for year, months in by_year.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearSum:
    """A fan's year in numbers, amounts in micros; `gifts_micros` of the amount were gifts."""

    year: int
    months: int
    clicks: int
    amount_micros: int
    gifts_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What moved a person's balance in a year."""

    opening_micros: int
    changes: list[ledger.Change]

    @property
    def closing_micros(self) -> int:
        """Return the balance at the year's end."""
        return self.opening_micros + sum(each.change_micros for each in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """A creator's year: the settled months, oldest first; the buttons, by what they earned; gifts; and payouts."""

    months: list[earnings.Month]
    buttons: list[ButtonSum]
    gifts: list[GiftSum]
    """By month, oldest first. What was earned is without them."""
    payouts: list[Payout]

    @property
    def clicks(self) -> int:
        """Return how many clicks were settled."""
        return sum(month.clicks for month in self.months)

    @property
    def gross_micros(self) -> int:
        """Return what was earned before the fee."""
        return sum(month.gross_micros for month in self.months)

    @property
    def fee_micros(self) -> int:
        """Return the platform's part of that."""
        return sum(month.fee_micros for month in self.months)

    @property
    def shared_micros(self) -> int:
        """Return what co-authorship brought, below 0 where it took."""
        return sum(month.shared_micros for month in self.months)

    @property
    def has_shares(self) -> bool:
        """Tell whether any month's net isn't what is left after the fee."""
        return any(month.shared_micros for month in self.months)

    @property
    def net_micros(self) -> int:
        """Return what was earned in the end."""
        return self.gross_micros - self.fee_micros + self.shared_micros

    @property
    def gifts_micros(self) -> int:
        """Return what gifts brought after the fee."""
        return sum(month.net_micros for month in self.gifts)

    @property
    def paid_out_cents(self) -> int:
        """Return what was sent and didn't come back."""
        return sum(payout.amount_cents for payout in self.payouts)


def giving(*, fan: User, year: int | None = None) -> Giving:
    """Return where the fan's money went since the beginning, or in a year."""
    settled = statements.fan_months(fan=fan, year=year)
    gifts = _gifts(fan=fan, year=year)
    return Giving(
        months=_months(settled, gifts),
        creators=_together([*given_in(fan=fan, months=settled), *(each for _period, each in gifts)]),
    )


def given_months(*, fan: User) -> list[GivenMonth]:
    """Return the months in which the fan gave something, the newest first."""
    return _months(statements.fan_months(fan=fan), _gifts(fan=fan))


def profiles_of(given: Iterable[Given]) -> dict[int, CreatorProfile]:
    """Return who these creators are, with their users, by the users' keys."""
    return CreatorProfile.objects.select_related("user").in_bulk({each.creator_id for each in given})


def given_in(*, fan: User, months: Sequence[SettlementSpend]) -> list[Given]:
    """Return what each creator had of the fan's cakes of these months, those with most first."""
    sums = _sums(_lines(fan=fan, months=months).values("creator_id")).order_by("-amount", "creator_id")
    return [_given(row) for row in sums]


def given_by_month(*, fan: User, year: int | None = None, creator: User | None = None) -> list[tuple[Period, Given]]:
    """Return what each creator, or the one that is asked for, had in each month since the beginning, or of a year.

    The newest month comes first, and in each those with most.
    """
    months = statements.fan_months(fan=fan, year=year)
    periods = {month.settlement_id: month.settlement.period for month in months}
    lines = _lines(fan=fan, months=months)
    found: dict[Period, list[Given]] = {}
    for row in _sums((lines.filter(creator=creator) if creator else lines).values("settlement_id", "creator_id")):
        found.setdefault(periods[row["settlement_id"]], []).append(_given(row))
    for period, gift in _gifts(fan=fan, year=year, creator=creator):
        found.setdefault(period, []).append(gift)
    return [(period, given) for period in sorted(found, reverse=True) for given in _together(found[period])]


def earned(*, creator: User, year: int) -> Earned:
    """Return what the creator earned in the months of a year, and what was paid out in it, by UTC."""
    first_month, last_month = statements.months_of(year)
    months = earnings.months(creator=creator, year=year)[::-1]
    sent = Payout.objects.filter(
        creator=creator,
        state=Payout.State.SENT,
        ended_at__gte=first_month.start,
        ended_at__lt=last_month.end,
    )
    return Earned(
        months=months,
        buttons=earnings.by_button(creator=creator, settlements=[month.settlement for month in months]),
        gifts=gift_queries.by_month(creator.gifts_received.all(), first=first_month, last=last_month),
        payouts=list(sent.order_by("ended_at", "id")),
    )


def earned_by_month(*, creator: User, year: int) -> list[ButtonEarning]:
    """Return what each button earned in each month of a year: the oldest month first, in each those with most."""
    months = earnings.months(creator=creator, year=year)
    return list(
        ButtonEarning.objects.select_related("settlement", "button")
        .filter(creator=creator, settlement__in=[month.settlement.pk for month in months])
        .order_by("settlement__period", "-gross_micros", "button_id")
    )


def shared_by_month(*, creator: User, year: int) -> list[CoAuthorShare]:
    """Return what the creator got as a co-author in a year, and what their co-authors got, oldest month first."""
    return list(
        coauthors.shares_of(creator=creator)
        .filter(settlement__period__range=statements.months_of(year), settlement__finished_at__isnull=False)
        .select_related("settlement", "co_author__button")
        .order_by("settlement__period", "co_author__button", "id")
    )


def balance(*, kind: chart.Kind, owner: User, year: int) -> Balance:
    """Return what moved one of a person's balances in a year, by UTC."""
    account = ledger.account_of(kind=kind, owner=owner)
    if account is None:
        return Balance(opening_micros=0, changes=[])
    first_month, last_month = statements.months_of(year)
    return Balance(
        opening_micros=ledger.balance_as_of(account=account, moment=first_month.start),
        changes=ledger.changes(account=account, start=first_month.start, end=last_month.end),
    )


def _gifts(*, fan: User, year: int | None = None, creator: User | None = None) -> list[tuple[Period, Given]]:
    """Return what of the fan's gifts each creator had, by month."""
    first, last = (None, None) if year is None else statements.months_of(year)
    to_creator = Q() if creator is None else Q(creator=creator)
    return [
        (
            each.period,
            Given(
                creator_id=each.creator_id,
                amount_micros=each.amount_micros,
                fee_micros=each.fee_micros,
                gifts_micros=each.amount_micros,
            ),
        )
        for each in gift_queries.by_month(fan.gifts_given.filter(to_creator), first=first, last=last)
    ]


def _months(settled: Sequence[SettlementSpend], gifts: Sequence[tuple[Period, Given]]) -> list[GivenMonth]:
    """Return the months in which there was a cake, or a gift, the newest first."""
    cakes = {spend.settlement.period: spend for spend in settled}
    gifts_micros: Counter[Period] = Counter()
    for period, each in gifts:
        gifts_micros[period] += each.gifts_micros
    return [
        GivenMonth(
            period=period,
            clicks=cakes[period].clicks if period in cakes else 0,
            amount_micros=(cakes[period].spend_micros if period in cakes else 0) + gifts_micros[period],
            gifts_micros=gifts_micros[period],
        )
        for period in sorted({*cakes, *gifts_micros}, reverse=True)
    ]


def _together(parts: Iterable[Given]) -> list[Given]:
    """Return the parts of each creator as one, those with most first."""
    found: dict[int, Given] = {}
    for each in parts:
        known = found.get(each.creator_id, Given(creator_id=each.creator_id))
        found[each.creator_id] = Given(
            creator_id=each.creator_id,
            clicks=known.clicks + each.clicks,
            amount_micros=known.amount_micros + each.amount_micros,
            fee_micros=known.fee_micros + each.fee_micros,
            gifts_micros=known.gifts_micros + each.gifts_micros,
        )
    return sorted(found.values(), key=lambda each: (-each.amount_micros, each.creator_id))


def _lines(*, fan: User, months: Sequence[SettlementSpend]) -> QuerySet[SettlementLine]:
    """Return the fan's lines of these months. The months are given by name, so that the index is asked for each."""
    return SettlementLine.objects.filter(fan=fan, settlement__in=[month.settlement_id for month in months])


def _sums(grouped: Any) -> Any:
    return grouped.annotate(all_clicks=Sum("clicks"), amount=Sum("amount_micros"), fee=Sum("fee_micros"))


def _given(row: dict[str, Any]) -> Given:
    return Given(
        creator_id=row["creator_id"],
        clicks=row["all_clicks"],
        amount_micros=int(row["amount"]),
        fee_micros=int(row["fee"]),
    )
