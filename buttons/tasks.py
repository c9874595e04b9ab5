"""Background work about clicks."""

from celery import shared_task
from django.utils import timezone

from buttons.operations import periods


@shared_task
def make_partitions() -> None:
    """Make the partitions of clicks for the months to come."""
    periods.make_partitions(now=timezone.now())
