"""Reads about pages that are to be read, and about checks of pages."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from buttons.models import Button, Click, PageCheck
from buttons.queries.sites import CHECK_GIVEN_UP_AFTER, CHECK_TAKES


def pages_to_read(*, now: datetime) -> QuerySet[Button]:
    """Return the buttons whose pages are due to be read, longest due first: those that somebody has clicked."""
    clicks = Click.objects.filter(button=OuterRef("pk"), undone_at__isnull=True)
    return Button.objects.filter(Exists(clicks), read_next_at__lte=now - CHECK_TAKES).order_by("read_next_at", "pk")


def page_checks(*, creator: User) -> QuerySet[PageCheck]:
    """Return the creator's checks of pages, newest first."""
    return PageCheck.objects.filter(creator=creator).order_by("-asked_at", "-pk")


def overdue_page_checks(*, now: datetime) -> QuerySet[PageCheck]:
    """Return the checks of pages that wait for longer than one takes, and not for so long that they are given up."""
    is_waiting = Q(finished_at__isnull=True, asked_at__gt=now - CHECK_GIVEN_UP_AFTER)
    return PageCheck.objects.filter(is_waiting, asked_at__lt=now - CHECK_TAKES)
