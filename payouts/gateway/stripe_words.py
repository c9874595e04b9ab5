"""Stripe's words, and ours for them."""

from typing import Final

from payouts.gateway import DisputeState, Readiness, Urgency

REASONS: Final = {
    "insufficient_funds": "insufficient_funds",
    "expired_card": "expired_card",
    "lost_card": "lost_or_stolen",
    "stolen_card": "lost_or_stolen",
    "pickup_card": "lost_or_stolen",
    "account_closed": "account_closed",
    "bank_account_restricted": "account_closed",
    "debit_not_authorized": "debit_refused",
    "charge_already_refunded": "not_refundable",
    "charge_disputed": "not_refundable",
    "insufficient_capabilities_for_transfer": "account_not_ready",
    "account_invalid": "account_not_ready",
    "resource_missing": "account_not_ready",
}
"""Our words for Stripe's codes (https://docs.stripe.com/declines/codes, https://docs.stripe.com/error-codes)."""

READINESS: Final = {
    "active": Readiness.READY,
    "pending": Readiness.PENDING,
    "restricted": Readiness.NEEDS_CREATOR,
    "rejected": Readiness.REFUSED,
    "unsupported": Readiness.REFUSED,
}
URGENCY: Final = {"past_due": Urgency.PAST_DUE, "currently_due": Urgency.NOW, "eventually_due": Urgency.LATER}

DISPUTE_STATES: Final = {
    "won": DisputeState.WON,
    "prevented": DisputeState.WON,
    "warning_closed": DisputeState.WON,
    "lost": DisputeState.LOST,
}
