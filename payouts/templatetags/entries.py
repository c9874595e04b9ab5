"""Entries of a balance in words for whose balance it is."""

from typing import TYPE_CHECKING, Final

from django import template
from django.utils.translation import gettext_lazy as _

from payouts.ledger.chart import TransferKind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

register = template.Library()

_WORDS: "Final[dict[TransferKind, StrPromise]]" = {
    TransferKind.DEPOSIT: _("You paid in"),
    TransferKind.SHARE: _("Your cake, given away"),
    TransferKind.EARNING: _("Your earnings, after our fee"),
    TransferKind.CO_AUTHOR_SHARE: _("Your part of what other creators’ buttons earned"),
    TransferKind.GIFT: _("Given to you beside the cake, after our fee"),
    TransferKind.PAYOUT_RESERVED: _("You asked for a payout"),
    TransferKind.PAYOUT_RETURNED: _("A payout wasn't sent: the money is back"),
    TransferKind.PAYOUT_BOUNCED: _("A payout came back from your bank"),
    TransferKind.REFUND_RESERVED: _("You asked for money back"),
    TransferKind.REFUND_RETURNED: _("A refund wasn't sent: the money is back"),
    TransferKind.REFUND_BOUNCED: _("A refund came back from your bank"),
    TransferKind.DISPUTE_FROM_FAN: _("A bank contests a payment of yours and took it back"),
    TransferKind.DISPUTE_FROM_CREATOR: _("Held, as a bank contests a fan's payment"),
    TransferKind.LOSS_RECOVERED: _("Kept for a fan's payment that a bank took back"),
    TransferKind.REVERSAL: _("Given back after a dispute"),
}
"""What the chart's own names, which are for staff, say in short."""

_WORDS_WHERE_IT_LEFT: "Final[dict[TransferKind, StrPromise]]" = {
    TransferKind.CO_AUTHOR_SHARE: _("Your co-authors’ part of what your buttons earned"),
    TransferKind.GIFT: _("You gave beside the cake, after our fee"),
    TransferKind.GIFT_FEE: _("Our fee on what you gave beside the cake"),
}
"""Of kinds that move money from one person to another one: what they are for who has it no more."""


@register.filter
def in_words(kind: TransferKind, change_micros: int) -> str:
    """Say to somebody why their balance changed, by so many micros."""
    words = _WORDS_WHERE_IT_LEFT.get(kind) if change_micros < 0 else None
    return str(words or _WORDS.get(kind, kind.label))
