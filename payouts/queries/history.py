"""Where a fan's money went and from where a creator's came: in a month, in a year, or since the beginning.

The sums are made when they are asked for. A person's months are few and known, and the unique indexes of lines and
of earnings by button begin with the month and the person: what is read is the person's own and nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from accounts.models import CreatorProfile, User
from buttons.models import Button
from flattr.period import Period
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import ButtonEarning, Payout, SettlementEarning, SettlementLine, SettlementSpend
from payouts.queries import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a fan's cakes gave to one creator, amounts in micros; `fee_micros` of it is the platform's."""

    creator_id: int
    clicks: int
    amount_micros: int
    fee_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """A fan's settled months, the newest first, and the creators who had of them, those with most first."""

    months: list[SettlementSpend]
    creators: list[Given]

    @property
    def clicks(self) -> int:
        """Return how many clicks were settled."""
        return sum(month.clicks for month in self.months)

    @property
    def amount_micros(self) -> int:
        """Return all that was given."""
        return sum(month.spend_micros for month in self.months)

    @property
    def fee_micros(self) -> int:
        """Return the platform's part of that."""
        return sum(each.fee_micros for each in self.creators)

    @property
    def years(self) -> list["YearSum"]:
        """Return the sums of each year in which something was given, the newest first."""
        by_year: dict[int, list[SettlementSpend]] = {}
        for month in self.months:
            by_year.setdefault(month.settlement.period.year, []).append(month)
        return [
            YearSum(
                year=year,
                months=len(months),
                clicks=sum(month.clicks for month in months),
                amount_micros=sum(month.spend_micros for month in months),
            )
            for year, months in by_year.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearSum:
    """A fan's year in numbers, the amount in micros."""

    year: int
    months: int
    clicks: int
    amount_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What moved a person's balance in a year: micros by the kind of movement, those that left below zero."""

    opening_micros: int
    changes: dict[chart.TransferKind, int]

    @property
    def closing_micros(self) -> int:
        """Return the balance at the year's end."""
        return self.opening_micros + sum(self.changes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonSum:
    """What a button earned in some months, in micros."""

    button: Button
    clicks: int
    gross_micros: int
    fee_micros: int

    @property
    def net_micros(self) -> int:
        """Return what the creator keeps."""
        return self.gross_micros - self.fee_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """A creator's year: the settled months, oldest first; the buttons, by what they earned; and what was paid out."""

    months: list[SettlementEarning]
    buttons: list[ButtonSum]
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
    def net_micros(self) -> int:
        """Return what was earned after the fee."""
        return self.gross_micros - self.fee_micros

    @property
    def paid_out_cents(self) -> int:
        """Return what was sent and didn't come back."""
        return sum(payout.amount_cents for payout in self.payouts)


def giving(*, fan: User, year: int | None = None) -> Giving:
    """Return where the fan's cakes went since the beginning, or in a year."""
    months = statements.fan_months(fan=fan, year=year)
    return Giving(months=months, creators=given_in(fan=fan, months=months))


def profiles_of(given: Iterable[Given]) -> dict[int, CreatorProfile]:
    """Return who these creators are, with their users, by the users' keys."""
    return CreatorProfile.objects.select_related("user").in_bulk({each.creator_id for each in given})


def given_in(*, fan: User, months: Sequence[SettlementSpend]) -> list[Given]:
    """Return what each creator had of the fan's cakes of these months, those with most first."""
    sums = _sums(_lines(fan=fan, months=months).values("creator_id")).order_by("-amount", "creator_id")
    return [_given(row) for row in sums]


def given_by_month(*, fan: User, year: int | None = None, creator: User | None = None) -> list[tuple[Period, Given]]:
    """Return what each creator, or the one that is asked for, had of each cake since the beginning, or of a year.

    The newest month comes first, and in each those with most.
    """
    months = statements.fan_months(fan=fan, year=year)
    lines = _lines(fan=fan, months=months)
    found: dict[int, list[Given]] = {month.settlement_id: [] for month in months}
    sums = _sums((lines.filter(creator=creator) if creator else lines).values("settlement_id", "creator_id"))
    for row in sums.order_by("-amount", "creator_id"):
        found[row["settlement_id"]].append(_given(row))
    return [(month.settlement.period, given) for month in months for given in found[month.settlement_id]]


def earned(*, creator: User, year: int) -> Earned:
    """Return what the creator earned in the months of a year, and what was paid out in it, by UTC."""
    first_month, last_month = statements.months_of(year)
    months = _months_of_creator(creator, year)
    sent = Payout.objects.filter(
        creator=creator,
        state=Payout.State.SENT,
        ended_at__gte=first_month.start,
        ended_at__lt=last_month.end,
    )
    return Earned(
        months=months,
        buttons=_earned_by_button(creator=creator, months=months),
        payouts=list(sent.order_by("ended_at", "id")),
    )


def earned_by_month(*, creator: User, year: int) -> list[ButtonEarning]:
    """Return what each button earned in each month of a year: the oldest month first, in each those with most."""
    months = _months_of_creator(creator, year)
    return list(
        ButtonEarning.objects.select_related("settlement", "button")
        .filter(creator=creator, settlement__in=[month.settlement_id for month in months])
        .order_by("settlement__period", "-gross_micros", "button_id")
    )


def balance(*, kind: chart.Kind, owner: User, year: int) -> Balance:
    """Return what moved one of a person's balances in a year, by UTC."""
    account = ledger.account_of(kind=kind, owner=owner)
    if account is None:
        return Balance(opening_micros=0, changes={})
    first_month, last_month = statements.months_of(year)
    return Balance(
        opening_micros=ledger.balance_as_of(account=account, moment=first_month.start),
        changes=ledger.changes(account=account, start=first_month.start, end=last_month.end),
    )


def _months_of_creator(creator: User, year: int) -> list[SettlementEarning]:
    return list(
        SettlementEarning.objects.select_related("settlement")
        .filter(
            creator=creator,
            settlement__period__range=statements.months_of(year),
            settlement__finished_at__isnull=False,
        )
        .order_by("settlement__period")
    )


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


def _earned_by_button(*, creator: User, months: Sequence[SettlementEarning]) -> list[ButtonSum]:
    rows = (
        ButtonEarning.objects.filter(creator=creator, settlement__in=[month.settlement_id for month in months])
        .values("button_id")
        .annotate(all_clicks=Sum("clicks"), gross=Sum("gross_micros"), fee=Sum("fee_micros"))
        .order_by("-gross", "button_id")
    )
    buttons = Button.objects.in_bulk([row["button_id"] for row in rows])
    return [
        ButtonSum(
            button=buttons[row["button_id"]],
            clicks=row["all_clicks"],
            gross_micros=int(row["gross"]),
            fee_micros=int(row["fee"]),
        )
        for row in rows
    ]
