"""`python -m benchmarks.hosts`: the run, told step by step; 0 if all holds, 1 if not, 3 where it can't be tried."""

import argparse
import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.cluster import Cluster, report
from benchmarks.failures import UnableToMeasure
from benchmarks.hosts.network import Network, NoNamespaces, require_namespaces
from benchmarks.hosts.story import Story
from benchmarks.sizes import World
from flattr.development.servers import UnableToStart
from flattr.development.services import CHECKOUT

_TOWN: Final = World(fans=150, creators=40, buttons=200, clicks=30_000)


def main() -> int:
    """Run it, and leave nothing behind but the logs."""
    parser = argparse.ArgumentParser(prog="make hosts", description="Run Flattr on several hosts and cut one off.")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "var" / "hosts", help="where files and logs lie")
    folder = parser.parse_args().folder.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # What a script starts in the background ignores it otherwise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        require_namespaces()
        _run(folder)
    except NoNamespaces as error:
        sys.stderr.write(f"Nothing was tried: {error}\n")
        return 3
    except (UnableToMeasure, UnableToStart) as error:
        sys.stderr.write(f"It does not hold: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    report("all of it holds")
    return 0


def _run(folder: Path) -> None:
    with Cluster(folder) as cluster, ExitStack() as ending:
        machines = folder / "machines"
        shutil.rmtree(machines, ignore_errors=True)
        network = Network()
        ending.callback(network.close)
        Story(cluster, network, machines, _TOWN, ending).tell()


if __name__ == "__main__":
    sys.exit(main())
