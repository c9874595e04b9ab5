"""What creators owe for disputes that were lost."""

from typing import Annotated, TypedDict

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django_stubs_ext import Annotations

from accounts.models import User
from payouts.models import Debt, Dispute, Recovery


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


def owed_micros(*, creator: User) -> int:
    """Return what the creator still owes in micros."""
    return unpaid().filter(creator=creator).aggregate(micros=Sum("left_micros"))["micros"] or 0


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
