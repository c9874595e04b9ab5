"""Fans who may be named to creators, and what they chose otherwise for one creator or one click."""

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


class ClickVisibility(models.Model):
    """Who may see a single click, where its fan said so: it overrides what they chose for the creator and for all.

    A click that is undone has no row. It stands beside the clicks, most of which have none: they cost nothing more,
    and a month of them can be taken out of their table while what was chosen goes on counting.
    """

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="click_visibilities", db_index=False)
    period = PeriodField(_("period"))
    # No reference: the click may be in the archive.
    click_id = models.UUIDField(_("click"))
    button = models.ForeignKey("buttons.Button", on_delete=models.PROTECT, related_name="+", verbose_name=_("button"))
    visibility = models.CharField(_("who may see it"), max_length=9, choices=Visibility)
    chosen_at = models.DateTimeField(_("chosen"))

    class Meta:
        verbose_name = _("visibility of a click")
        verbose_name_plural = _("visibility of clicks")
        constraints = [
            models.UniqueConstraint(fields=["fan", "period", "click_id"], name="click_visibility_once_a_click")
        ]
        # Who wants to be seen by a click alone is looked for when its month is settled.
        indexes = [
            models.Index(
                fields=["period", "fan"],
                condition=~Q(visibility=Visibility.ANONYMOUS),
                name="click_visibility_seen",
            )
        ]

    def __str__(self) -> str:
        """Show the choice alone: whose it is concerns nobody."""
        return self.visibility


class Supporter(models.Model):
    """Settled months in which a fan gave a creator something and may be named for that to somebody.

    A fan has one row for the months that may be seen as chosen for the creator, else for all, and one for each wider
    choice that single clicks of other months have. A month stands in one row alone, the one by which most may see it,
    so months are counted once. Who stays anonymous has no rows. What may be shown of a row is decided when it is
    read, so no old row tells more than its fan wants now.
    """

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="supported", db_index=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="supporters", db_index=False)
    # Empty where it is as for the creator, else as for all.
    by_clicks = models.CharField(
        _("who may see single clicks"), max_length=9, choices=Visibility, blank=True, default="", db_default=""
    )
    first_period = PeriodField(_("first month"))
    last_period = PeriodField(_("last month"))
    months = models.PositiveIntegerField(_("months"))

    class Meta:
        verbose_name = _("supporter")
        verbose_name_plural = _("supporters")
        constraints = [
            models.UniqueConstraint(fields=["fan", "creator", "by_clicks"], name="supporter_once_a_choice"),
            models.CheckConstraint(
                condition=~Q(by_clicks=Visibility.ANONYMOUS), name="supporter_by_clicks_that_are_seen"
            ),
        ]
        indexes = [models.Index(fields=["creator", "first_period", "id"], name="supporter_of_creator")]

    def __str__(self) -> str:
        """Show since when, not who."""
        return str(self.first_period)
