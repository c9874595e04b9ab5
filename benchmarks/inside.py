"""What has to be done inside Django, in a process of its own for each database; prints JSON."""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from benchmarks.cluster import HOST, Cluster
from benchmarks.failures import UnableToMeasure


def run(cluster: Cluster, database: str, job: str, *arguments: object) -> Any:
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


def badge_queries(arguments: Sequence[str]) -> dict[str, Any]:
    """Ask for a badge twice; return the queries of the first answer, which nothing is cached for, and the second."""
    from django.core.cache import cache  # noqa: PLC0415

    (public_id,) = arguments
    cache.clear()
    first, second = (_get(f"/b/{public_id}/badge.svg")[1] for _ in range(2))
    return {"uncached": len(first), "cached": len(second), "sql": first}


def badge_freshness(arguments: Sequence[str]) -> float:
    """Click a button whose badge was just looked at; return the seconds until the badge shows it."""
    from django.core.cache import cache  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from buttons.operations.clicks import record_click  # noqa: PLC0415

    (public_id,) = arguments
    cache.clear()
    before, _ = _get(f"/b/{public_id}/badge.svg")
    fan = User.objects.order_by("pk")[0]
    # A badge rounds large numbers, so one click alone might never show.
    for _ in range(1000):
        record_click(click_id=uuid.uuid4(), fan=fan, public_id=public_id, origin="", now=timezone.now())
    started = time.monotonic()
    while _get(f"/b/{public_id}/badge.svg")[0] == before:
        time.sleep(0.2)
    return time.monotonic() - started


def pages(arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Ask for every page some times; return milliseconds and queries of each."""
    from benchmarks import inside_pages  # noqa: PLC0415
    from flattr.period import Period  # noqa: PLC0415

    label, requests = arguments
    return [asdict(each) for each in inside_pages.measure(period=Period.parse(label), requests=int(requests))]


def _get(path: str) -> tuple[bytes, list[str]]:
    """Ask for a page as the proxy in front would; return it with the queries that it took.

    :raises UnableToMeasure: if there is no such page.
    """
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as captured:
        response = Client().get(path, headers={"host": HOST, "x-forwarded-proto": "https"})
    if response.status_code != HTTPStatus.OK:
        msg = f"{path} answered {response.status_code}"
        raise UnableToMeasure(msg)
    return response.content, [query["sql"] for query in captured.captured_queries]


JOBS: Final[dict[str, Callable[[Sequence[str]], Any]]] = {
    "badge_freshness": badge_freshness,
    "badge_queries": badge_queries,
    "books": books,
    "pages": pages,
    "sessions": sessions,
}


def main() -> None:
    """Run the job that the command line names."""
    import django  # noqa: PLC0415  The environment is complete only here.

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    sys.stdout.write(json.dumps(JOBS[sys.argv[1]](sys.argv[2:])) + "\n")


if __name__ == "__main__":
    main()
