"""The Celery app. Its schedule is in the settings."""

import os

from celery import Celery
from celery.signals import setup_logging, task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flattr.settings")

app = Celery("flattr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Let Django's logging settings stand; Celery asks for this by connecting to the signal."""


@task_prerun.connect
def drop_dead_connections(**_: object) -> None:
    """Let go of connections that broke or grew old since the last task, as Django does before a request."""
    close_old_connections()
