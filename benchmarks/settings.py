"""Production's settings, with an empty view that comes by the short way, as badges do.

Static files have production's names, and are not compressed: nothing that is measured sends them.
"""

import os
from pathlib import Path

from flattr.settings import *  # noqa: F403

SHORT_WAY_URLCONF = "benchmarks.urls"
STATIC_ROOT = Path(os.environ["BENCHMARKS_FOLDER"]) / "static"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}  # noqa: F405
