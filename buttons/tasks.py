"""Background work about clicks and sites. Each task reads the clock and makes one call; all are safe to run twice."""

from typing import Final

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from buttons.operations import forgetting, notices, origins, periods, sites
from buttons.queries import sites as queries

OUTSIDE: Final = "outside"
"""The queue of what asks servers of strangers: it may have workers of its own, so that a month's end never waits."""


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


@shared_task(queue=OUTSIDE)
def check_site(check_id: int) -> None:
    """Look for a site's proof."""
    sites.run_check(check_id=check_id, network=settings.OUTSIDE_NETWORK, clock=timezone.now)


@shared_task
def recheck_sites() -> None:
    """Look again for the proofs that are due, each in a task of its own."""
    for check_id in sites.ask_for_rechecks(now=timezone.now()):
        check_site.delay(check_id)


@shared_task
def sweep_checks() -> None:
    """Find checks that nobody ends, by a killed worker or a lost queue, and ring for them again."""
    for check_id in queries.overdue_checks(now=timezone.now()).values_list("pk", flat=True):
        check_site.delay(check_id)


@shared_task
def forget_checks() -> None:
    """Forget old checks of sites."""
    sites.forget_checks(now=timezone.now())
