"""Deposits that are contested: by the fan's bank, which takes the money back until it is decided."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payouts.models.fans import Deposit
from payouts.models.settlements import Settlement


class Dispute(models.Model):
    """A bank that takes a deposit back. Its id is the provider's name of it."""

    class State(models.TextChoices):
        """How far it has come."""

        ASKED = "asked", _("asked about")
        """The bank wants to know more and has taken nothing."""
        OPEN = "open", _("open")
        """The bank has taken the money, and decides."""
        WON = "won", _("won")
        """We have the money again, or it was never taken."""
        LOST = "lost", _("lost")

    id = models.CharField(primary_key=True, max_length=100, editable=False)
    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, related_name="disputes", verbose_name=_("deposit"))
    amount_cents = models.PositiveIntegerField(_("amount in cents"))
    fee_cents = models.PositiveIntegerField(_("fee in cents"), default=0)
    is_fee_returned = models.BooleanField(_("fee returned"), default=False)
    is_taken = models.BooleanField(_("money taken"), default=False)
    """Whether the bank ever had the money; where the dispute is won after that, it was given back."""
    state = models.CharField(_("state"), max_length=5, choices=State, default=State.ASKED)
    reason = models.CharField(_("reason"), max_length=100, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["won", "asked"]) | Q(is_taken=True), name="dispute_taken_while_open"
            )
        ]
        indexes = [models.Index(fields=["-opened_at"], name="dispute_by_time")]

    def __str__(self) -> str:
        """Show amount and deposit."""
        return f"{self.amount_cents} cents of {self.deposit_id}"


class DisputeShare(models.Model):
    """What one of those who had the money of a disputed deposit gave for it, until it is decided or for good."""

    class Source(models.TextChoices):
        """Whose money it is, in the order in which they are asked."""

        FAN = "fan", _("fan")
        CREATOR = "creator", _("creator")
        PLATFORM = "platform", _("platform")

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="shares")
    source = models.CharField(_("whose"), max_length=8, choices=Source)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="dispute_shares")
    amount_micros = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("share of a dispute")
        verbose_name_plural = _("shares of disputes")
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "source", "owner"], nulls_distinct=False, name="dispute_share_once"
            ),
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="dispute_share_of_something"),
            models.CheckConstraint(
                condition=Q(source="platform", owner__isnull=True) | ~Q(source="platform") & Q(owner__isnull=False),
                name="dispute_share_of_somebody",
            ),
        ]

    def __str__(self) -> str:
        """Show whose it is and how much."""
        return f"{self.amount_micros} micros of {self.owner or self.source}"


class Debt(models.Model):
    """What a creator got of a disputed deposit and had no more when it was taken, where creators bear that.

    The platform bears it first. Where the dispute is lost, it is kept from the creator's months to come.
    """

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="debts", verbose_name=_("dispute"))
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="debts", verbose_name=_("creator"))
    amount_micros = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("debt of a creator")
        verbose_name_plural = _("debts of creators")
        constraints = [
            models.UniqueConstraint(fields=["dispute", "creator"], name="debt_once"),
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="debt_of_something"),
        ]

    def __str__(self) -> str:
        """Show who owes how much."""
        return f"{self.amount_micros} micros of {self.creator}"


class Recovery(models.Model):
    """What was kept of a creator's month for a debt."""

    debt = models.ForeignKey(Debt, on_delete=models.PROTECT, related_name="recoveries")
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="recoveries")
    amount_micros = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("recovery of a debt")
        verbose_name_plural = _("recoveries of debts")
        constraints = [
            models.UniqueConstraint(fields=["debt", "settlement"], name="recovery_once_a_month"),
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="recovery_of_something"),
        ]

    def __str__(self) -> str:
        """Show how much was kept, and of which month."""
        return f"{self.amount_micros} micros of {self.settlement}"

    @property
    def key(self) -> str:
        """Return the idempotency key of its transfer."""
        return f"debt:{self.debt_id}:{self.settlement}"
