"""Background work about people."""

from celery import shared_task
from django.utils import timezone

from accounts import operations


@shared_task
def send_notifications() -> None:
    """Send the emails that are owed."""
    operations.send_notifications(now=timezone.now())
