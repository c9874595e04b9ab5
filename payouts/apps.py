"""Every cent: in, split, settled, out, explained."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PayoutsConfig(AppConfig):
    """Names the app."""

    name = "payouts"
    verbose_name = _("money")
