"""What has to be done inside Django, in a process of its own for each database; prints JSON."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from benchmarks.cluster import Cluster


def run(cluster: "Cluster", database: str, job: str, *arguments: object) -> Any:
    """Run a job of this module on a database and return what it found."""
    command = [sys.executable, "-m", "benchmarks.inside", job, *map(str, arguments)]
    printed = cluster.run(command, environment=cluster.environment(database))
    return json.loads(printed.splitlines()[-1])


def sessions(arguments: Sequence[str]) -> list[str]:
    """Log the fans 1 to N in and return the cookies that their browsers would then send."""
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415

    cookies: list[str] = []
    for fan in User.objects.filter(pk__lte=int(arguments[0])).order_by("pk"):
        client = Client()
        client.force_login(fan)
        cookies.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    return cookies


def books(arguments: Sequence[str]) -> dict[str, Any]:
    """Prove the books; return the findings and the seconds that it took."""
    from django.db import connection  # noqa: PLC0415

    from payouts.queries.books import check_books  # noqa: PLC0415

    del arguments
    connection.ensure_connection()
    started = time.monotonic()
    findings = check_books()
    return {"seconds": time.monotonic() - started, "findings": [str(finding) for finding in findings]}


JOBS: Final[dict[str, Callable[[Sequence[str]], Any]]] = {"books": books, "sessions": sessions}


def main() -> None:
    """Run the job that the command line names."""
    import django  # noqa: PLC0415  The environment is complete only here.

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    sys.stdout.write(json.dumps(JOBS[sys.argv[1]](sys.argv[2:])) + "\n")


if __name__ == "__main__":
    main()
