"""Runs jobs inside Django, in a process of its own for each database, and prints what they found as JSON."""

import json
import os
import sys
from typing import Any

from benchmarks.cluster import Cluster


def run(cluster: Cluster, database: str, job: str, *arguments: object) -> Any:
    """Run a job of `benchmarks.jobs` on a database and return what it found."""
    command = [sys.executable, "-m", "benchmarks.inside", job, *map(str, arguments)]
    printed = cluster.run(command, environment=cluster.environment(database))
    return json.loads(printed.splitlines()[-1])


def main() -> None:
    """Run the job that the command line names."""
    import django  # noqa: PLC0415  The environment is complete only here.

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    from benchmarks.jobs import JOBS  # noqa: PLC0415  It needs the models.

    sys.stdout.write(json.dumps(JOBS[sys.argv[1]](sys.argv[2:])) + "\n")


if __name__ == "__main__":
    main()
