"""`manage.py demo`: load a small world to look at; loading it twice changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from payouts.operations import demo, demo_people


class Command(BaseCommand):
    """Loads the demo world."""

    help = "Load the demo world: 12 creators, 40 fans, two settled months and one that runs. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it and print how to log in."""
        del args, options
        if not settings.DEVELOPMENT:
            msg = "FLATTR_ENV: the demo world has known passwords, so it is for development alone"
            raise CommandError(msg)
        try:
            demo.load(now=timezone.now(), say=lambda step: self.stderr.write(f"· {step}"))
        except demo_people.NobodyPays as error:
            raise CommandError(error) from error
        for line in demo.logins():
            self.stdout.write(line)
