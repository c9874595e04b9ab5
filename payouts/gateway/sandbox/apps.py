"""The sandbox as an app of its own, nested in the gateways."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SandboxConfig(AppConfig):
    """Names the sandbox."""

    name = "payouts.gateway.sandbox"
    label = "sandbox"
    verbose_name = _("sandbox")
