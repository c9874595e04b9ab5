"""Losses that creators bear: owed from the dispute on, and kept from their months where it is lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from flattr.transactions import required
from payouts.attribution import kept_of
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.models import Debt, Dispute, DisputeShare, Recovery, Settlement, SettlementEarning
from payouts.queries import coauthors, debts


@required
def note_debts(*, dispute: Dispute, earned: Mapping[int, int], shares: Sequence[DisputeShare]) -> None:
    """Note which creators will owe, if the dispute is lost, what the platform bears for them.

    `earned` are the micros that each got of the deposit, in the order in which they are asked, and `shares` what was
    held instead. Nobody will owe anything unless the operator chose that creators bear such losses.
    """
    if settings.DISPUTE_LOSSES_BORNE_BY != "creators":
        return
    held = {share.owner_id: share.amount_micros for share in shares if share.source == DisputeShare.Source.CREATOR}
    left = sum(share.amount_micros for share in shares if share.source == DisputeShare.Source.PLATFORM)
    found = []
    for creator_id, micros in earned.items():
        part = min(left, micros - held.get(creator_id, 0))
        if part > 0:
            found.append(Debt(dispute=dispute, creator_id=creator_id, amount_micros=part))
            left -= part
    Debt.objects.bulk_create(found)


@required
def note_recoveries(*, settlement: Settlement) -> list[Recovery]:
    """Note what is kept of a settlement's earnings for debts. No dispute that they come from is decided meanwhile.

    What co-authors get is theirs: it counts among their earnings, and not among those of who shares with them.
    """
    owing: dict[int, list[tuple[Debt, int]]] = {}
    for debt in debts.unpaid().select_related("dispute", "creator").select_for_update(of=("dispute",)):
        owing.setdefault(debt.creator_id, []).append((debt, debt.left_micros))
    earned = coauthors.moved_in(settlement=settlement, creators=owing)
    for earning in SettlementEarning.objects.filter(settlement=settlement, creator__in=owing):
        earned[earning.creator_id] += earning.net_micros
    return Recovery.objects.bulk_create(
        Recovery(debt=debt, settlement=settlement, amount_micros=micros)
        for creator_id in sorted(earned)
        if creator_id in owing
        for debt, micros in kept_of(earned_micros=earned[creator_id], debts=owing[creator_id]).items()
    )


@required
def post_recoveries(*, recoveries: Sequence[Recovery], moment: datetime) -> None:
    """Move what is kept from the creators, whose earnings are posted, to the platform that bore it."""
    losses = ledger.open_account(kind=chart.Kind.LOSSES).pk
    ledger.post(
        postings=[
            ledger.Posting(
                debit_account_id=ledger.open_account(kind=chart.Kind.CREATOR_BALANCE, owner=recovery.debt.creator).pk,
                credit_account_id=losses,
                amount_micros=recovery.amount_micros,
                kind=chart.TransferKind.LOSS_RECOVERED,
                idempotency_key=recovery.key,
                occurred_at=moment,
            )
            for recovery in recoveries
        ]
    )
