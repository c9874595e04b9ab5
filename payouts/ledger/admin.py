"""The book, to be read."""

from django.contrib import admin

from flattr.admin import ReadOnlyAdmin
from flattr.templatetags.money import money_filter
from payouts.ledger.models import LedgerAccount, Transfer


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin[LedgerAccount]):
    """Pots of money."""

    list_display = ["kind", "owner", "balance", "debits_micros", "credits_micros"]
    list_filter = ["kind"]
    search_fields = ["owner__email"]
    list_select_related = ["owner"]

    @admin.display(description="balance")
    def balance(self, account: LedgerAccount) -> str:
        """Show the balance in euros."""
        return money_filter(account.balance_micros, 6)


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin[Transfer]):
    """Movements."""

    list_display = [
        "id",
        "kind",
        "debit_account",
        "credit_account",
        "amount_micros",
        "occurred_at",
        "idempotency_key",
    ]
    list_filter = ["kind"]
    search_fields = ["idempotency_key"]
    list_select_related = ["debit_account__owner", "credit_account__owner"]
    ordering = ["-id"]
