"""`frame`: what each view of each page with a scripted button costs us, beside an empty page by Django."""

import itertools
import re
import time
import urllib.request
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from benchmarks import badges, inside, load, world
from benchmarks.cluster import EMBED_HOST, Cluster, report
from benchmarks.figures import Result, at_least, at_most, compared, measured
from benchmarks.sizes import Scale, World

_RATIO: Final = at_least(0.5)
_QUERIES_CACHED: Final = at_most(0)
_QUERIES_UNCACHED: Final = at_most(1)
_FRESH_SECONDS: Final = at_most(60)

_WARM_UP_ROUNDS: Final = 6
"""How many rounds long a new server is asked before it is measured: what it remembers lasts for minutes."""

_WARM_UP_REQUESTS_A_SECOND: Final = 10_000
_COUNT: Final = re.compile(r"<b>(.*?)</b>")


def frame_path(town: World, button: int) -> str:
    """Return the address of the frame that the page of a button shows."""
    creator = 1 + (button - 1) % town.creators
    url = f"https://creator-{creator}.example/{button}"
    return f"/b?{urlencode({'to': f'creator-{town.fans + creator}', 'url': url, 'lang': 'en'})}"


def frame_request(town: World, button: int) -> str:
    """Return the request for a frame as a browser sends it that has never clicked there."""
    return load.http_request("GET", frame_path(town, button), headers=_headers(town, button))


def _headers(town: World, button: int) -> dict[str, str]:
    creator = 1 + (button - 1) % town.creators
    return {
        "Host": EMBED_HOST,
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "en-GB,en;q=0.5",
        "Referer": f"https://creator-{creator}.example/",
    }


def run(cluster: Cluster, scale: Scale) -> tuple[list[Result], dict[str, object]]:
    """Measure frames a second and their queries."""
    town = scale.badge_world
    database = badges.make_town(cluster, town)
    empty = load.http_request("GET", badges.EMPTY)
    count = int(scale.seconds * badges.REQUESTS_A_SECOND)
    floors: list[load.Load] = []
    ours: list[load.Load] = []
    popular: list[load.Load] = []
    with cluster.web(database) as address, cluster.empty_web(badges.EMPTY) as empty_address:
        cold = _warm_up(cluster, address, scale)
        for number in scale.numbers:
            report(f"frame: round {number} of {scale.rounds}" if number else "frame: warming up")
            for loads, at, requests in (
                (floors, empty_address, itertools.repeat(empty)),
                (ours, address, _requests(town, seed=number)),
                (popular, address, _popular_requests(town)),
            ):
                cut = itertools.islice(requests, count)
                found = load.drive(cluster, at, cut, seconds=scale.seconds, status=200)
                if number:
                    loads.append(found)
        fresh = _seconds_until_shown(cluster, address, database, town) if scale.waits else None
    rates, floor_rates, popular_rates = ([each.rate for each in loads] for loads in (ours, floors, popular))
    queries = inside.run(cluster, database, "frame_queries", frame_path(town, 1))
    results = [
        compared("frame", unit="frames/s", ours=rates, floors=floor_rates, target=_RATIO),
        compared("frame, popular ones alone", unit="frames/s", ours=popular_rates, floors=floor_rates),
        compared("frame, by a server just started", unit="frames/s", ours=cold, floors=floor_rates[: len(cold)]),
        measured("frame, p99", unit="ms", values=[each.p99_ms for each in ours]),
        measured("frame, queries when cached", unit="", values=[queries["cached"]], target=_QUERIES_CACHED),
        measured("frame, queries when not", unit="", values=[queries["uncached"]], target=_QUERIES_UNCACHED),
    ]
    if fresh is not None:
        results.append(measured("frame, shows a click after", unit="s", values=[fresh], target=_FRESH_SECONDS))
    return results, {
        "frame rates": rates,
        "frame rates of a server just started": cold,
        "frame rates of popular ones": popular_rates,
        "frame floors": floor_rates,
        "frame queries": queries,
    }


def _warm_up(cluster: Cluster, address: str, scale: Scale) -> list[float]:
    """Ask for frames until the server remembers what one does that runs; return the rate of the first round."""
    requests = _requests(scale.badge_world, seed=_WARM_UP_ROUNDS + scale.rounds)
    rates: list[float] = []
    for number in range(1, 1 + _WARM_UP_ROUNDS if scale.rounds > 1 else 2):
        report(f"frame: warming up, {number} of {_WARM_UP_ROUNDS}")
        cut = itertools.islice(requests, int(scale.seconds * _WARM_UP_REQUESTS_A_SECOND))
        rates.append(load.drive(cluster, address, cut, seconds=scale.seconds, status=200).rate)
    return rates[:1]


def _seconds_until_shown(cluster: Cluster, address: str, database: str, town: World) -> float:
    """Click a button whose frame is looked at; return the seconds until every answer shows that."""
    report("frame: waiting for a click to show")
    before = {_shown(address, town) for _ in range(20)}
    inside.run(cluster, database, "click_often", world.public_id(1))
    started = time.monotonic()
    # Each of the processes remembers by itself, so several answers in a row have to be new.
    while any(_shown(address, town) in before for _ in range(20)):
        time.sleep(0.2)
    return time.monotonic() - started


def _shown(address: str, town: World) -> str:
    headers = {"X-Forwarded-Proto": "https", **_headers(town, 1)}
    # The address is our own.
    asked = urllib.request.Request(address + frame_path(town, 1), headers=headers)  # noqa: S310
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        found = _COUNT.search(answer.read().decode())
    return "" if found is None else found[1]


def _popular_requests(town: World) -> Iterator[str]:
    """Yield requests for a hundred buttons in turn, whose frames are then always cached."""
    return itertools.cycle([frame_request(town, button) for button in range(1, 1 + min(100, town.buttons))])


def _requests(town: World, *, seed: int) -> Iterator[str]:
    for _, button in world.draws(town, seed=seed):
        yield frame_request(town, button)
