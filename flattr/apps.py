"""The ground floor as an app: it brings template tags, checks and commands, and no tables."""

from django.apps import AppConfig


class FlattrConfig(AppConfig):
    """Makes Celery's app the current one wherever Django runs."""

    name = "flattr"

    def ready(self) -> None:
        """Load the Celery app, so that tasks are sent to the broker of our settings."""
        from flattr import celery  # noqa: F401, PLC0415  Settings must be complete first.
