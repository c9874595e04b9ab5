"""Fans who may be named to creators, and those who chose otherwise for one creator."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User, Visibility
from flattr.fields import PeriodField


class VisibilityChoice(models.Model):
    """Who may see that a fan supports one creator, where that differs from what the fan chose for all."""

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="visibility_choices", db_index=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    visibility = models.CharField(_("who may see it"), max_length=9, choices=Visibility)
    chosen_at = models.DateTimeField(_("chosen"))

    class Meta:
        verbose_name = _("visibility for a creator")
        verbose_name_plural = _("visibility for creators")
        constraints = [
            models.UniqueConstraint(fields=["fan", "creator"], name="visibility_choice_once_a_creator"),
            models.CheckConstraint(condition=~Q(fan=F("creator")), name="visibility_choice_of_two_people"),
        ]

    def __str__(self) -> str:
        """Show the choice alone: whose it is concerns nobody."""
        return self.visibility


class Supporter(models.Model):
    """A fan who gave a creator something in settled months and may be named to somebody.

    Who stays anonymous has no rows. What may be shown of a row is decided when it is read, so no old row tells more
    than its fan wants now.
    """

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="supported", db_index=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="supporters", db_index=False)
    first_period = PeriodField(_("first month"))
    last_period = PeriodField(_("last month"))
    months = models.PositiveIntegerField(_("months"))

    class Meta:
        verbose_name = _("supporter")
        verbose_name_plural = _("supporters")
        constraints = [models.UniqueConstraint(fields=["fan", "creator"], name="supporter_once_a_creator")]
        indexes = [models.Index(fields=["creator", "first_period", "id"], name="supporter_of_creator")]

    def __str__(self) -> str:
        """Show since when, not who."""
        return str(self.first_period)
