"""What is known of the sites that show our frame, and what follows from it. No row tells who only looked."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User

ORIGIN_LENGTH_MAX: Final = 300


class OriginDay(models.Model):
    """What is counted of a site on one day (UTC) that no other row tells: one row, however much is counted."""

    origin = models.CharField(_("site"), max_length=ORIGIN_LENGTH_MAX)
    day = models.DateField(_("day"))
    opened = models.PositiveIntegerField(_("fans who saw our window"), default=0)

    class Meta:
        verbose_name = _("day of a site")
        verbose_name_plural = _("days of sites")
        constraints = [models.UniqueConstraint(fields=["origin", "day"], name="origin_day_once")]

    def __str__(self) -> str:
        """Show the site and the day."""
        return f"{self.origin} {self.day}"


class ClickReport(models.Model):
    """A fan who said that they never meant a click on a site; one a fan and site, the latest."""

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("fan"))
    origin = models.CharField(_("site"), max_length=ORIGIN_LENGTH_MAX)
    click_id = models.UUIDField(_("click"))
    reported_at = models.DateTimeField(_("reported"))

    class Meta:
        verbose_name = _("report of a click")
        verbose_name_plural = _("reports of clicks")
        constraints = [models.UniqueConstraint(fields=["origin", "fan"], name="click_report_once_a_fan")]

    def __str__(self) -> str:
        """Show the site and the time."""
        return f"{self.origin} {self.reported_at}"


class OriginStanding(models.Model):
    """How a site stands: its numbers as of the last count, whether it has a good name, and whether one press counts.

    Each number but the last two counts a fan once a day, so that nobody alone speaks for or against a site.
    """

    origin = models.CharField(_("site"), max_length=ORIGIN_LENGTH_MAX, unique=True)
    opened = models.PositiveIntegerField(_("saw our window"), default=0)
    confirmed = models.PositiveIntegerField(_("confirmed"), default=0)
    clicked = models.PositiveIntegerField(_("clicked"), default=0)
    undone = models.PositiveIntegerField(_("took it back"), default=0)
    reports = models.PositiveIntegerField(_("reports"), default=0)
    hover_ms = models.PositiveIntegerField(_("milliseconds over the button, median"), null=True, blank=True)
    spread = models.PositiveIntegerField(_("spread of presses, in thousandths of the button"), null=True, blank=True)
    has_good_name = models.BooleanField(_("good name"), default=False)
    counted_at = models.DateTimeField(_("counted"), null=True, blank=True)
    counts_from = models.DateField(_("counts from"), null=True, blank=True)
    demoted_until = models.DateTimeField(_("to be confirmed until"), null=True, blank=True)
    frozen_at = models.DateTimeField(_("frozen"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("standing of a site")
        verbose_name_plural = _("standings of sites")
        permissions = [("decide_origin", "Can decide whether one press is enough on a site")]
        indexes = [
            models.Index(fields=["frozen_at"], condition=models.Q(frozen_at__isnull=False), name="origin_frozen")
        ]

    def __str__(self) -> str:
        """Show the site."""
        return self.origin


class OriginDecision(models.Model):
    """What was decided about a site, by a rule or by staff, and why. Rows are only ever added."""

    class Verdict(models.TextChoices):
        """What follows."""

        DEMOTED = "demoted", _("each click is confirmed for 30 days")
        FROZEN = "frozen", _("each click is confirmed until staff lift it")
        LIFTED = "lifted", _("one press is enough again")

    standing = models.ForeignKey(
        OriginStanding, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("site")
    )
    verdict = models.CharField(_("decision"), max_length=7, choices=Verdict)
    # Nobody, where a rule did.
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    reason = models.CharField(_("reason"), max_length=500)
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        verbose_name = _("decision about a site")
        verbose_name_plural = _("decisions about sites")
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="origin_decision_says_why"),
            models.CheckConstraint(
                condition=~models.Q(verdict="lifted") | models.Q(decided_by__isnull=False),
                name="origin_lifted_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(verdict__in=["demoted", "frozen", "lifted"]), name="origin_verdict_known"
            ),
        ]

    def __str__(self) -> str:
        """Show the site and what was decided."""
        return f"{self.standing}: {self.verdict}"
