"""The Celery app. Its schedule is in the settings."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flattr.settings")

app = Celery("flattr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Let Django's logging settings stand; Celery asks for this by connecting to the signal."""
