"""Production's settings, with the empty view that is the floor of pages beside our own."""

import os
from pathlib import Path

from flattr.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
STATIC_ROOT = Path(os.environ["BENCHMARKS_FOLDER"]) / "static"
