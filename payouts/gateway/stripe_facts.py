"""What Stripe tells of its objects, as far as we look at them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A Checkout Session. `status` is open, complete or expired; `payment` its PaymentIntent, once there is one."""

    id: str
    status: str
    url: str
    note: str
    payment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A PaymentIntent. The fee is None until Stripe has told it; codes are those of the last failed try, or empty."""

    id: str
    status: str
    amount_cents: int
    currency: str
    note: str
    error_code: str
    decline_code: str
    fee_cents: int | None
    charged_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A refund or a transfer. `status` is Stripe's, for a transfer `succeeded`; `target` the account that gets it."""

    id: str
    status: str
    amount_cents: int
    currency: str
    note: str
    target: str
    taken_back_cents: int
    made_at: datetime
    failure_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A card or a debit: `expires` is a card's last month."""

    id: str
    kind: str
    brand: str
    last4: str
    expires: tuple[int, int] | None
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A connected account: its capability to receive transfers, and what is missing with Stripe's urgency for it."""

    id: str
    is_closed: bool
    transfers: str
    wanted: tuple[tuple[str, str], ...]
    due_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute. `moved_cents` and `fees_cents` are those of its balance transactions, in the order of time."""

    id: str
    payment: str
    status: str
    reason: str
    amount_cents: int
    currency: str
    moved_cents: tuple[int, ...]
    fees_cents: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLine:
    """A balance transaction, and the id of what it is about."""

    id: str
    kind: str
    subject: str
    currency: str
    amount_cents: int
    fee_cents: int
    made_at: datetime
