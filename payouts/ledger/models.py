"""The book: pots of money and the transfers between them."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payouts.ledger import chart


class LedgerAccount(models.Model):
    """A pot of money, as two counters that only rise. Its balance is their difference, never stored."""

    kind = models.CharField(_("kind"), max_length=20, choices=chart.Kind)
    owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger_accounts",
        verbose_name=_("owner"),
    )
    debits_micros = models.BigIntegerField(_("debits"), default=0)
    credits_micros = models.BigIntegerField(_("credits"), default=0)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        constraints = [
            models.UniqueConstraint(fields=["kind", "owner"], name="ledger_account_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(chart.OWNED), owner__isnull=False)
                | (~Q(kind__in=sorted(chart.OWNED)) & Q(owner__isnull=True)),
                name="ledger_account_owner_fits_kind",
            ),
            models.CheckConstraint(condition=Q(kind__in=sorted(chart.Kind.values)), name="ledger_account_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind__in=sorted(chart.NEVER_OVERDRAWN)) | Q(debits_micros__lte=F("credits_micros")),
                name="ledger_account_never_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(debits_micros__gte=0, credits_micros__gte=0),
                name="ledger_account_counters_rise_from_zero",
            ),
        ]

    def __str__(self) -> str:
        """Show the kind and whose it is."""
        return f"{self.kind} of {self.owner}" if self.owner_id else str(self.kind)

    @property
    def balance_micros(self) -> int:
        """Return what the pot holds, on the side that grows it."""
        difference = self.credits_micros - self.debits_micros
        return -difference if self.kind in chart.GROWS_BY_DEBIT else difference


class Transfer(models.Model):
    """One amount from a debit account to a credit account: posted once, never changed (see the triggers).

    A trigger compares the accounts of all transfers of a statement at once, which is a tenth of the
    work that foreign keys would do row by row.
    """

    debit_account = models.ForeignKey(
        LedgerAccount,
        on_delete=models.PROTECT,
        related_name="debits",
        verbose_name=_("debit"),
        db_index=False,
        db_constraint=False,
    )
    credit_account = models.ForeignKey(
        LedgerAccount,
        on_delete=models.PROTECT,
        related_name="credits",
        verbose_name=_("credit"),
        db_index=False,
        db_constraint=False,
    )
    amount_micros = models.BigIntegerField(_("amount"))
    kind = models.CharField(_("kind"), max_length=20, choices=chart.TransferKind)
    idempotency_key = models.CharField(_("idempotency key"), max_length=100, unique=True)
    occurred_at = models.DateTimeField(_("occurred"))
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="transfer_moves_something"),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")), name="transfer_between_two_accounts"
            ),
        ]
        indexes = [
            models.Index(fields=["debit_account", "occurred_at", "id"], name="transfer_by_debit"),
            models.Index(fields=["credit_account", "occurred_at", "id"], name="transfer_by_credit"),
            # Transfers lie in the order of their time, near enough for an index of block ranges.
            BrinIndex(fields=["occurred_at"], name="transfer_by_time"),
            # Reversals are few among many, and most rules of the proof look for them.
            models.Index(fields=["id"], condition=Q(kind="reversal"), name="transfer_reversals"),
        ]

    def __str__(self) -> str:
        """Show the transfer's key."""
        return self.idempotency_key
