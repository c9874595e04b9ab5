"""The month's end: settlements, and what each fan, button and creator had of them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from buttons.models import Button
from flattr.fields import PeriodField


class Settlement(models.Model):
    """The month-end run for one period. It is opened once, worked off in ranges of fans, and finished once."""

    period = PeriodField(_("period"), unique=True)
    fee_basis_points = models.PositiveIntegerField(_("platform fee in basis points"))
    opened_at = models.DateTimeField(_("opened"))
    withdrawable_at = models.DateTimeField(_("earnings withdrawable from"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    announced_at = models.DateTimeField(_("announced"), null=True, blank=True)
    digest = models.CharField(_("digest"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, digest="")
                | Q(finished_at__isnull=False, digest__regex="^[0-9a-f]{64}$"),
                name="settlement_finished_with_its_digest",
            )
        ]

    def __str__(self) -> str:
        """Show the period."""
        return str(self.period)


class SettlementSpend(models.Model):
    """What one fan spends in one settlement, fixed when it is opened so that nothing later changes it.

    Where caps leave a part of it, that is moved from the spend to what is kept when the cake is cut.
    """

    # The fan comes from a click, which the database has compared; doing it again took a third of the opening.
    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="spends", db_index=False, db_constraint=False
    )
    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="settlement_spends", db_constraint=False)
    budget_micros = models.BigIntegerField(_("budget"))
    spend_micros = models.BigIntegerField(_("spend"))
    kept_micros = models.BigIntegerField(_("kept"), default=0, db_default=0)
    """What stayed in the balance since everybody clicked was at their cap."""
    clicks = models.PositiveIntegerField(_("clicks"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "fan"], name="settlement_spend_once_a_fan"),
            models.CheckConstraint(
                condition=Q(
                    spend_micros__gt=0,
                    kept_micros__gte=0,
                    spend_micros__lte=F("budget_micros") - F("kept_micros"),
                    clicks__gt=0,
                ),
                name="settlement_spend_within_budget",
            ),
        ]


class SettlementRange(models.Model):
    """A range of fans that one task settles in one transaction."""

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="ranges", db_index=False)
    number = models.PositiveIntegerField(_("number"))
    first_fan_id = models.BigIntegerField(_("first fan"))
    last_fan_id = models.BigIntegerField(_("last fan"))
    repeats = models.JSONField(null=True, blank=True)
    """By a creator's id: how many lines of the range are a fan's second or later one for that creator."""
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "number"], name="settlement_range_once"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, repeats__isnull=True)
                | Q(done_at__isnull=False, repeats__isnull=False),
                name="settlement_range_done_with_its_repeats",
            ),
        ]


class SettlementDigest(models.Model):
    """The digest of a settlement's lines, made when all ranges are done, for the finish to publish."""

    settlement = models.OneToOneField(
        Settlement, on_delete=models.PROTECT, related_name="lines_digest", primary_key=True
    )
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="settlement_digest_is_one")
        ]


class SettlementLine(models.Model):
    """One fan's share for one button: the amount it got, and the part of that which is the platform's fee.

    The database doesn't compare its references: they are copied from clicks and spends, whose own are
    compared, by the million, and `check_books` looks at all of them.
    """

    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    fan = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="settlement_lines", db_index=False, db_constraint=False
    )
    button = models.ForeignKey(
        Button, on_delete=models.PROTECT, related_name="settlement_lines", db_index=False, db_constraint=False
    )
    creator = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="earned_lines", db_index=False, db_constraint=False
    )
    clicks = models.PositiveIntegerField(_("clicks"))
    amount_micros = models.BigIntegerField(_("amount"))
    fee_micros = models.BigIntegerField(_("fee"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "fan", "button"], name="settlement_line_once"),
            models.CheckConstraint(
                condition=Q(clicks__gt=0, fee_micros__gte=0, fee_micros__lte=F("amount_micros")),
                name="settlement_line_in_range",
            ),
        ]
        indexes = [models.Index(fields=["creator", "settlement"], name="settlement_line_by_creator")]


class ButtonEarning(models.Model):
    """What one button earned in one settlement: its lines summed once, so that no page sums them again."""

    # As with lines, `check_books` compares what the database doesn't.
    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="button_earnings", db_index=False, db_constraint=False
    )
    creator = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="button_earnings", db_index=False, db_constraint=False
    )
    button = models.ForeignKey(
        Button, on_delete=models.PROTECT, related_name="earnings", db_index=False, db_constraint=False
    )
    clicks = models.PositiveIntegerField(_("clicks"))
    fans = models.PositiveIntegerField(_("fans"))
    gross_micros = models.BigIntegerField(_("gross"))
    fee_micros = models.BigIntegerField(_("fee"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "creator", "button"], name="button_earning_once"),
        ]

    @property
    def net_micros(self) -> int:
        """Return what the creator keeps."""
        return self.gross_micros - self.fee_micros


class SettlementEarning(models.Model):
    """What one creator earned in one settlement: the sum of their buttons' earnings, each fan counted once."""

    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="earnings", db_index=False, db_constraint=False
    )
    creator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="earnings", db_constraint=False)
    clicks = models.PositiveIntegerField(_("clicks"))
    fans = models.PositiveIntegerField(_("fans"))
    gross_micros = models.BigIntegerField(_("gross"))
    fee_micros = models.BigIntegerField(_("fee"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["settlement", "creator"], name="settlement_earning_once")]

    @property
    def net_micros(self) -> int:
        """Return what the creator keeps."""
        return self.gross_micros - self.fee_micros
