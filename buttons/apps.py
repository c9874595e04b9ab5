"""Sites, buttons and clicks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ButtonsConfig(AppConfig):
    """Names the app."""

    name = "buttons"
    verbose_name = _("buttons")
