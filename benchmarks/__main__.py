"""`python -m benchmarks`: measure, print a table, write `var/bench/latest.json`; 0 only if all targets hold."""

import argparse
import dataclasses
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks import badges, clicks, figures, frames, machine, pages, settlements
from benchmarks.cluster import Cluster
from benchmarks.failures import UnableToMeasure
from benchmarks.figures import Result
from benchmarks.sizes import SCALES, Scale
from flattr.development.servers import UnableToStart
from flattr.development.services import CHECKOUT

Benchmark = Callable[[Cluster, Scale], tuple[list[Result], dict[str, object]]]

BENCHMARKS: Final[dict[str, Benchmark]] = {
    "click": clicks.run,
    "badge": badges.run,
    "frame": frames.run,
    "settle": settlements.run,
    "pages": pages.run,
}


def main() -> int:
    """Run the benchmarks that the command line names."""
    options = _parser().parse_args()
    scale = SCALES[options.scale]
    if options.rounds is not None:
        scale = dataclasses.replace(scale, rounds=options.rounds)
    if options.clicks is not None:
        months = tuple(month for month in scale.months if month.world.clicks <= options.clicks)
        scale = dataclasses.replace(scale, months=months or scale.months[:1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # What a script starts in the background ignores it otherwise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _run(options.names or list(BENCHMARKS), scale, options.scale, options.folder.resolve())
    except (UnableToMeasure, UnableToStart) as error:
        sys.stderr.write(f"Not all was measured: {error}\n")
        return 2
    except KeyboardInterrupt:
        # What a shell expects of a program that Ctrl-C ended; the servers are gone by now.
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure what the design sets targets for.")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--scale", choices=SCALES, default="full", help="how large; the targets are those of full")
    parser.add_argument("--rounds", type=int, help="how often floor and ours are measured in turn")
    parser.add_argument("--clicks", type=int, help="leave out months with more clicks than this")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "var" / "bench", help="where the servers live")
    return parser


def _run(names: list[str], scale: Scale, scale_name: str, folder: Path) -> int:
    results: list[Result] = []
    details: dict[str, object] = {}
    with Cluster(folder) as cluster:
        facts = machine.describe(cluster, scale=scale_name, rounds=scale.rounds)
        try:
            for name in names:
                found, behind = BENCHMARKS[name](cluster, scale)
                results += found
                details |= behind
                is_complete = name == names[-1]
                figures.write(
                    folder / "latest.json", machine=facts, results=results, details=details, is_complete=is_complete
                )
        finally:
            # What took hours is told, even where something after it can't be measured.
            if results:
                sys.stdout.write(figures.table(results) + "\n")
    return 1 if any(each.holds is False for each in results) else 0


if __name__ == "__main__":
    sys.exit(main())
