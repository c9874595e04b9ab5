"""Background work about clicks."""

from celery import shared_task
from django.utils import timezone

from buttons.operations import forgetting, notices, origins, periods


@shared_task
def make_partitions() -> None:
    """Make the partitions of clicks for the months to come."""
    periods.make_partitions(now=timezone.now())


@shared_task
def judge_origins() -> None:
    """Count anew what speaks for and against each site, and demote or freeze those that the rules say."""
    origins.judge_origins(now=timezone.now())


@shared_task
def tell_of_first_clicks() -> None:
    """Tell fans of yesterday's clicks that were their first for a creator on a site."""
    notices.tell_of_first_clicks(now=timezone.now())


@shared_task
def tell_of_week() -> None:
    """Tell fans of last week's clicks by one press."""
    notices.tell_of_week(now=timezone.now())


@shared_task
def forget() -> None:
    """Delete what was kept of clicks on other people's sites and isn't needed any more."""
    forgetting.forget(now=timezone.now())
