"""`badge`: what each view of each page with a button costs us, beside an empty page by Django on the same server."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from benchmarks import inside, load, world
from benchmarks.cluster import Cluster, report
from benchmarks.figures import Result, at_least, at_most, compared, measured
from benchmarks.sizes import Scale, World

_DATABASE: Final = "badge"
_RATIO: Final = at_least(0.5)
_QUERIES_CACHED: Final = at_most(0)
_QUERIES_UNCACHED: Final = at_most(1)
_FRESH_SECONDS: Final = at_most(60)
REQUESTS_A_SECOND: Final = 50_000
"""More than can be answered, so that they last."""

EMPTY: Final = "/benchmarks/empty/"
"""Where both servers answer with nothing: Django alone, and we by the short way."""

_HEADERS: Final = {"Accept": "image/avif,image/webp,image/svg+xml,*/*;q=0.8", "Referer": "https://artist.example/"}
"""What a browser says when a page elsewhere shows a badge; it sends no cookie there."""


def badge_request(public_id: str) -> str:
    """Return the request for a badge as a browser sends it for somebody's page."""
    return load.http_request("GET", f"/b/{public_id}/badge.svg", headers=_HEADERS)


def make_town(cluster: Cluster, town: World) -> str:
    """Return the database with the buttons; make it if nobody has."""
    if not cluster.has(_DATABASE):
        month = world.this_month()
        cluster.create_migrated(_DATABASE)
        with closing(cluster.connect(_DATABASE)) as database:
            # Nobody clicked in the time to come: frames whose button was just clicked are asked for anew.
            world.build(database, town, month=month.start, until=world.now(), report=report)
    return _DATABASE


def run(cluster: Cluster, scale: Scale) -> tuple[list[Result], dict[str, object]]:
    """Measure badges a second, their queries, and how soon they show a click."""
    town = scale.badge_world
    make_town(cluster, town)
    empty = load.http_request("GET", EMPTY, headers=_HEADERS)
    count = int(scale.seconds * REQUESTS_A_SECOND)
    floors: list[load.Load] = []
    ours: list[load.Load] = []
    popular: list[load.Load] = []
    nothing: list[load.Load] = []
    with cluster.web(_DATABASE) as address, cluster.empty_web(EMPTY) as empty_address:
        for number in scale.numbers:
            report(f"badge: round {number} of {scale.rounds}" if number else "badge: warming up")
            for loads, at, requests in (
                (floors, empty_address, itertools.repeat(empty)),
                (ours, address, _requests(town, seed=number)),
                (popular, address, _popular_requests(town)),
                (nothing, address, itertools.repeat(empty)),
            ):
                cut = itertools.islice(requests, count)
                found = load.drive(cluster, at, cut, seconds=scale.seconds, status=200)
                if number:
                    loads.append(found)
    rates, floor_rates, popular_rates, nothing_rates = (
        [each.rate for each in loads] for loads in (ours, floors, popular, nothing)
    )
    queries = inside.run(cluster, _DATABASE, "badge_queries", world.public_id(1))
    results = [
        compared("badge", unit="badges/s", ours=rates, floors=floor_rates, target=_RATIO),
        compared("badge, popular ones alone", unit="badges/s", ours=popular_rates, floors=floor_rates),
        compared("nothing, by the short way", unit="answers/s", ours=nothing_rates, floors=floor_rates),
        measured("badge, p99", unit="ms", values=[each.p99_ms for each in ours]),
        measured("badge, queries when cached", unit="", values=[queries["cached"]], target=_QUERIES_CACHED),
        measured("badge, queries when not", unit="", values=[queries["uncached"]], target=_QUERIES_UNCACHED),
    ]
    if scale.waits:
        report("badge: waiting for a click to show")
        seconds = inside.run(cluster, _DATABASE, "badge_freshness", world.public_id(1))
        results.append(measured("badge, shows a click after", unit="s", values=[seconds], target=_FRESH_SECONDS))
    return results, {
        "badge rates": rates,
        "badge rates of popular ones": popular_rates,
        "badge floors": floor_rates,
        "rates of nothing by the short way": nothing_rates,
        "badge, part asked for first in its round": _first_asked(town, ours[-1].good, seed=scale.rounds),
        "badge queries": queries,
    }


def _popular_requests(town: World) -> Iterator[str]:
    """Yield requests for a hundred buttons in turn, whose counts are then always cached."""
    return itertools.cycle(
        [badge_request(world.public_id(button)) for button in range(1, 1 + min(100, town.buttons))]
    )


def _first_asked(town: World, count: int, *, seed: int) -> float:
    """Return which part of a round's requests were for buttons that it had not asked for before."""
    drawn = [button for _, button in itertools.islice(world.draws(town, seed=seed), count)]
    return len(set(drawn)) / len(drawn)


def _requests(town: World, *, seed: int) -> Iterator[str]:
    for _, button in world.draws(town, seed=seed):
        yield badge_request(world.public_id(button))
