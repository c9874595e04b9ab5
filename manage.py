#!/usr/bin/env python
"""Django's command line; in development it brings its own PostgreSQL and Redis."""

import os
import sys

NEEDS_NO_DATABASE = {
    "help",
    "version",
    "--help",
    "--version",
    "collectstatic",
    "makemessages",
    "compilemessages",
}


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flattr.settings")
    os.environ.setdefault("FLATTR_ENV", "development")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    in_development = os.environ["FLATTR_ENV"] == "development"
    if in_development and command in NEEDS_NO_DATABASE:
        os.environ.setdefault("DATABASE_URL", "postgresql:///not-needed")
        os.environ.setdefault("REDIS_URL", "redis://not-needed")
    elif in_development:
        # Production doesn't have this package's requirements.
        from flattr.development import environment  # noqa: PLC0415

        environment.prepare(command, sys.argv[2:])

    from django.core.management import execute_from_command_line  # noqa: PLC0415  It reads the settings.

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        # What a shell expects of a program that Ctrl-C ended.
        sys.exit(130)
