"""Who was brought to a creator by somebody's link."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Introduction(models.Model):
    """A fan's first click for a creator, whom they found by a link that somebody else shared.

    Only numbers of these are shown: to the sharer and to the creator, and never whose they are.
    """

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="introductions", db_index=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="introduced_fans")
    sharer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="introduced_by_links")
    button = models.ForeignKey("buttons.Button", on_delete=models.PROTECT, related_name="+", db_index=False)
    click_id = models.UUIDField(_("click"))
    introduced_at = models.DateTimeField(_("introduced"))

    class Meta:
        verbose_name = _("introduction")
        verbose_name_plural = _("introductions")
        constraints = [
            models.UniqueConstraint(fields=["fan", "creator"], name="introduction_once_a_fan_and_creator"),
            models.CheckConstraint(
                condition=~Q(fan=F("creator")) & ~Q(fan=F("sharer")) & ~Q(sharer=F("creator")),
                name="introduction_of_three_people",
            ),
        ]

    def __str__(self) -> str:
        """Show the time alone: whose it is concerns nobody."""
        return f"{self.introduced_at:%Y-%m-%d}"
