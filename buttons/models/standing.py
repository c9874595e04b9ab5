"""Clicks that are repeated for their fan at the start of every month."""

import uuid
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from flattr.fields import PeriodField
from flattr.period import Period

TERMS_MONTHS: Final = (3, 6, 12)
"""For how many months a standing click may go on, where it doesn't go on until it is stopped."""

_NAMESPACE: Final = uuid.UUID("3c1f2c39-8d0b-4a0e-9d55-6f8f3a5f8a0d")


class StandingClick(models.Model):
    """One click a month for one button: the month in which it was set is the first.

    A row is one life of it. Whoever sets it again after it has ended gets another row, with clicks of its own.
    """

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="standing_clicks", db_index=False)
    button = models.ForeignKey("buttons.Button", on_delete=models.PROTECT, related_name="standing_clicks")
    term_months = models.PositiveSmallIntegerField(_("term in months"), null=True, blank=True)
    from_period = PeriodField(_("first month"))
    # Exclusive, as ends of periods are; without one it goes on until it is stopped.
    until_period = PeriodField(_("month after the last"), null=True, blank=True)
    # Every month up to this one has been seen to: its click was made, or it needed none.
    done_period = PeriodField(_("last month seen to"))
    set_at = models.DateTimeField(_("set"))
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    class Meta:
        verbose_name = _("standing click")
        verbose_name_plural = _("standing clicks")
        constraints = [
            models.UniqueConstraint(
                fields=["fan", "button"], condition=Q(stopped_at__isnull=True), name="standing_click_once_a_button"
            ),
            models.CheckConstraint(
                condition=Q(term_months__isnull=True, until_period__isnull=True)
                | Q(term_months__in=TERMS_MONTHS, until_period__gt=F("from_period")),
                name="standing_click_until_its_term_ends",
            ),
        ]
        indexes = [
            models.Index(
                fields=["done_period", "id"], condition=Q(stopped_at__isnull=True), name="standing_click_due"
            )
        ]

    def __str__(self) -> str:
        """Show from when to when it goes."""
        return f"{self.from_period} – {self.until_period or ''}"

    @property
    def last_period(self) -> Period | None:
        """Return the last month that gets a click, or None where it goes on until it is stopped."""
        return self.until_period.previous if self.until_period else None

    def goes_on_in(self, period: Period) -> bool:
        """Tell whether a month is within its term."""
        return self.until_period is None or period < self.until_period

    def click_id(self, period: Period) -> uuid.UUID:
        """Return the id of its click of a month: always the same, so that a click made twice is one."""
        return uuid.uuid5(_NAMESPACE, f"{self.pk}:{period}")
