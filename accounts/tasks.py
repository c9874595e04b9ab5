"""Background work about people."""

from celery import shared_task
from django.utils import timezone

from accounts import operations
from accounts.sessions import SessionStore


@shared_task
def send_notifications() -> None:
    """Send the emails that are owed."""
    operations.send_notifications(now=timezone.now())


@shared_task
def clear_sessions() -> None:
    """Forget the sessions that have ended."""
    SessionStore.clear_expired()
