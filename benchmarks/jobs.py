"""What has to be done inside Django: each job takes words and returns what JSON can hold."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from benchmarks import asked_pages
from benchmarks.cluster import EMBED_HOST, HOST
from benchmarks.failures import UnableToMeasure
from buttons.operations.clicks import record_click
from buttons.queries.frames import frame_memory
from flattr.period import Period
from payouts.queries.books import check_books


def sessions(arguments: Sequence[str]) -> list[str]:
    """Log the fans 1 to N in and return the cookies that their browsers would then send."""
    cookies: list[str] = []
    for fan in User.objects.filter(pk__lte=int(arguments[0])).order_by("pk"):
        client = Client()
        client.force_login(fan)
        cookies.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    return cookies


def books(arguments: Sequence[str]) -> dict[str, Any]:
    """Prove the books; return the findings and the seconds that it took."""
    del arguments
    connection.ensure_connection()
    started = time.monotonic()
    findings = check_books()
    return {"seconds": time.monotonic() - started, "findings": [str(finding) for finding in findings]}


def badge_queries(arguments: Sequence[str]) -> dict[str, Any]:
    """Ask for a badge twice; return the queries of the first answer, which nothing is cached for, and the second."""
    (public_id,) = arguments
    caches["process"].clear()
    first, second = (_get(f"/b/{public_id}/badge.svg")[1] for _ in range(2))
    return {"uncached": len(first), "cached": len(second), "sql": first}


def frame_queries(arguments: Sequence[str]) -> dict[str, Any]:
    """Do as `badge_queries`, for the frame at an address."""
    (path,) = arguments
    frame_memory.clear()
    first, second = (_get(path, host=EMBED_HOST)[1] for _ in range(2))
    return {"uncached": len(first), "cached": len(second), "sql": first}


def click_often(arguments: Sequence[str]) -> None:
    """Click a button a thousand times: large numbers are rounded, so one click alone might never show."""
    (public_id,) = arguments
    fan = User.objects.order_by("pk")[0]
    for _ in range(1000):
        record_click(click_id=uuid.uuid4(), fan=fan, public_id=public_id, origin="", now=timezone.now())


def badge_freshness(arguments: Sequence[str]) -> float:
    """Click a button whose badge was just looked at; return the seconds until the badge shows it."""
    (public_id,) = arguments
    caches["process"].clear()
    before, _ = _get(f"/b/{public_id}/badge.svg")
    click_often(arguments)
    started = time.monotonic()
    while _get(f"/b/{public_id}/badge.svg")[0] == before:
        time.sleep(0.2)
    return time.monotonic() - started


def pages(arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Ask for every page some times; return milliseconds and queries of each."""
    label, requests = arguments
    return [asdict(each) for each in asked_pages.measure(period=Period.parse(label), requests=int(requests))]


def _get(path: str, *, host: str = HOST) -> tuple[bytes, list[str]]:
    """Ask for a page as the proxy in front would; return it with the queries that it took.

    :raises UnableToMeasure: if there is no such page.
    """
    with CaptureQueriesContext(connection) as captured:
        response = Client().get(path, headers={"host": host, "x-forwarded-proto": "https"})
    if response.status_code != HTTPStatus.OK:
        msg = f"{path} answered {response.status_code}"
        raise UnableToMeasure(msg)
    return response.content, [query["sql"] for query in captured.captured_queries]


JOBS: Final[dict[str, Callable[[Sequence[str]], Any]]] = {
    "badge_freshness": badge_freshness,
    "badge_queries": badge_queries,
    "books": books,
    "click_often": click_often,
    "frame_queries": frame_queries,
    "pages": pages,
    "sessions": sessions,
}
