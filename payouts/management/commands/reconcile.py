"""`manage.py reconcile`: compare our books with the provider's; exit 0 only if nothing differs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from payouts.gateway import ProviderUnavailable
from payouts.operations import reconciliation


class Command(BaseCommand):
    """Compares the books."""

    help = "Catch up with the payment provider, compare its book with ours, and list what differs."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print each difference: what, how much, since when."""
        try:
            items = reconciliation.reconcile(now=timezone.now())
        except ProviderUnavailable as error:
            msg = f"The provider can't be asked now: {error}"
            raise CommandError(msg) from error
        if items:
            lines = [f"{item.since:%Y-%m-%d} {item.kind} {item.subject}: {item.detail}" for item in items]
            raise CommandError("\n".join([f"{len(items)} differences are open.", *lines]))
        self.stdout.write("Our books and the provider's agree.")
