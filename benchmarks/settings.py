"""Production's settings, with an empty view that comes by the short way, as badges do."""

import os
from pathlib import Path

from flattr.settings import *  # noqa: F403

SHORT_WAY_URLCONF = "benchmarks.urls"
STATIC_ROOT = Path(os.environ["BENCHMARKS_FOLDER"]) / "static"
