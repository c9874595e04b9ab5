"""A creator's money: payouts, and where they go."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User


class Payout(models.Model):
    """Money out to a creator. Reserved in the ledger from the request on, reviewed by staff, sent by a worker."""

    class State(models.TextChoices):
        """How far it has come."""

        REQUESTED = "requested", _("waiting for review")
        REJECTED = "rejected", _("rejected")
        """The money is back in the creator's balance; `reason` says why."""
        APPROVED = "approved", _("approved")
        SENDING = "sending", _("being sent")
        """The provider has it and hasn't told the outcome yet."""
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        """The money is back in the creator's balance; `reason` says why."""
        CANCELLED = "cancelled", pgettext_lazy("payout", "cancelled")
        """By its creator before it was approved, or since the account will never receive it, as `reason` says then.

        The money is back in the creator's balance.
        """
        RETURNED = "returned", _("came back")
        """It was sent and taken back; the money is in the creator's balance again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="payouts", verbose_name=_("creator"))
    amount_cents = models.PositiveIntegerField(_("amount in cents"))
    account = models.CharField(_("account that it was sent to"), max_length=100, blank=True)
    """The provider's name of it, noted before it is sent; the creator may have another one since."""
    reference = models.CharField(_("provider's name of it"), max_length=100, blank=True)
    attempt = models.PositiveIntegerField(_("failures of the provider"), default=0)
    held_since = models.DateTimeField(_("held since"), null=True, blank=True)
    """Since when the platform's own balance at the provider was too short for it."""
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.REQUESTED)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    requested_at = models.DateTimeField(_("requested"))
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reviewed_payouts",
        verbose_name=_("reviewed by"),
    )
    first_reviewer = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="first_reviewed_payouts",
        verbose_name=_("first reviewed by"),
    )
    """Who approved it first, where it takes two."""
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        permissions = [("review_payout", "Can approve and reject payouts")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="payout_of_something"),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("creator")),
                name="payout_never_reviewed_by_its_creator",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "cancelled"]) | Q(reviewed_by__isnull=False),
                name="payout_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(first_reviewer__isnull=True)
                | ~Q(first_reviewer=F("creator"))
                & (Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("first_reviewer")) | Q(state="rejected")),
                name="payout_reviewed_by_two",
            ),
        ]
        indexes = [
            models.Index(fields=["creator", "-requested_at"], name="payout_of_creator"),
            models.Index(fields=["requested_at"], condition=Q(state__in=["approved", "sending"]), name="payout_open"),
        ]

    def __str__(self) -> str:
        """Show amount and creator."""
        return f"{self.amount_cents} cents to {self.creator}"


class PayoutAccount(models.Model):
    """Where a creator's payouts go, as the provider last said. It knows the creator's bank account, not we."""

    class State(models.TextChoices):
        """Whether it may receive payouts; the same words as `gateway.Readiness`."""

        READY = "ready", _("ready")
        PENDING = "pending", _("being checked")
        NEEDS_CREATOR = "needs_creator", _("needs you")
        REFUSED = "refused", _("refused")
        GONE = "gone", _("closed")

    CLOSED_STATES = (State.REFUSED, State.GONE)
    """Nothing will ever be paid out to it."""

    creator = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="payout_account", primary_key=True, verbose_name=_("creator")
    )
    account = models.CharField(_("provider's name of it"), max_length=100, unique=True)
    former = models.JSONField(_("closed ones"), default=list, blank=True)
    """The provider's names of the accounts that it replaces."""
    country = models.CharField(_("country"), max_length=2)
    state = models.CharField(_("state"), max_length=13, choices=State, default=State.NEEDS_CREATOR)
    requirements = models.JSONField(_("what is missing"), default=list, blank=True)
    """Pairs of a code of the provider's and how soon it is wanted."""
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    looked_at = models.DateTimeField(_("last looked at"), null=True, blank=True)
    least_cents = models.PositiveIntegerField(_("smallest payout in cents"), default=0)
    """The creator's own threshold; the operator's holds besides."""

    class Meta:
        verbose_name = _("payout account")
        verbose_name_plural = _("payout accounts")

    def __str__(self) -> str:
        """Show whose it is and how it is."""
        return f"{self.creator}: {self.state}"
