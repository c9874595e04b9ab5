"""Background work about clicks and sites. Each task reads the clock and makes one call; all are safe to run twice."""

import uuid
from typing import Final

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from buttons.models import Button
from buttons.operations import (
    digests,
    forgetting,
    notices,
    origins,
    page_checks,
    periods,
    reading,
    sites,
    standing,
    trending,
)
from buttons.queries import digests as digest_queries
from buttons.queries import reading as reading_queries
from buttons.queries import sites as queries
from buttons.queries import standing as standing_queries
from flattr.doorbell import ring
from flattr.period import Period

_GOES_ON_SECONDS: Final = 300
"""How long the runs that follow from one bell go on. It rings each minute, so at most five go on side by side."""


@shared_task
def make_partitions() -> None:
    """Make the partitions of clicks for the months to come."""
    periods.make_partitions(now=timezone.now())


@shared_task
def make_standing_clicks(until: float | None = None) -> None:
    """Make some of this month's standing clicks, and ring for the next ones until a moment, told as Unix time.

    Runs are short, so that other work comes in between however many clicks there are.
    """
    started = timezone.now()
    until = until or started.timestamp() + _GOES_ON_SECONDS
    if standing.make_clicks(now=started):
        now = timezone.now()
        if now.timestamp() < until and standing_queries.due(period=Period.at(now)).exists():
            make_standing_clicks.delay(until)


@shared_task
def judge_origins() -> None:
    """Count anew what speaks for and against each site, and demote or freeze those that the rules say."""
    origins.judge_origins(now=timezone.now())


@shared_task
def count_heat() -> None:
    """Count the clicks since the last time into what is trending."""
    trending.count_heat(now=timezone.now())


@shared_task
def tell_of_first_clicks() -> None:
    """Tell fans of yesterday's clicks that were their first for a creator on a site."""
    notices.tell_of_first_clicks(now=timezone.now())


@shared_task
def tell_of_week() -> None:
    """Tell fans of last week's clicks by one press."""
    notices.tell_of_week(now=timezone.now())


@shared_task
def tell_of_ends() -> None:
    """Tell fans of standing clicks that end with this month, in its last week."""
    notices.tell_of_ends(now=timezone.now())


@shared_task
def forget() -> None:
    """Delete what was kept of clicks on other people's sites and isn't needed any more."""
    forgetting.forget(now=timezone.now())


@shared_task
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
    now = timezone.now()
    for check_id in queries.overdue_checks(now=now).values_list("pk", flat=True):
        check_site.delay(check_id)
    for check_id in reading_queries.overdue_page_checks(now=now).values_list("pk", flat=True):
        check_page.delay(check_id)


@shared_task
def forget_checks() -> None:
    """Forget old checks of sites and pages."""
    sites.forget_checks(now=timezone.now())
    page_checks.forget_page_checks(now=timezone.now())


@shared_task
def check_page(check_id: int) -> None:
    """Look at a page for what is wrong with the button on it."""
    page_checks.run_page_check(check_id=check_id, network=settings.OUTSIDE_NETWORK, clock=timezone.now)


@shared_task
def read_page(button_id: int) -> None:
    """Read what a button's page says of itself."""
    reading.read_page(button_id=button_id, network=settings.OUTSIDE_NETWORK, clock=timezone.now)


@shared_task
def sweep_pages() -> None:
    """Find pages that are to be read, for the first time or once more, and ring for them."""
    for button_id in reading.ask_for_reading(now=timezone.now()):
        read_page.delay(button_id)


def ring_for_new(button: Button) -> None:
    """Ring for the page of a button that was just clicked, if nobody has tried to read it yet."""
    if button.read_next_at is not None and not button.read_failures:
        ring(read_page, button.pk)


@shared_task
def draft_digests() -> None:
    """Draft last month's posts for the fans who want them."""
    digests.draft_digests(now=timezone.now())


@shared_task
def post_digest(digest_id: str) -> None:
    """Make one post."""
    digests.post_digest(digest_id=uuid.UUID(digest_id), network=settings.OUTSIDE_NETWORK, clock=timezone.now)


@shared_task
def post_digests() -> None:
    """Make some of the posts that are due, each in a task of its own, as each asks somebody else's server.

    What waits in the queue is rung for again each minute, so that is kept short.
    """
    due = digest_queries.due_digests(now=timezone.now()).values_list("pk", flat=True)
    for digest_id in due[: digest_queries.DUE_AT_ONCE_MAX]:
        post_digest.delay(str(digest_id))
