"""Background work about people."""

from typing import Final

from celery import shared_task
from django.utils import timezone

from accounts import operations, queries
from accounts.sessions import SessionStore

_GOES_ON_SECONDS: Final = 300
"""How long the runs that follow from one bell go on. It rings each minute, so a backlog has about five at once."""


@shared_task
def send_notifications(until: float | None = None) -> None:
    """Send some of the emails that are due, and ring for the next ones until a moment, told as Unix time.

    Runs are short, so that other work comes in between however many emails are due.
    """
    started = timezone.now()
    operations.send_notifications(now=started)
    until = until or started.timestamp() + _GOES_ON_SECONDS
    now = timezone.now()
    if now.timestamp() < until and queries.due_notifications(now=now).exists():
        send_notifications.delay(until)


@shared_task
def clear_sessions() -> None:
    """Forget the sessions that have ended."""
    SessionStore.clear_expired()
