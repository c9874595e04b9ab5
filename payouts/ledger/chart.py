"""The chart of accounts: which kinds of pot exist, which side grows them, which may be overdrawn."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """The kinds of ledger account. Kinds with an owner have one account a user, the others one in all."""

    PROCESSOR_CASH = "processor_cash", _("money at the payment processor")
    """Asset. May be overdrawn: what the processor has paid out is a fact, even where we fell short."""
    FAN_BALANCE = "fan_balance", _("fan's balance")
    """Liability to one fan: prepaid, only for giving."""
    SETTLEMENT_CLEARING = "settlement_clearing", _("settlement clearing")
    """Liability inside a settlement, between fans and creators; zero outside one."""
    CREATOR_BALANCE = "creator_balance", _("creator's balance")
    """Liability to one creator: earned and not yet asked for."""
    PAYOUTS_IN_TRANSIT = "payouts_in_transit", _("payouts in transit")
    """Liability: reserved for payouts and refunds whose outcome isn't known yet."""
    DISPUTED = "disputed", _("disputed")
    """Liability: frozen until a dispute is decided."""
    PLATFORM_FEE = "platform_fee", _("platform fees")
    """Income of the platform."""
    PROCESSOR_FEE = "processor_fee", _("processor fees")
    """Expense of the platform: what the card company keeps."""
    LOSSES = "losses", _("losses")
    """Expense of the platform: what nobody else bears."""


GROWS_BY_DEBIT: Final = frozenset({Kind.PROCESSOR_CASH, Kind.PROCESSOR_FEE, Kind.LOSSES})
"""Assets and expenses; every other kind grows by credit."""

OWNED: Final = frozenset({Kind.FAN_BALANCE, Kind.CREATOR_BALANCE})
"""Kinds that belong to a user."""

NEVER_OVERDRAWN: Final = frozenset(
    {Kind.FAN_BALANCE, Kind.SETTLEMENT_CLEARING, Kind.CREATOR_BALANCE, Kind.PAYOUTS_IN_TRANSIT, Kind.DISPUTED}
)
"""Kinds whose debits may never exceed their credits. All of them grow by credit."""


class TransferKind(TextChoices):
    """Why money moved."""

    DEPOSIT = "deposit", _("deposit")
    PROCESSOR_FEE = "processor_fee", _("processor fee")
    SHARE = "share", _("month's cake")
    """A fan's whole spend of a month, into clearing."""
    EARNING = "earning", _("earnings")
    """A creator's part of a month, out of clearing."""
    PLATFORM_FEE = "platform_fee", _("platform fee")
    CO_AUTHOR_SHARE = "co_author_share", _("co-author’s share")
    """Of what a button earned, from its creator to somebody with whom they share it."""
    GIFT = "gift", _("gift")
    """What a creator gets of a gift beside the cake."""
    GIFT_FEE = "gift_fee", _("platform fee on a gift")
    PAYOUT_RESERVED = "payout_reserved", _("payout requested")
    PAYOUT_SENT = "payout_sent", _("payout sent")
    PAYOUT_RETURNED = "payout_returned", _("payout returned")
    PAYOUT_BOUNCED = "payout_bounced", _("payout came back")
    """It had been sent."""
    REFUND_RESERVED = "refund_reserved", _("refund requested")
    REFUND_SENT = "refund_sent", _("refund sent")
    REFUND_RETURNED = "refund_returned", _("refund returned")
    REFUND_BOUNCED = "refund_bounced", _("refund came back")
    """It had been sent."""
    DISPUTE_FROM_FAN = "dispute_from_fan", _("disputed")
    DISPUTE_FROM_CREATOR = "dispute_from_creator", _("held for a dispute")
    DISPUTE_BORNE = "dispute_borne", _("borne in a dispute")
    """By the platform: what nobody else has any more."""
    LOSS_RECOVERED = "loss_recovered", _("kept for a lost dispute")
    """From a creator's earnings, what the platform bore for them."""
    DISPUTE_TAKEN = "dispute_taken", _("taken by a bank")
    DISPUTE_GIVEN_BACK = "dispute_given_back", _("given back by a bank")
    DISPUTE_FEE = "dispute_fee", _("dispute fee")
    PROCESSOR_CHARGE = "processor_charge", _("processor's charge")
    """What the processor takes for other things than payments."""
    PLATFORM_WITHDRAWN = "platform_withdrawn", _("withdrawn by the platform")
    PLATFORM_PAID_IN = "platform_paid_in", _("paid in by the platform")
    REVERSAL = "reversal", _("reversal")


