"""`manage.py run`: everything that a developer needs, with one command and one end."""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from flattr.development import supervisor
from flattr.development.services import CHECKOUT


class Command(BaseCommand):
    """Migrates, loads the demo world, and runs web, worker and beat."""

    help = "Serve everything for development: migrate, load the demo world, run web, worker and beat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what the Makefile asks for, which has been done by the time Django reads it."""
        parser.add_argument("--end-with-parent", type=int, help="the process whose end ends this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the steps, each with a line, and stay until Ctrl-C."""
        del args, options
        if not settings.DEVELOPMENT:
            msg = "FLATTR_ENV: `run` is for development; docker-compose.yml shows production"
            raise CommandError(msg)
        self._say("Bringing the tables up to date")
        call_command("migrate", verbosity=0)
        self._say("Loading the demo world")
        call_command("demo", stdout=self.stderr, stderr=self.stderr)
        self._say("Starting web, worker and beat")
        environment = {
            # The demo's passwords are public, so only this machine may come in unless told otherwise.
            "WEB_HOST": "127.0.0.1",
            **os.environ,
            "BEAT_SCHEDULE": str(CHECKOUT / "var" / "celerybeat-schedule"),
            # The programs of the virtual environment come first, whether or not it is activated.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        os.environ["PATH"] = environment["PATH"]
        commands = supervisor.read_procfile(CHECKOUT / "Procfile", environment)
        code = supervisor.Supervisor(commands, environment).run(is_ready=self._answers, on_ready=self._welcome)
        sys.exit(code)

    def _answers(self) -> bool:
        try:
            # The address that people open may be another machine's, in front of this one.
            with urllib.request.urlopen(f"http://localhost:{os.environ['PORT']}/healthz", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _welcome(self) -> None:
        host_site = settings.APP_URL.replace("localhost", "artist.localhost")
        self.stderr.write(
            f"\n  open {settings.APP_URL}\n  a page with our button: {host_site}\n  Ctrl-C ends all\n\n"
        )

    def _say(self, step: str) -> None:
        self.stderr.write(f"· {step} …")
