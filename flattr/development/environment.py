"""What a management command needs in a fresh checkout: servers, and tables in an empty database."""

import os
import sys
from typing import Final

from flattr.development import ports, servers, services

_MIGRATES_ITSELF: Final = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "run", "check"}


def say(step: str) -> None:
    """Tell on stderr what is being done, so that stdout stays the command's own."""
    sys.stderr.write(f"· {step} …\n")
    sys.stderr.flush()


def provide() -> None:
    """Set the addresses of the embedded servers where the environment names no others."""
    try:
        services.provide_environment(report=say)
    except servers.UnableToStart as error:
        sys.exit(f"Flattr can't start its own servers: {error}")


def prepare(command: str) -> None:
    """Provide servers, and migrate the embedded database while it is empty."""
    given = "DATABASE_URL" in os.environ
    provide()
    if command == "run":
        # The settings read these, so they have to be chosen before Django starts.
        port = ports.choose()
        os.environ["PORT"] = str(port)
        os.environ["APP_URL"] = f"http://localhost:{port}"
    if not given and command not in _MIGRATES_ITSELF and _database_is_empty():
        _migrate()


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
