"""What has to be done inside Django, in a process of its own for each database; prints JSON."""

import json
import os
import sys
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


JOBS: Final[dict[str, Callable[[Sequence[str]], Any]]] = {"sessions": sessions}


def main() -> None:
    """Run the job that the command line names."""
    import django  # noqa: PLC0415  The environment is complete only here.

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    sys.stdout.write(json.dumps(JOBS[sys.argv[1]](sys.argv[2:])) + "\n")


if __name__ == "__main__":
    main()
