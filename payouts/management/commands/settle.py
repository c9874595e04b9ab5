"""`manage.py settle 2026-10`: settle a month by hand, with the code that the monthly job runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from flattr.period import MalformedPeriod, Period
from payouts.operations import settlement
from payouts.queries import settlements


class Command(BaseCommand):
    """Settles a period; doing it twice changes nothing."""

    help = "Settle a period that is over, such as 2026-10. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the period."""
        parser.add_argument("period", help="the month, such as 2026-10")

    def handle(self, *args: Any, **options: Any) -> None:
        """Settle, showing progress, and print what came out."""
        del args
        try:
            period = Period.parse(options["period"])
            changed = settlement.settle(period=period, clock=timezone.now, step=self._show_progress)
        except (MalformedPeriod, settlement.PeriodNotOver, settlement.EarlierPeriodDue) as error:
            raise CommandError(str(error)) from error
        except settlement.BooksDontBalance as error:
            lines = "\n".join(f"  {finding}" for finding in error.findings)
            msg = f"the books don't balance, nothing was settled:\n{lines}"
            raise CommandError(msg) from error
        summary = settlements.summary(period=period)
        if not changed:
            self.stdout.write(f"{period} was settled before; nothing changed.")
        self.stdout.write(
            f"{period}: {summary.fans} fans spent {summary.spend_micros} micros with {summary.clicks} clicks;"
            f" {summary.creators} creators earned {summary.net_micros} micros,"
            f" the platform fee is {summary.fee_micros} micros."
        )
        self.stdout.write(f"digest {summary.digest}")

    def _show_progress(self, done: int, ranges: int) -> None:
        self.stderr.write(f"· {done} of {ranges} ranges of fans")
