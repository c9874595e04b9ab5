"""How much of a fan's cake one creator may get."""

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import BUDGET_CENTS_MAX, User
from flattr.fields import PeriodField

CAP_CENTS_MIN: Final = 1


class CreatorCap(models.Model):
    """What a creator gets of a fan's cake at most, each month from one period on; without cents, whatever comes.

    The row in force for a period is the one with the latest period in or before it. A trigger keeps the rows of
    closed periods as they are (see `migrations/0012`), so a settled month can be recomputed.
    """

    # The unique index finds a fan's rows, and nobody looks for a creator's.
    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="caps", db_index=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    most_cents = models.PositiveIntegerField(_("at most, in cents"), null=True)
    period = PeriodField(_("in effect from"))
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("cap for a creator")
        verbose_name_plural = _("caps for creators")
        constraints = [
            models.UniqueConstraint(fields=["fan", "creator", "period"], name="creator_cap_once_a_period"),
            models.CheckConstraint(
                condition=Q(most_cents__isnull=True) | Q(most_cents__range=(CAP_CENTS_MIN, BUDGET_CENTS_MAX)),
                name="creator_cap_within_limits",
            ),
            models.CheckConstraint(condition=~Q(fan=F("creator")), name="creator_cap_never_for_oneself"),
        ]

    def __str__(self) -> str:
        """Show whose it is, for whom, and from when."""
        return f"{self.fan}: {self.creator} gets at most {self.most_cents} cents from {self.period}"
