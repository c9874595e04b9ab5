"""Settings of the test suite: those of development, on the embedded servers unless others are given."""

import os

from flattr.development import environment

os.environ.setdefault("FLATTR_ENV", "development")
environment.provide()

from flattr.settings import *  # noqa: E402, F403  The environment has to be complete first.

# Threads of the live server end without a word; their connections shall end with each request.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Examples count in small sums.
MINIMUM_PAYOUT_CENTS = 1000
# A slow machine may take minutes over what a person does at once.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 3600
# Tasks don't run by themselves in tests: no worker listens to this queue, the only one.
CELERY_TASK_ROUTES = {}
CELERY_TASK_DEFAULT_QUEUE = f"tests-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
# Static files are looked for when they are asked for: each test client would go through all of them first.
WHITENOISE_AUTOREFRESH = True
