"""What disputes concern."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from flattr import money
from payouts.attribution import spent_of
from payouts.models import CoAuthor, Deposit, Dispute, DisputeShare, Gift, SettlementLine, SettlementSpend
from payouts.queries import balances, coauthors
from payouts.split import split_spend

_Spend = SettlementSpend | Gift | DisputeShare
"""What took money out of a fan's balance for good, refunds aside, which are counted with their deposits."""


def has_contested(*, fan: User) -> bool:
    """Tell whether the fan's bank contests a deposit, or took one back for good.

    Such a fan isn't charged without asking: who has won a dispute would win the next one, too.
    """
    return Dispute.objects.filter(
        deposit__fan=fan, state__in=[Dispute.State.ASKED, Dispute.State.OPEN, Dispute.State.LOST]
    ).exists()


def earned_from(*, deposit: Deposit) -> Iterator[tuple[int, int]]:
    """Yield each creator and the net micros that they got of a deposit, what was given last first.

    What a settlement took of the deposit is spread over the fan's lines as it was over the whole spend, and what a
    line brought over the button's creator and their co-authors of that month as they shared it, who don't share what
    one of them gave. A gift's part is its creator's. What another dispute took of it from the fan's balance, nobody
    got.
    """
    gone = Sum("refunds__amount_cents", filter=balances.REFUNDED)
    deposits = (
        Deposit.objects.filter(fan=deposit.fan, state=Deposit.State.SUCCEEDED)
        .annotate(micros=(F("amount_cents") - Coalesce(gone, 0)) * money.MICROS_PER_CENT)
        .order_by("ended_at", "id")
        .values_list("pk", "micros")
    )
    taken = spent_of(wanted=deposit.pk, deposits=deposits, spends=_spends(deposit.fan))
    for spend, micros in reversed(taken.items()):
        if isinstance(spend, Gift):
            fee = spend.fee_micros * micros // money.cents_to_micros(spend.amount_cents)
            yield spend.creator_id, micros - fee
        elif isinstance(spend, SettlementSpend):
            yield from _earned_of_month(spend, micros)


def _spends(fan: User) -> list[tuple[_Spend, int]]:
    """Return what the fan's money went to with micros, in the order of time: months, gifts, other disputes."""
    months = SettlementSpend.objects.filter(fan=fan, settlement__finished_at__isnull=False)
    taken = fan.dispute_shares.filter(source=DisputeShare.Source.FAN).exclude(dispute__state=Dispute.State.WON)
    spends: list[tuple[_Spend, int]] = [
        *((each, each.spend_micros) for each in months.select_related("settlement")),
        *((each, money.cents_to_micros(each.amount_cents)) for each in fan.gifts_given.all()),
        *((each, each.amount_micros) for each in taken.select_related("dispute")),
    ]
    return sorted(spends, key=lambda spend: _given_at(spend[0]))


def _given_at(spend: _Spend) -> datetime:
    if isinstance(spend, Gift):
        return spend.made_at
    return spend.dispute.opened_at if isinstance(spend, DisputeShare) else spend.settlement.period.last_moment


def _earned_of_month(spend: SettlementSpend, micros: int) -> Iterator[tuple[int, int]]:
    lines = list(
        SettlementLine.objects.filter(settlement=spend.settlement, fan=spend.fan_id, amount_micros__gt=0).order_by(
            "creator_id", "button_id"
        )
    )
    parts = split_spend(spend_micros=micros, clicks={line.pk: line.amount_micros for line in lines})
    shared = coauthors.in_force(period=spend.settlement.period, buttons=[line.button_id for line in lines])
    for line in lines:
        fee = money.fee_of(amount_micros=parts[line.pk], basis_points=spend.settlement.fee_basis_points)
        yield from _shared(parts[line.pk] - fee, line, shared.get(line.button_id, []))


def _shared(micros: int, line: SettlementLine, co_authors: Sequence[CoAuthor]) -> Iterator[tuple[int, int]]:
    """Yield what of a line's micros the button's creator and each co-author got."""
    if line.fan_id in {each.person_id for each in co_authors}:
        co_authors = []
    parts = coauthors.parts_of(micros=micros, co_authors=co_authors)
    yield line.creator_id, micros - sum(parts.values())
    for each in co_authors:
        yield each.person_id, parts[each.pk]
