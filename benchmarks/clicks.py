"""`click`: a signed-in fan's click over HTTP to a durable commit, beside the same insert by PostgreSQL alone."""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Final
from urllib.parse import urlencode

from benchmarks import inside, load, world
from benchmarks.cluster import HOST, Cluster, report
from benchmarks.failures import UnableToMeasure
from benchmarks.figures import Result, at_least, at_most, compared, measured
from benchmarks.sizes import Scale, World

_DATABASE: Final = "click"
_RATIO: Final = at_least(0.25)
_P99_MS: Final = at_most(50)
CSRF_TOKEN: Final = "benchmark" + "0" * 23

_FLOOR: Final = (
    world.PGBENCH_DRAW
    + """
INSERT INTO buttons_click (id, fan_id, button_id, creator_id, period, clicked_at, origin)
VALUES (gen_random_uuid(), :fan, :button, :creator, date_trunc('month', now())::date, now(), 'https://artist.example');
"""
)
"""The same insert into the same table, with its constraints, triggers and indexes."""

RECORDED: Final = 200
"""The answer to a click that was recorded."""


def click_request(*, public_id: str, session: str, click_id: uuid.UUID) -> str:
    """Return a click as the browser of a signed-in fan sends it."""
    form = {"csrfmiddlewaretoken": CSRF_TOKEN, "click_id": str(click_id), "origin": "https://artist.example/song"}
    headers = {
        "Cookie": f"csrftoken={CSRF_TOKEN}; sessionid={session}",
        "Origin": f"https://{HOST}",
        "Referer": f"https://{HOST}/b/{public_id}/click/",
        "Accept-Language": "en",
    }
    return load.http_request("POST", f"/b/{public_id}/clicks/", headers=headers, body=urlencode(form))


def run(cluster: Cluster, scale: Scale) -> tuple[list[Result], dict[str, object]]:
    """Measure clicks a second and their latency."""
    month = world.this_month()
    cluster.create_migrated(_DATABASE)
    with closing(cluster.connect(_DATABASE)) as database:
        world.build(database, scale.click_world, month=month.start, until=month.end, report=report)
    cookies = inside.run(cluster, _DATABASE, "sessions", scale.click_world.fans)
    town = scale.click_world
    numbers = {"fans": town.fans, "creators": town.creators, "buttons": town.buttons}
    floors: list[float] = []
    loads: list[load.Load] = []
    with cluster.web(_DATABASE) as address:
        for number in scale.numbers:
            report(f"click: round {number} of {scale.rounds}" if number else "click: warming up")
            cluster.query("CHECKPOINT")
            floor = load.pgbench(cluster, _DATABASE, _FLOOR, numbers=numbers, seconds=scale.seconds)
            cluster.query("CHECKPOINT")
            ours = _measure(cluster, address, scale, cookies, floor=floor, seed=number)
            if number:
                floors.append(floor)
                loads.append(ours)
    rates = [each.rate for each in loads]
    results = [
        compared("click", unit="clicks/s", ours=rates, floors=floors, target=_RATIO),
        measured("click p99", unit="ms", values=[each.p99_ms for each in loads], target=_P99_MS),
    ]
    return results, {"click rates": rates, "click floors": floors, "click p50 ms": [each.p50_ms for each in loads]}


def _measure(
    cluster: Cluster, address: str, scale: Scale, cookies: list[str], *, floor: float, seed: int
) -> load.Load:
    """Send clicks, and make sure that as many rows are there as were answered.

    :raises UnableToMeasure: if there are more or fewer.
    """
    before = _clicks(cluster)
    # Nobody answers more than PostgreSQL alone can insert, so these last, and each is sent once.
    requests = itertools.islice(_requests(scale.click_world, cookies, seed), int(scale.seconds * floor))
    ours = load.drive(cluster, address, requests, seconds=scale.seconds, status=RECORDED)
    recorded = _clicks(cluster) - before
    if recorded != ours.good:
        msg = f"{ours.good} clicks were answered as recorded, {recorded} are in the table"
        raise UnableToMeasure(msg)
    return ours


def _requests(town: World, cookies: list[str], seed: int) -> Iterator[str]:
    for fan, button in world.draws(town, seed=seed):
        yield click_request(public_id=world.public_id(button), session=cookies[fan - 1], click_id=uuid.uuid4())


def _clicks(cluster: Cluster) -> int:
    return int(cluster.query("SELECT count(*) FROM buttons_click", database=_DATABASE)[0][0])
