"""What creators owe for disputes that were lost."""

from typing import Annotated, TypedDict

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django_stubs_ext import Annotations

from accounts.models import User
from payouts.models import Debt, Dispute, PayoutAccount, Recovery


class Left(TypedDict):
    """What a query adds to a debt."""

    left_micros: int


def unpaid() -> QuerySet[Annotated[Debt, Annotations[Left]]]:
    """Return the debts of which something is still owed, as `left_micros`, the oldest first."""
    recovered = Recovery.objects.filter(debt=OuterRef("pk")).values("debt").annotate(micros=Sum("amount_micros"))
    return (
        Debt.objects.filter(dispute__state=Dispute.State.LOST)
        .annotate(left_micros=F("amount_micros") - Coalesce(Subquery(recovered.values("micros")), 0))
        .filter(left_micros__gt=0)
        .order_by("dispute__ended_at", "id")
    )


def account_and_owed(*, creator: User) -> tuple[PayoutAccount | None, int]:
    """Return where the creator is paid out to, if there is anything yet, and what they still owe in micros."""
    owed = unpaid().filter(creator=OuterRef("pk")).order_by().values("creator").annotate(micros=Sum("left_micros"))
    row = (
        User.objects.select_related("payout_account")
        .annotate(owed_micros=Coalesce(Subquery(owed.values("micros")), 0))
        .get(pk=creator.pk)
    )
    return getattr(row, "payout_account", None), int(row.owed_micros)


def standing_recoveries(*, creator: User) -> QuerySet[Recovery]:
    """Return what was kept of the creator's months and not given back, the oldest first."""
    return (
        Recovery.objects.filter(debt__creator=creator, debt__dispute__state=Dispute.State.LOST)
        .select_related("debt__dispute")
        .order_by("id")
    )


def recoveries_of(*, dispute: Dispute) -> QuerySet[Recovery]:
    """Return what was kept of creators' months for a dispute, the oldest first."""
    return Recovery.objects.filter(debt__dispute=dispute).select_related("debt__creator", "settlement").order_by("id")
