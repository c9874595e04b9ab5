"""What creators embed and what fans do with it: sites, buttons and clicks. No money here."""

import secrets
import uuid
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from buttons.models.digests import Digest
from buttons.models.discovery import HeatCount, Listing
from buttons.models.sharing import Introduction
from buttons.models.sites import PageCheck, Site, SiteCheck
from buttons.models.standing import TERMS_MONTHS, StandingClick
from buttons.models.supporters import ClickVisibility, Supporter, VisibilityChoice
from buttons.models.trust import ClickReport, OriginDay, OriginDecision, OriginStanding
from flattr.fields import PeriodField

__all__ = [
    "TERMS_MONTHS",
    "Button",
    "ButtonAlias",
    "Click",
    "ClickReport",
    "ClickVisibility",
    "ClosedPeriod",
    "Confirmation",
    "Digest",
    "HeatCount",
    "Introduction",
    "Listing",
    "MonthlyClicks",
    "OneClick",
    "OriginDay",
    "OriginDecision",
    "OriginStanding",
    "PageCheck",
    "Site",
    "SiteCheck",
    "SiteKey",
    "StandingClick",
    "Supporter",
    "VisibilityChoice",
]

PUBLIC_ID_LENGTH: Final = 12
_PUBLIC_ID_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def new_public_id() -> str:
    """Return a random id for URLs, without letters that are easily mistaken for one another."""
    return "".join(secrets.choice(_PUBLIC_ID_ALPHABET) for _ in range(PUBLIC_ID_LENGTH))


