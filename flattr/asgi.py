"""The web server's entry."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flattr.settings")
django.setup(set_prefix=False)

from flattr.handler import Handler  # noqa: E402  It needs the settings.

application = Handler()
