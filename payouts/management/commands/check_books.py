"""`manage.py check_books`: prove the books; exit code 0 only if all holds."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payouts.queries import books


class Command(BaseCommand):
    """Proves every rule of the books from the transfers alone."""

    help = "Prove that the books balance. The exit code is 0 only if every rule holds."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each rule with its result."""
        del args, options
        findings = books.check_everything()
        broken = {finding.rule for finding in findings}
        for rule in (*books.RULES, books.DIGESTS):
            self.stdout.write(f"{'BROKEN' if rule in broken else 'holds'}  {rule}")
        if findings:
            raise CommandError("\n".join(str(finding) for finding in findings))
