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

from flattr.development import supervisor, worlds
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
        environment = {
            # The demo's passwords are public, so only this machine may come in unless told otherwise.
            "WEB_HOST": "127.0.0.1",
            **os.environ,
            "BEAT_SCHEDULE": str(worlds.folder() / "var" / "celerybeat-schedule"),
            # The programs of the virtual environment come first, whether or not it is activated.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        os.environ["PATH"] = environment["PATH"]
        with supervisor.Supervisor(environment) as running:
            if worlds.has_stripe():
                self._say("Starting a Stripe server of our own")
                running.start({"stripe": worlds.stripe_command(environment)})
                running.watch(until=lambda: _answers(self._stripe_page))
            self._say("Loading the demo world")
            call_command("demo", stdout=self.stderr, stderr=self.stderr)
            self._say("Starting web, worker and beat")
            running.start(supervisor.read_procfile(CHECKOUT / "Procfile", environment))
            # The address that people open may be another machine's, in front of this one.
            running.watch(until=lambda: _answers(f"http://localhost:{environment['PORT']}/healthz"))
            self._welcome()
            running.watch(until=lambda: False)

    @property
    def _stripe_page(self) -> str:
        return f"{settings.STRIPE_API_URL}/_fake/"

    def _welcome(self) -> None:
        host_site = settings.APP_URL.replace("localhost", "artist.localhost")
        lines = [f"open {settings.APP_URL}", f"a page with our button: {host_site}"]
        if worlds.has_stripe():
            lines.append(f"what Stripe knows, and can be made to do: {self._stripe_page}")
        self.stderr.write("".join(f"\n  {line}" for line in [*lines, "Ctrl-C ends all\n\n"]))

    def _say(self, step: str) -> None:
        self.stderr.write(f"· {step} …")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310  Both addresses are ours.
            return True
    except (urllib.error.URLError, OSError):
        return False
