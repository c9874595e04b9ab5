"""What the provider told us of: an inbox that outlives a restart and every queue."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StripeEvent(models.Model):
    """An event of Stripe's, kept as it came. Its id is unique, so one that comes twice is here once."""

    class State(models.TextChoices):
        """How far it has come."""

        NEW = "new", _("new")
        HANDLED = "handled", _("handled")
        IGNORED = "ignored", _("ignored")
        """It tells of nothing that we look at, or staff set it aside; `error` then says why."""
        WAITING = "waiting", _("waiting")
        """What it names isn't ours yet, or couldn't be looked at; it is tried again at `due_at`."""

    OPEN_STATES = (State.NEW, State.WAITING)

    id = models.CharField(primary_key=True, max_length=100, editable=False)
    kind = models.CharField(_("kind"), max_length=150)
    account = models.CharField(_("account"), max_length=100, blank=True)
    api_version = models.CharField(_("API version"), max_length=50, blank=True)
    subject = models.CharField(_("object"), max_length=100, blank=True)
    movement_id = models.CharField(_("our row"), max_length=100, blank=True)
    customer = models.CharField(_("provider's name of the fan"), max_length=100, blank=True)
    occurred_at = models.DateTimeField(_("occurred"))
    received_at = models.DateTimeField(_("received"))
    payload = models.JSONField(_("payload"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("to be tried"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)

    class Meta:
        verbose_name = _("event of Stripe's")
        verbose_name_plural = _("events of Stripe's")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["new", "waiting"], handled_at__isnull=True)
                | Q(state__in=["handled", "ignored"], handled_at__isnull=False),
                name="stripe_event_ends_at_a_time",
            )
        ]
        indexes = [
            models.Index(fields=["received_at"], condition=Q(state__in=["new", "waiting"]), name="stripe_event_open"),
            models.Index(fields=["-received_at"], name="stripe_event_by_time"),
        ]

    def __str__(self) -> str:
        """Show what happened."""
        return f"{self.kind} ({self.id})"
