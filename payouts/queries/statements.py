"""A person's month: opening balance, what moved, closing balance, and where every micro went."""

from dataclasses import dataclass

from django.db.models import Q, Sum

from accounts.models import CreatorProfile, User
from buttons.models import Button
from flattr import pages
from flattr.period import Period
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import (
    ButtonEarning,
    CoAuthorShare,
    Recovery,
    Settlement,
    SettlementEarning,
    SettlementLine,
    SettlementSpend,
)
from payouts.queries import caps, coauthors, debts
from payouts.queries.caps import HeldBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """The ledger's entries of a month, or a page of them, with the balances around them in micros."""

    opening_micros: int
    entries: pages.Page[ledger.Entry]

    @property
    def closing_micros(self) -> int:
        """Return the balance after the last entry."""
        return self.entries.rows[-1].balance_micros if self.entries else self.opening_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class FanLine:
    """One button in a fan's month."""

    button: Button
    creator: CreatorProfile | None
    clicks: int
    amount_micros: int
    fee_micros: int
    """The platform's part of the amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FanStatement:
    """A fan's month. `spend` is None where nothing was settled for the fan."""

    period: Period
    book: Entries
    settlement: Settlement | None
    spend: SettlementSpend | None
    fee_micros: int
    """The platform's part of the spend."""
    lines: pages.Page[FanLine]
    caps: list[HeldBack]
    """The caps of that month that made a slice smaller, whatever the fan has said since."""

    @property
    def kept_micros(self) -> int:
        """Return what caps left of the cake, which stayed in the balance."""
        return self.spend.kept_micros if self.spend else 0

    @property
    def passed_on_micros(self) -> int:
        """Return what caps held back and other slices got; 0 or less, by rounding, where all of it was kept."""
        return sum(each.over_micros for each in self.caps) - self.kept_micros

    @property
    def click_worth_micros(self) -> int:
        """Return what one click was worth in micros, rounded down, 0 without a settled click."""
        return self.spend.spend_micros // self.spend.clicks if self.spend else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatorStatement:
    """A creator's month. `earning` is None where nothing was settled for the creator."""

    period: Period
    book: Entries
    settlement: Settlement | None
    earning: SettlementEarning | None
    lines: pages.Page[ButtonEarning]
    recoveries: list[Recovery]
    """What was kept of the month for disputes that were lost."""
    given: list[CoAuthorShare]
    """What co-authors got of it."""
    received: list[CoAuthorShare]
    """What the creator got as a co-author of others."""


def fan_statement(
    *, fan: User, period: Period, place: pages.Place | None = None, place_of_entries: pages.Place | None = None
) -> FanStatement:
    """Return the fan's month: entries of the balance, and each button with clicks and amount, or pages of both."""
    spend = (
        SettlementSpend.objects.select_related("settlement")
        .filter(fan=fan, settlement__period=period, settlement__finished_at__isnull=False)
        .first()
    )
    settled = SettlementLine.objects.filter(settlement=spend.settlement if spend else None, fan=fan)
    lines = (
        pages.cut(
            settled.select_related("button__creator__creator_profile").order_by("-amount_micros", "button_id"),
            place=place,
        )
        if spend
        else pages.Page(rows=[])
    )
    sums = settled.values_list("creator_id").annotate(Sum("clicks"), Sum("amount_micros"), Sum("fee_micros"))
    by_creator = list(sums) if spend else []
    return FanStatement(
        period=period,
        book=_entries(kind=chart.Kind.FAN_BALANCE, owner=fan, period=period, place=place_of_entries),
        settlement=spend.settlement if spend else None,
        spend=spend,
        fee_micros=sum(fee for _creator, _clicks, _amount, fee in by_creator),
        caps=_held_back(fan, spend, by_creator) if spend else [],
        lines=lines.showing(
            [
                FanLine(
                    button=line.button,
                    creator=getattr(line.button.creator, "creator_profile", None),
                    clicks=line.clicks,
                    amount_micros=line.amount_micros,
                    fee_micros=line.fee_micros,
                )
                for line in lines
            ]
        ),
    )


def _held_back(fan: User, spend: SettlementSpend, by_creator: list[tuple[int, int, int, int]]) -> list[HeldBack]:
    """Return what caps held back of a settled cake.

    What was said for a closed month stays as it is, and what was given and kept of the spend is what was cut.
    """
    return caps.held_back(
        caps=caps.caps_of(fan=fan, period=spend.settlement.period),
        spend_micros=spend.spend_micros + spend.kept_micros,
        clicks={creator: clicks for creator, clicks, _amount, _fee in by_creator},
        got_micros={creator: amount for creator, _clicks, amount, _fee in by_creator},
    )


def creator_statement(
    *, creator: User, period: Period, place: pages.Place | None = None, place_of_entries: pages.Place | None = None
) -> CreatorStatement:
    """Return the creator's month: entries, and each button with clicks, gross, fee and net, or pages of both."""
    earning = (
        SettlementEarning.objects.select_related("settlement")
        .filter(creator=creator, settlement__period=period, settlement__finished_at__isnull=False)
        .first()
    )
    lines = (
        pages.cut(
            ButtonEarning.objects.filter(settlement=earning.settlement, creator=creator)
            .select_related("button")
            .order_by("-gross_micros", "button_id"),
            place=place,
        )
        if earning
        else pages.Page(rows=[])
    )
    shares = (
        coauthors.shares_of(creator=creator)
        .filter(settlement__period=period)
        .select_related(
            "co_author__button", "co_author__owner__creator_profile", "co_author__person__creator_profile"
        )
        .order_by("co_author__button", "id")
    )
    return CreatorStatement(
        period=period,
        book=_entries(kind=chart.Kind.CREATOR_BALANCE, owner=creator, period=period, place=place_of_entries),
        settlement=earning.settlement if earning else None,
        earning=earning,
        lines=lines,
        recoveries=list(debts.standing_recoveries(creator=creator).filter(settlement__period=period)),
        given=[share for share in shares if share.co_author.owner_id == creator.pk],
        received=[share for share in shares if share.co_author.person_id == creator.pk],
    )


def fan_months(*, fan: User, year: int | None = None) -> list[SettlementSpend]:
    """Return the months that were settled for the fan, all or those of a year, newest first."""
    in_year = Q() if year is None else Q(settlement__period__range=months_of(year))
    return list(
        SettlementSpend.objects.select_related("settlement")
        .filter(in_year, fan=fan, settlement__finished_at__isnull=False)
        .order_by("-settlement__period")
    )


def months_of(year: int) -> tuple[Period, Period]:
    """Return a year's first and last month."""
    return Period(year, 1), Period(year, 12)


def _entries(*, kind: chart.Kind, owner: User, period: Period, place: pages.Place | None) -> Entries:
    account = ledger.account_of(kind=kind, owner=owner)
    if account is None:
        return Entries(opening_micros=0, entries=pages.Page(rows=[]))
    opening, entries = ledger.entries(account=account, start=period.start, end=period.end, place=place)
    return Entries(opening_micros=opening, entries=entries)
