"""What is kept of clicks on other people's sites for as long as it is needed; the clicks themselves stay."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from buttons.models import ClickReport, Confirmation, OneClick, OriginDay, OriginStanding, SiteKey
from flattr.transactions import durable

CLICKS_KEPT: Final = timedelta(days=92)
"""How long confirmations and clicks by one press are kept: they count for 90 days, the longest of the statistics."""

COUNTS_KEPT: Final = timedelta(days=366)


@durable
def forget(*, now: datetime) -> None:
    """Delete the confirmations, keys, presses, reports, counts and standings that nothing asks for any more."""
    Confirmation.objects.filter(confirmed_at__lt=now - CLICKS_KEPT).delete()
    OneClick.objects.filter(clicked_at__lt=now - CLICKS_KEPT).delete()
    SiteKey.objects.filter(Q(expires_at__lte=now) | Q(revoked_at__isnull=False)).delete()
    OriginDay.objects.filter(day__lt=(now - COUNTS_KEPT).date()).delete()
    ClickReport.objects.filter(reported_at__lt=now - COUNTS_KEPT).delete()
    # What was decided stays, with its reason.
    OriginStanding.objects.filter(
        opened=0, clicked=0, reports=0, has_good_name=False, decisions__isnull=True
    ).delete()
