"""The ledger as an app of its own, nested in payouts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """Names the ledger."""

    name = "payouts.ledger"
    label = "ledger"
    verbose_name = _("ledger")
