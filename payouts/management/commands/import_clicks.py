"""`manage.py import_clicks FILE.csv --period 2026-10 --budget-cents 500`: a month of clicks from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.operations import BudgetOutOfRange
from buttons.operations.clicks import PeriodClosed
from flattr.period import MalformedPeriod, Period
from payouts.operations import imports


class Command(BaseCommand):
    """Imports clicks, all or nothing."""

    help = "Import a CSV file with the columns fan, creator and clicks. All or nothing; errors name the line."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, the period and the budget."""
        parser.add_argument("file", type=Path, help="a CSV file in UTF-8")
        parser.add_argument("--period", required=True, help="the month of the clicks, such as 2026-10")
        parser.add_argument("--budget-cents", type=int, required=True, help="every fan's monthly budget in cents")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check and import."""
        del args
        path: Path = options["file"]
        try:
            period = Period.parse(options["period"])
            rows = imports.parse_clicks(path.read_bytes())
            self.stderr.write(f"· {len(rows)} lines are well-formed; importing")
            imported = imports.import_clicks(
                rows=rows, period=period, budget_cents=options["budget_cents"], now=timezone.now()
            )
        except OSError as error:
            msg = f"file: {error}"
            raise CommandError(msg) from error
        except (MalformedPeriod, BudgetOutOfRange, PeriodClosed, imports.UnableToImport) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{period}: {imported.fans} fans, {imported.creators} creators, {imported.clicks} clicks imported."
        )
