"""What disputes concern."""

from collections.abc import Iterator, Sequence

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from flattr import money
from payouts.attribution import spent_of
from payouts.models import CoAuthor, Deposit, Dispute, SettlementLine, SettlementSpend
from payouts.queries import balances, coauthors
from payouts.split import split_spend


def has_contested(*, fan: User) -> bool:
    """Tell whether the fan's bank contests a deposit, or took one back for good.

    Such a fan isn't charged without asking: who has won a dispute would win the next one, too.
    """
    return Dispute.objects.filter(
        deposit__fan=fan, state__in=[Dispute.State.ASKED, Dispute.State.OPEN, Dispute.State.LOST]
    ).exists()


def earned_from(*, deposit: Deposit) -> Iterator[tuple[int, int]]:
    """Yield each creator and the net micros that they got of a deposit, of the newest month first.

    What a settlement took of the deposit is spread over the fan's lines as it was over the whole spend, and what a
    line brought over the button's creator and their co-authors of that month as they shared it.
    """
    gone = Sum("refunds__amount_cents", filter=balances.REFUNDED)
    deposits = (
        Deposit.objects.filter(fan=deposit.fan, state=Deposit.State.SUCCEEDED)
        .annotate(micros=(F("amount_cents") - Coalesce(gone, 0)) * money.MICROS_PER_CENT)
        .order_by("ended_at", "id")
        .values_list("pk", "micros")
    )
    spends = (
        SettlementSpend.objects.filter(fan=deposit.fan, settlement__finished_at__isnull=False)
        .order_by("settlement__period")
        .values_list("settlement_id", "spend_micros")
    )
    taken = spent_of(wanted=deposit.pk, deposits=deposits, spends=spends)
    for settlement_id, micros in reversed(taken.items()):
        lines = list(
            SettlementLine.objects.filter(settlement_id=settlement_id, fan=deposit.fan, amount_micros__gt=0)
            .select_related("settlement")
            .order_by("creator_id", "button_id")
        )
        parts = split_spend(spend_micros=micros, clicks={line.pk: line.amount_micros for line in lines})
        shared = coauthors.in_force(period=lines[0].settlement.period, buttons=[line.button_id for line in lines])
        for line in lines:
            net = parts[line.pk] - money.fee_of(
                amount_micros=parts[line.pk], basis_points=line.settlement.fee_basis_points
            )
            yield from _shared(net, line.creator_id, shared.get(line.button_id, []))


def _shared(micros: int, creator_id: int, co_authors: Sequence[CoAuthor]) -> Iterator[tuple[int, int]]:
    """Yield what of a button's micros its creator and each co-author got."""
    parts = coauthors.parts_of(micros=micros, co_authors=co_authors)
    yield creator_id, micros - sum(parts.values())
    for each in co_authors:
        yield each.person_id, parts[each.pk]
