"""What we post for a fan once a month, on a network where they asked for it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Connection, User
from flattr.fields import PeriodField


class Digest(models.Model):
    """A post about the creators whom a fan clicked in a month, which they can read and stop for some days.

    There is one a month and network, whatever connections come and go.
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waiting")
        POSTED = "posted", _("posted")
        STOPPED = "stopped", _("stopped by its fan")
        FAILED = "failed", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="digests")
    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="digests", db_index=False)
    network = models.CharField(_("network"), max_length=10, choices=Connection.Network)
    period = PeriodField(_("period"))
    text = models.TextField(_("text"))
    # Places in the text, from and to, with their addresses.
    links = models.JSONField(_("links"), default=list)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Since then an attempt may have posted it without our hearing of that.
    uncertain_since = models.DateTimeField(_("uncertain since"), null=True, blank=True)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)
    url = models.CharField(_("address of the post"), max_length=700, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("monthly post")
        verbose_name_plural = _("monthly posts")
        constraints = [
            models.UniqueConstraint(fields=["fan", "network", "period"], name="digest_once_a_month"),
            models.CheckConstraint(
                condition=Q(state="waiting", due_at__isnull=False, ended_at__isnull=True)
                | Q(state__in=["posted", "stopped", "failed"], due_at__isnull=True, ended_at__isnull=False),
                name="digest_due_until_ended",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="digest_waiting")]

    def __str__(self) -> str:
        """Show where it goes and about which month it is."""
        return f"{self.network} {self.period}"
