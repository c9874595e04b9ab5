"""`frame`: what each view of each page with a scripted button costs us, beside an empty page by Django."""

import itertools
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


def frame_path(town: World, button: int) -> str:
    """Return the address of the frame that the page of a button shows."""
    creator = 1 + (button - 1) % town.creators
    url = f"https://creator-{creator}.example/{button}"
    return f"/b?{urlencode({'to': f'creator-{town.fans + creator}', 'url': url, 'lang': 'en'})}"


def frame_request(town: World, button: int) -> str:
    """Return the request for a frame as a browser sends it that has never clicked there."""
    creator = 1 + (button - 1) % town.creators
    headers = {
        "Host": EMBED_HOST,
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "en-GB,en;q=0.5",
        "Referer": f"https://creator-{creator}.example/",
    }
    return load.http_request("GET", frame_path(town, button), headers=headers)


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
    rates, floor_rates, popular_rates = ([each.rate for each in loads] for loads in (ours, floors, popular))
    queries = inside.run(cluster, database, "frame_queries", frame_path(town, 1))
    results = [
        compared("frame", unit="frames/s", ours=rates, floors=floor_rates, target=_RATIO),
        compared("frame, popular ones alone", unit="frames/s", ours=popular_rates, floors=floor_rates),
        measured("frame, p99", unit="ms", values=[each.p99_ms for each in ours]),
        measured("frame, queries when cached", unit="", values=[queries["cached"]], target=_QUERIES_CACHED),
        measured("frame, queries when not", unit="", values=[queries["uncached"]], target=_QUERIES_UNCACHED),
    ]
    return results, {
        "frame rates": rates,
        "frame rates of popular ones": popular_rates,
        "frame floors": floor_rates,
        "frame queries": queries,
    }


def _popular_requests(town: World) -> Iterator[str]:
    """Yield requests for a hundred buttons in turn, whose frames are then always cached."""
    return itertools.cycle([frame_request(town, button) for button in range(1, 1 + min(100, town.buttons))])


def _requests(town: World, *, seed: int) -> Iterator[str]:
    for _, button in world.draws(town, seed=seed):
        yield frame_request(town, button)
