"""`manage.py export_settlement 2026-10`: all lines of a settled month as CSV, its digest on stderr."""

import hashlib
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flattr.period import MalformedPeriod, Period
from payouts.queries import settlements


class Command(BaseCommand):
    """Prints a settlement so that anybody can recompute its digest and its shares."""

    help = "Print a settled period as CSV on stdout and the digest of that CSV on stderr."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the period."""
        parser.add_argument("period", help="the month, such as 2026-10")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the lines, computing the digest from what is printed."""
        del args
        try:
            period = Period.parse(options["period"])
        except MalformedPeriod as error:
            raise CommandError(str(error)) from error
        settlement = settlements.settlement_of(period=period)
        if settlement is None or settlement.finished_at is None:
            msg = f"period: {period} is not settled"
            raise CommandError(msg)
        hasher = hashlib.sha256()

        def write(piece: bytes) -> None:
            hasher.update(piece)
            self.stdout.write(piece.decode("ascii"), ending="")

        settlements.export(settlement=settlement, write=write)
        self.stderr.write(f"digest {hasher.hexdigest()}")
        if hasher.hexdigest() != settlement.digest:
            msg = f"the digest published for {period} is {settlement.digest}"
            raise CommandError(msg)
