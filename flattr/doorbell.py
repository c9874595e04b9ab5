"""Rings for workers: a message tells that there is something to do, and what is to be done stands in the database."""

import logging
from typing import TYPE_CHECKING, Any

from kombu.exceptions import OperationalError

if TYPE_CHECKING:
    from celery import Task

logger = logging.getLogger(__name__)


def ring(task: "Task[Any, Any]", *arguments: object) -> None:
    """Send a task now that its work is committed; where Redis is away a sweep finds the work."""
    try:
        task.apply_async(arguments)
    except (OSError, OperationalError) as error:
        logger.warning("%s was not rung for: %s", task.name, error)
