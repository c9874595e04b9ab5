"""A fan's money: deposits, refunds, and by what they pay."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from flattr.fields import PeriodField


class Deposit(models.Model):
    """Money in from a fan. Its id is the idempotency key towards the payment provider."""

    class State(models.TextChoices):
        """How far it has come. Only `succeeded` moves money."""

        PENDING = "pending", _("pending")
        """The provider hasn't told the outcome yet."""
        PROCESSING = "processing", _("on its way")
        """The fan has paid by debit, and the bank takes days to say whether the money comes."""
        NEEDS_FAN = "needs_fan", _("needs your confirmation")
        """The fan's bank wants the fan to confirm."""
        SUCCEEDED = "succeeded", _("succeeded")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")
        """The fan left the pay page and never came back."""
        REVIEW = "review", _("being looked at")
        """The provider tells of another amount, currency or person than this row. Staff decide; nothing is booked."""

    OPEN_STATES = (State.PENDING, State.PROCESSING, State.NEEDS_FAN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deposits", verbose_name=_("fan"))
    amount_cents = models.PositiveIntegerField(_("amount in cents"))
    processor_fee_cents = models.PositiveIntegerField(_("processor fee in cents"), null=True, blank=True)
    for_period = PeriodField(_("renewal for"), null=True, blank=True)
    reference = models.CharField(_("provider's name of it"), max_length=100, blank=True)
    attempt = models.PositiveIntegerField(_("failures of the provider"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("deposit")
        verbose_name_plural = _("deposits")
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="deposit_of_something"),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(processor_fee_cents__isnull=False),
                name="deposit_succeeds_with_its_fee",
            ),
            models.UniqueConstraint(
                fields=["fan", "for_period"],
                condition=Q(state__in=["pending", "processing", "needs_fan", "succeeded"]),
                name="deposit_renews_a_period_once",
            ),
            models.UniqueConstraint(fields=["reference"], condition=~Q(reference=""), name="deposit_of_one_payment"),
        ]
        indexes = [
            models.Index(fields=["fan", "-started_at"], name="deposit_of_fan"),
            models.Index(fields=["-started_at", "-id"], name="deposit_newest_first"),
            models.Index(
                fields=["started_at"],
                condition=Q(state__in=["pending", "processing", "needs_fan"]),
                name="deposit_open",
            ),
        ]

    def __str__(self) -> str:
        """Show amount and fan."""
        return f"{self.amount_cents} cents from {self.fan}"


class Refund(models.Model):
    """A part of a deposit on its way back to a fan. Reserved in the ledger from the request on."""

    class State(models.TextChoices):
        """How far it has come."""

        REQUESTED = "requested", _("requested")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        """The money never left, and is in the fan's balance again."""
        BOUNCED = "bounced", _("came back")
        """The money was sent and came back, and is in the fan's balance again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request_id = models.UUIDField(_("request"), default=uuid.uuid4, editable=False, db_index=True)
    """What the fan asked for at once; it takes one row for each deposit that it comes from."""
    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("fan"))
    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("deposit"))
    amount_cents = models.PositiveIntegerField(_("amount in cents"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.REQUESTED)
    reference = models.CharField(_("provider's name of it"), max_length=100, blank=True)
    attempt = models.PositiveIntegerField(_("failures of the provider"), default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    requested_at = models.DateTimeField(_("requested"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [models.CheckConstraint(condition=Q(amount_cents__gt=0), name="refund_of_something")]
        indexes = [models.Index(fields=["requested_at"], condition=Q(state="requested"), name="refund_open")]

    def __str__(self) -> str:
        """Show amount and fan."""
        return f"{self.amount_cents} cents to {self.fan}"


class PaymentMethod(models.Model):
    """By what a fan pays, as the provider knows it. Without a `method` there is none, or the fan has removed it."""

    fan = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="payment_method", primary_key=True, verbose_name=_("fan")
    )
    customer = models.CharField(_("provider's name of the fan"), max_length=100, unique=True)
    method = models.CharField(_("provider's name of it"), max_length=100, blank=True)
    kind = models.CharField(_("kind"), max_length=30, blank=True)
    label = models.CharField(_("label"), max_length=100, blank=True)
    expires = PeriodField(_("expires"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")

    def __str__(self) -> str:
        """Show whose it is, and what."""
        return f"{self.fan}: {self.label or '-'}"


class Consent(models.Model):
    """What a fan agreed to when they let us charge them without asking each time. Rows are only ever added."""

    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents", verbose_name=_("fan"))
    version = models.CharField(_("version of the text"), max_length=20)
    text = models.TextField(_("text"))
    given_at = models.DateTimeField(_("given"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["fan", "-given_at"], name="consent_of_fan")]

    def __str__(self) -> str:
        """Show whose it is and since when."""
        return f"{self.fan}: {self.version} ({self.given_at:%Y-%m-%d})"