ROUTES: Final = {
    TransferKind.DEPOSIT: (Kind.PROCESSOR_CASH, Kind.FAN_BALANCE),
    TransferKind.PROCESSOR_FEE: (Kind.PROCESSOR_FEE, Kind.PROCESSOR_CASH),
    TransferKind.SHARE: (Kind.FAN_BALANCE, Kind.SETTLEMENT_CLEARING),
    TransferKind.EARNING: (Kind.SETTLEMENT_CLEARING, Kind.CREATOR_BALANCE),
    TransferKind.PLATFORM_FEE: (Kind.SETTLEMENT_CLEARING, Kind.PLATFORM_FEE),
    TransferKind.CO_AUTHOR_SHARE: (Kind.CREATOR_BALANCE, Kind.CREATOR_BALANCE),
    TransferKind.GIFT: (Kind.FAN_BALANCE, Kind.CREATOR_BALANCE),
    TransferKind.GIFT_FEE: (Kind.FAN_BALANCE, Kind.PLATFORM_FEE),
    TransferKind.PAYOUT_RESERVED: (Kind.CREATOR_BALANCE, Kind.PAYOUTS_IN_TRANSIT),
    TransferKind.PAYOUT_SENT: (Kind.PAYOUTS_IN_TRANSIT, Kind.PROCESSOR_CASH),
    TransferKind.PAYOUT_RETURNED: (Kind.PAYOUTS_IN_TRANSIT, Kind.CREATOR_BALANCE),
    TransferKind.PAYOUT_BOUNCED: (Kind.PROCESSOR_CASH, Kind.CREATOR_BALANCE),
    TransferKind.REFUND_RESERVED: (Kind.FAN_BALANCE, Kind.PAYOUTS_IN_TRANSIT),
    TransferKind.REFUND_SENT: (Kind.PAYOUTS_IN_TRANSIT, Kind.PROCESSOR_CASH),
    TransferKind.REFUND_RETURNED: (Kind.PAYOUTS_IN_TRANSIT, Kind.FAN_BALANCE),
    TransferKind.REFUND_BOUNCED: (Kind.PROCESSOR_CASH, Kind.FAN_BALANCE),
    TransferKind.DISPUTE_FROM_FAN: (Kind.FAN_BALANCE, Kind.DISPUTED),
    TransferKind.DISPUTE_FROM_CREATOR: (Kind.CREATOR_BALANCE, Kind.DISPUTED),
    TransferKind.DISPUTE_BORNE: (Kind.LOSSES, Kind.DISPUTED),
    TransferKind.LOSS_RECOVERED: (Kind.CREATOR_BALANCE, Kind.LOSSES),
    TransferKind.DISPUTE_TAKEN: (Kind.DISPUTED, Kind.PROCESSOR_CASH),
    TransferKind.DISPUTE_GIVEN_BACK: (Kind.PROCESSOR_CASH, Kind.DISPUTED),
    TransferKind.DISPUTE_FEE: (Kind.PROCESSOR_FEE, Kind.PROCESSOR_CASH),
    TransferKind.PROCESSOR_CHARGE: (Kind.PROCESSOR_FEE, Kind.PROCESSOR_CASH),
    TransferKind.PLATFORM_WITHDRAWN: (Kind.PLATFORM_FEE, Kind.PROCESSOR_CASH),
    TransferKind.PLATFORM_PAID_IN: (Kind.PROCESSOR_CASH, Kind.PLATFORM_FEE),
}
"""The kinds of account that each kind of transfer debits and credits. A reversal goes any of these ways back."""
