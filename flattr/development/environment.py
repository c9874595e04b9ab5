"""What a management command needs in a fresh checkout: servers, and tables in an empty database."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from flattr.development import ports, processes, servers, services, worlds

_MIGRATES_ITSELF: Final = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "run", "check"}


def say(step: str) -> None:
    """Tell on stderr what is being done, so that stdout stays the command's own."""
    sys.stderr.write(f"· {step} …\n")
    sys.stderr.flush()


def provide(*, folder: Path = services.CHECKOUT) -> None:
    """Set the addresses of the embedded servers, of that folder's `var`, where the environment names no others."""
    try:
        services.provide_environment(report=say, checkout=folder)
    except servers.UnableToStart as error:
        sys.exit(f"Flattr can't start its own servers: {error}")


def prepare(command: str, arguments: Sequence[str]) -> None:
    """Provide servers, and migrate the embedded database while it is empty."""
    given = "DATABASE_URL" in os.environ
    if command == "run":
        # Before anything is started: the caller may be killed while servers come up.
        _end_with_caller(arguments)
    try:
        os.environ |= worlds.environment(is_served=command == "run")
    except (ports.NoPort, worlds.UnknownWorld) as error:
        sys.exit(f"Flattr can't start: {error}")
    provide(folder=worlds.folder())
    if not given and command not in _MIGRATES_ITSELF and _database_is_empty():
        _migrate()


def _end_with_caller(arguments: Sequence[str]) -> None:
    """End with the process that `--end-with-parent` names."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--end-with-parent", type=int)
    known, _ = parser.parse_known_args(arguments)
    if known.end_with_parent is not None:
        processes.end_with_parent(signal.SIGTERM, parent=known.end_with_parent)


def _database_is_empty() -> bool:
    import psycopg2  # noqa: PLC0415  Only a development checkout comes here.

    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('django_migrations') IS NULL")
            return cursor.fetchone() == (True,)
    finally:
        connection.close()


def _migrate() -> None:
    import django  # noqa: PLC0415  The environment has to be complete before settings are read.
    from django.core.management import call_command  # noqa: PLC0415

    say("Making the tables (once)")
    django.setup()
    call_command("migrate", verbosity=0)
