"""What is found by searching, and how much it is clicked now."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

THE_ONLY: Final = 1
"""The key of a table with one row."""


class Listing(models.Model):
    """A button that everybody may find. Triggers write it, and delete it once it is hidden (see `migrations/0018`).

    `facets` are its category, language and tags, such as `c:audio`, `l:fr` and `t:folk`. `document` has its words
    without accents: those of the title weigh most, then the tags and the creator's name, then the description.

    `hot_at` says how much it is clicked now: as much as something that one fan clicked at that moment. Every fan
    more moves it on, twice as many by `HALF_LIFE`, so it need not be written anew while time passes.
    """

    button = models.OneToOneField(
        "buttons.Button", on_delete=models.CASCADE, primary_key=True, related_name="listing", verbose_name=_("button")
    )
    facets = ArrayField(models.TextField(), verbose_name=_("facets"), default=list)
    document = SearchVectorField(_("words"))
    created_at = models.DateTimeField(_("created"))
    hot_at = models.DateTimeField(_("hot"))

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        indexes = [
            models.Index(fields=["-created_at", "-button"], name="listing_newest"),
            models.Index(fields=["-hot_at", "-button"], name="listing_hottest"),
            GinIndex(fields=["facets"], name="listing_by_facets"),
            GinIndex(fields=["document"], name="listing_by_words"),
        ]

    def __str__(self) -> str:
        """Show which button it is."""
        return str(self.pk)


class HeatCount(models.Model):
    """Until when clicks were counted into `Listing.hot_at`; there is one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONLY)
    counted_until = models.DateTimeField(_("counted until"))

    class Meta:
        verbose_name = _("count of clicks for what is trending")
        verbose_name_plural = _("counts of clicks for what is trending")
        constraints = [models.CheckConstraint(condition=models.Q(id=THE_ONLY), name="heat_count_is_one")]

    def __str__(self) -> str:
        """Show the moment."""
        return f"{self.counted_until:%Y-%m-%d %H:%M}"
