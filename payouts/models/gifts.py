"""What fans give creators once, beside the cake."""

import uuid
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from buttons.models import Button
from flattr import money

GIFT_CENTS_MIN: Final = 200
GIFT_CENTS_MAX: Final = 5000
NOTE_LENGTH_MAX: Final = 200


class Gift(models.Model):
    """One sum from a fan's balance to a creator. Its id is the idempotency key, chosen by the page that asks."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    fan = models.ForeignKey(User, on_delete=models.PROTECT, related_name="gifts_given", verbose_name=_("fan"))
    creator = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="gifts_received", verbose_name=_("creator"), db_index=False
    )
    button = models.ForeignKey(
        Button, on_delete=models.PROTECT, null=True, blank=True, related_name="gifts", verbose_name=_("button")
    )
    """What the fan looked at, if it was a button."""
    amount_cents = models.PositiveIntegerField(_("amount in cents"))
    fee_micros = models.BigIntegerField(_("fee"))
    note = models.CharField(_("note"), max_length=NOTE_LENGTH_MAX, blank=True)
    """What the fan wrote to the creator."""
    made_at = models.DateTimeField(_("made"))
    withdrawable_at = models.DateTimeField(_("withdrawable from"))

    class Meta:
        verbose_name = _("gift")
        verbose_name_plural = _("gifts")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_cents__range=(GIFT_CENTS_MIN, GIFT_CENTS_MAX)), name="gift_within_limits"
            ),
            models.CheckConstraint(
                condition=Q(fee_micros__gte=0, fee_micros__lte=F("amount_cents") * money.MICROS_PER_CENT),
                name="gift_fee_in_range",
            ),
            models.CheckConstraint(condition=~Q(fan=F("creator")), name="gift_to_somebody_else"),
        ]
        indexes = [
            models.Index(fields=["creator", "-made_at"], name="gift_to_creator"),
            models.Index(fields=["-made_at", "-id"], name="gift_newest_first"),
        ]

    def __str__(self) -> str:
        """Show amount and creator."""
        return f"{self.amount_cents} cents to {self.creator}"

    @property
    def net_micros(self) -> int:
        """Return what the creator keeps."""
        return money.cents_to_micros(self.amount_cents) - self.fee_micros
