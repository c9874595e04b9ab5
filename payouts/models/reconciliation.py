"""What the provider's own book says, and where ours differs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User


class ProcessorMovement(models.Model):
    """One line of the provider's book about our money there. Its id is the provider's, so each is here once."""

    id = models.CharField(primary_key=True, max_length=100, editable=False)
    kind = models.CharField(_("kind"), max_length=50)
    subject = models.CharField(pgettext_lazy("movement", "about"), max_length=100, db_index=True)
    """The provider's name of the payment, refund, transfer or dispute that it is about."""
    amount_cents = models.BigIntegerField(_("amount in cents"))
    """What came, before the fee; less than zero for what went."""
    fee_cents = models.BigIntegerField(_("fee in cents"))
    occurred_at = models.DateTimeField(_("occurred"), db_index=True)

    class Meta:
        verbose_name = _("movement at the provider")
        verbose_name_plural = _("movements at the provider")

    def __str__(self) -> str:
        """Show what moved."""
        return f"{self.kind} {self.subject}: {self.amount_cents}"


class ReconciliationItem(models.Model):
    """A difference between the provider's book and ours, until it is gone or staff say what it is."""

    class Kind(models.TextChoices):
        """What differs."""

        UNKNOWN = "unknown", _("the provider moved what we know nothing of")
        DIFFERS = "differs", _("the provider moved another amount")
        MISSING = "missing", _("we booked what the provider didn't move")
        BALANCE = "balance", _("the balances differ")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    subject = models.CharField(pgettext_lazy("movement", "about"), max_length=100)
    detail = models.TextField(_("detail"))
    difference_cents = models.BigIntegerField(_("difference in cents"))
    since = models.DateTimeField(_("since"))
    """When it was found first."""
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="resolved_items",
        verbose_name=_("resolved by"),
    )
    """Nobody where the difference went away by itself."""
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        permissions = [("resolve_item", "Can resolve differences")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at__isnull=True), name="difference_open_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True) | (Q(ended_at__isnull=False) & ~Q(note="")),
                name="difference_resolved_with_a_note",
            ),
        ]
        indexes = [models.Index(fields=["-since"], name="difference_by_time")]

    def __str__(self) -> str:
        """Show what differs."""
        return f"{self.kind} {self.subject}: {self.difference_cents}"
