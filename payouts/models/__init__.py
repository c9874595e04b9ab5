"""Money's own rows: deposits and refunds of fans, payouts of creators, settlements, and what the provider told."""

from payouts.models.caps import CreatorCap
from payouts.models.coauthors import CoAuthor, CoAuthorShare
from payouts.models.creators import Payout, PayoutAccount
from payouts.models.disputes import Debt, Dispute, DisputeShare, Recovery
from payouts.models.events import StripeEvent
from payouts.models.fans import Consent, Deposit, PaymentMethod, Refund
from payouts.models.gifts import Gift
from payouts.models.reconciliation import ProcessorMovement, ReconciliationItem
from payouts.models.settlements import (
    ButtonEarning,
    Settlement,
    SettlementDigest,
    SettlementEarning,
    SettlementLine,
    SettlementRange,
    SettlementSpend,
)

__all__ = [
    "ButtonEarning",
    "CoAuthor",
    "CoAuthorShare",
    "Consent",
    "CreatorCap",
    "Debt",
    "Deposit",
    "Dispute",
    "DisputeShare",
    "Gift",
    "PaymentMethod",
    "Payout",
    "PayoutAccount",
    "ProcessorMovement",
    "ReconciliationItem",
    "Recovery",
    "Refund",
    "Settlement",
    "SettlementDigest",
    "SettlementEarning",
    "SettlementLine",
    "SettlementRange",
    "SettlementSpend",
    "StripeEvent",
]
