"""Alarms: what is due and not done is told to staff by itself."""

import logging
from collections.abc import Sequence
from datetime import datetime

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from flattr.transactions import durable

logger = logging.getLogger(__name__)


@durable
def raise_alarm(*, subject: str, lines: Sequence[str], now: datetime) -> None:
    """Log an alarm and owe every superuser an email about it; the same subject is mailed once."""
    logger.error("ALARM %s: %s", subject, "; ".join(lines))
    accounts_operations.notify_many(
        notifications=[
            Notification(
                recipient=user,
                kind=Notification.Kind.ALARM,
                subject_key=subject,
                context={"subject": subject, "lines": list(lines)},
                created_at=now,
            )
            for user in User.objects.filter(is_superuser=True, is_active=True)
        ]
    )