class Button(models.Model):
    """One thing that can be clicked: a URL of a creator's site."""

    class Category(models.TextChoices):
        """What sort of work it is, as old Flattr asked for it."""

        TEXT = "text", _("text")
        IMAGES = "images", _("images")
        AUDIO = "audio", _("audio")
        VIDEO = "video", _("video")
        SOFTWARE = "software", _("software")
        PEOPLE = "people", _("people")
        OTHER = "other", _("other")

    public_id = models.CharField(_("public id"), max_length=PUBLIC_ID_LENGTH, unique=True, default=new_public_id)
    creator = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="buttons", verbose_name=_("creator"), db_index=False
    )
    # A creator's own page on our site has none.
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="buttons", verbose_name=_("site"), null=True, blank=True
    )
    url = models.URLField(_("address"), max_length=2000)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    category = models.CharField(_("category"), max_length=10, choices=Category, default=Category.OTHER)
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, blank=True, size=20)
    language = models.CharField(_("language"), max_length=10, blank=True)
    hidden_at = models.DateTimeField(_("hidden"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    # Set while a button that was made by a click waits for its page to be read; whoever edits it ends that.
    read_next_at = models.DateTimeField(_("page is read"), null=True, blank=True)
    read_failures = models.PositiveSmallIntegerField(_("failed tries to read it"), default=0, db_default=0)

    class Meta:
        verbose_name = _("button")
        verbose_name_plural = _("buttons")
        constraints = [models.UniqueConstraint(fields=["creator", "url"], name="button_once_a_url")]
        indexes = [
            models.Index(fields=["creator", "-created_at", "-id"], name="button_newest_of_creator"),
            models.Index(
                fields=["read_next_at"], condition=models.Q(read_next_at__isnull=False), name="button_to_read"
            ),
        ]

    def __str__(self) -> str:
        """Show the title."""
        return self.title


class ButtonAlias(models.Model):
    """An address that leads to a button whose own is another one: its page was there, or is found there as well.

    It leads to a button, never to another address, so there are neither chains nor circles. Button and address have
    the same creator: what names another creator is none of its clicks.
    """

    creator = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("creator"), db_index=False
    )
    url = models.URLField(_("address"), max_length=2000)
    button = models.ForeignKey(Button, on_delete=models.PROTECT, related_name="aliases", verbose_name=_("button"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("other address of a button")
        verbose_name_plural = _("other addresses of buttons")
        constraints = [models.UniqueConstraint(fields=["creator", "url"], name="button_alias_once_a_url")]

    def __str__(self) -> str:
        """Show the address."""
        return self.url


class Click(models.Model):
    """One fan's one slice for one button in one period.

    The id is chosen by the client or the page, so a repeated request is a no-op. An undone click
    stays as a row, so that a late repeat of the request can't bring it back.

    The table is partitioned by period (see `migrations/0003`), and its primary key is the id, the fan and
    the period (see `migrations/0006`): an id is the fan's own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="clicks", db_index=False)
    button = models.ForeignKey(Button, on_delete=models.PROTECT, related_name="clicks", db_index=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="received_clicks", db_index=False)
    period = PeriodField(_("period"))
    clicked_at = models.DateTimeField(_("clicked"))
    origin = models.CharField(_("origin"), max_length=300, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("click")
        verbose_name_plural = _("clicks")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(fan=models.F("creator")), name="click_never_on_ones_own_button"
            )
        ]
        indexes = [
            # Month end reads this one alone: every standing click of a period, grouped by fan and button.
            models.Index(
                fields=["period", "fan", "button"],
                include=["creator"],
                condition=models.Q(undone_at__isnull=True),
                name="click_by_fan",
            ),
            models.Index(
                fields=["button"],
                condition=models.Q(undone_at__isnull=True),
                name="click_by_button",
            ),
            # Web processes ask for the newest, and for what was taken back (see `queries/frame_memory.py`).
            BrinIndex(fields=["clicked_at"], name="click_by_time", autosummarize=True, pages_per_range=32),
            models.Index(
                fields=["undone_at"],
                name="click_by_undoing",
                condition=models.Q(undone_at__isnull=False),
            ),
            # What is trending looks whether a fan's click was their first; this one is written by undoing alone.
            models.Index(
                fields=["fan", "button"], condition=models.Q(undone_at__isnull=False), name="click_undone_by_fan"
            ),
        ]

    def __str__(self) -> str:
        """Show the click's id."""
        return str(self.id)


class MonthlyClicks(models.Model):
    """What one button got in one closed period, written when it is closed: nobody counts old clicks again."""

    # It comes from clicks, whose own reference the database has compared.
    button = models.ForeignKey(
        Button, on_delete=models.PROTECT, related_name="monthly_clicks", db_index=False, db_constraint=False
    )
    period = PeriodField(_("period"))
    clicks = models.PositiveBigIntegerField(_("clicks"))

    class Meta:
        verbose_name = _("clicks of a month")
        verbose_name_plural = _("clicks of a month")
        constraints = [
            models.UniqueConstraint(fields=["button", "period"], name="monthly_clicks_once", include=["clicks"])
        ]

    def __str__(self) -> str:
        """Show the period and the number."""
        return f"{self.clicks} in {self.period}"


class ClosedPeriod(models.Model):
    """A period that is over for good: from this row on, a trigger refuses to add, undo or move its clicks."""

    period = PeriodField(_("period"), primary_key=True)
    closed_at = models.DateTimeField(_("closed"))

    class Meta:
        verbose_name = _("closed period")
        verbose_name_plural = _("closed periods")

    def __str__(self) -> str:
        """Show the period."""
        return str(self.period)


class Confirmation(models.Model):
    """A click that a fan confirmed in our window, for a creator and on a site: one press is enough there for a while.

    The frame that opened the window made up a secret and gave the window its hash, the challenge. Whoever knows
    the secret gets a key for the site, once and soon.
    """

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="confirmations", db_index=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    click_id = models.UUIDField(_("click"))
    origin = models.CharField(_("origin"), max_length=300)
    challenge = models.CharField(_("challenge"), max_length=64, unique=True)
    confirmed_at = models.DateTimeField(_("confirmed"))
    redeemed_at = models.DateTimeField(_("redeemed"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    # The fan wants to be asked again; what they confirmed goes on counting in the site's statistics.
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        constraints = [models.UniqueConstraint(fields=["fan", "click_id"], name="confirmation_once_a_click")]
        indexes = [
            models.Index(fields=["fan", "origin", "creator", "-confirmed_at"], name="confirmation_of_fan"),
            models.Index(fields=["origin", "confirmed_at"], name="confirmation_by_origin"),
        ]

    def __str__(self) -> str:
        """Show the site and the time."""
        return f"{self.origin} {self.confirmed_at}"


class SiteKey(models.Model):
    """What a browser keeps for one site, in a cookie that no other site's pages can have sent: whose clicks they are.

    Only the secret's hash is here. Each click gives the browser a new secret; the one before stays good, since
    the answer that brought the new one may have been lost.
    """

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="site_keys", verbose_name=_("fan"))
    origin = models.CharField(_("site"), max_length=300)
    secret_hash = models.CharField(max_length=64, unique=True)
    previous_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    used_at = models.DateTimeField(_("last used"))
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("site's key")
        verbose_name_plural = _("sites' keys")

    def __str__(self) -> str:
        """Show the site."""
        return self.origin


class OneClick(models.Model):
    """A click that was made by one press on somebody's page, with what the frame saw of the press.

    It is written before the click is, so that the limits count it; where the click then fails it counts as well.
    """

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="one_clicks", db_index=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    button = models.ForeignKey(Button, on_delete=models.PROTECT, related_name="+", db_index=False)
    click_id = models.UUIDField(_("click"))
    origin = models.CharField(_("origin"), max_length=300)
    clicked_at = models.DateTimeField(_("clicked"))
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    hover_ms = models.PositiveIntegerField(_("milliseconds over the button before it was pressed"))
    x = models.PositiveSmallIntegerField(_("where, from the left, in thousandths"))
    y = models.PositiveSmallIntegerField(_("where, from the top, in thousandths"))

    class Meta:
        verbose_name = _("click by one press")
        verbose_name_plural = _("clicks by one press")
        constraints = [models.UniqueConstraint(fields=["fan", "click_id"], name="one_click_once_a_click")]
        indexes = [
            models.Index(fields=["fan", "clicked_at"], name="one_click_of_fan"),
            models.Index(fields=["origin", "clicked_at"], name="one_click_by_origin"),
        ]

    def __str__(self) -> str:
        """Show the site and the time."""
        return f"{self.origin} {self.clicked_at}"
