"""The way to a payment provider: what we ask of one, in our own words."""

import enum
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


class Result(enum.Enum):
    """What became of a movement of money at the provider."""

    UNKNOWN = enum.auto()
    """The provider has never heard of it: we were cut short before we asked."""
    PENDING = enum.auto()
    """Not decided yet; ask again. Where the person may still pay, `url` leads to the page for it."""
    PROCESSING = enum.auto()
    """The fan has paid, and their bank takes days to say whether the money comes. It can't be closed any more."""
    NEEDS_FAN = enum.auto()
    """The fan must confirm, on a page that is opened for it."""
    HELD = enum.auto()
    """Not done, since the platform's own balance at the provider is short; the same order may work later."""
    SUCCEEDED = enum.auto()
    DECLINED = enum.auto()
    """Final; `reason` is one of `REASONS`."""
    CANCELLED = enum.auto()
    """Final: it was closed before anybody paid, and can't be paid any more."""
    MISMATCH = enum.auto()
    """The provider has something else under our id: another amount, currency or person. `reason` says what."""


UNDECIDED: Final = frozenset({Result.UNKNOWN, Result.PENDING, Result.NEEDS_FAN})
"""What nobody has decided, so that it can still be closed."""


REASONS: Final[dict[str, "StrPromise"]] = {
    "card_declined": _("The card was declined."),
    "insufficient_funds": _("There was not enough money on the card or account."),
    "expired_card": _("The card has expired."),
    "lost_or_stolen": _("The card is reported lost or stolen."),
    "debit_refused": _("The bank refused the direct debit."),
    "no_saved_method": _("There is no card to charge."),
    "account_closed": _("The bank says that the account is closed."),
    "account_not_ready": _("The account that receives payouts isn't ready."),
    "not_refundable": _("What was paid can't be given back to where it came from."),
    "taken_back": _("The money was taken back."),
}
"""Why a provider declines, as codes for rows and logs with words for people."""

HARD_REASONS: Final = frozenset({"expired_card", "lost_or_stolen", "no_saved_method", "account_closed"})
"""What no second try mends: the fan has to do something first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The provider's answer about one movement.

    `occurred_at` (UTC) is when it was decided, and `reference` the provider's own name of it, where that is told.
    """

    result: Result
    occurred_at: datetime | None = None
    fee_cents: int = 0
    reason: str = ""
    url: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A fan as the provider knows them: `customer` and `method` are its names of the fan and of what they pay by."""

    fan_id: int
    customer: str
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A deposit that the provider is asked for. Our row's id tells it which one; `asked_at` (UTC) bounds the search.

    `attempt` counts the times that the provider failed at it.
    """

    deposit_id: uuid.UUID
    payer: Payer
    amount_cents: int
    asked_at: datetime
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMethod:
    """What a fan pays by, as people recognise it; `expires` is the last month (year, month) of a card."""

    reference: str
    kind: str
    label: str
    expires: tuple[int, int] | None = None


class Urgency(enum.StrEnum):
    """How soon a creator has to tell something."""

    PAST_DUE = "past_due"
    NOW = "now"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Something that the provider wants of a creator, by its own code for it."""

    code: str
    urgency: Urgency


class Readiness(enum.StrEnum):
    """Whether an account may receive payouts."""

    READY = "ready"
    PENDING = "pending"
    """The provider is looking at what the creator told."""
    NEEDS_CREATOR = "needs_creator"
    REFUSED = "refused"
    """Final: the provider won't have this creator."""
    GONE = "gone"
    """The account was closed, or taken away from us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What the provider says of a creator's account; `due_at` (UTC) is when it acts on what is missing."""

    readiness: Readiness
    requirements: tuple[Requirement, ...] = ()
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that the provider says has happened: a hint to look at the object that it names, nothing else.

    `subject` is the provider's name of that object. `movement_id` is our row's id and `customer` the provider's name
    of the fan, where the object tells them, and `account` the creator's account that it happened in, or empty for our
    own.
    """

    id: str
    kind: str
    account: str
    is_live: bool
    api_version: str
    occurred_at: datetime
    subject: str
    movement_id: str
    customer: str
    payload: Mapping[str, object]


class DisputeState(enum.StrEnum):
    """What a bank says of a dispute."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFacts:
    """A dispute at the provider. `payment` is its name of the deposit; `is_taken` tells who has the money now."""

    reference: str
    payment: str
    amount_cents: int
    is_in_our_currency: bool
    reason: str
    state: DisputeState
    is_taken: bool
    fee_cents: int
    is_fee_returned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A line of the provider's book about our money there.

    `subject` is its name of the payment, refund, transfer or dispute that the line is about. What came counts above
    zero, before the fee, and what went below.
    """

    id: str
    kind: str
    subject: str
    amount_cents: int
    fee_cents: int
    occurred_at: datetime


class ProviderUnavailable(RuntimeError):
    """The provider can't be asked now; the same call may work later."""


class ProviderFailed(ProviderUnavailable):
    """The provider answered that it failed. It repeats that to the same attempt, so the next has another number."""


class OrderRefused(RuntimeError):
    """The provider refused what we asked as wrong: our fault, which the same call will meet again."""


class EventRefused(ValueError):
    """What came as an event isn't one: badly signed, too old, or not what the provider sends."""


class PaymentGateway(Protocol):
    """A payment provider. Every call is safe to repeat: our row's id tells the provider which movement it is.

    No call is made inside a database transaction. Each may raise `ProviderUnavailable` or `OrderRefused`.
    """

    moves_real_money: bool

    # Fans pay.

    def open_customer(self, *, fan_id: int, email: str) -> str:
        """Make a fan known to the provider and return its name of them; asked again soon it is the same."""

    def open_pay_page(self, *, order: Order, description: str, return_url: str) -> str:
        """Return the address of a page where the fan pays a deposit; afterwards it leads to `return_url`.

        Whatever was tried for that deposit before is closed first, so that it can't be paid twice.
        """

    def charge_saved_method(self, *, order: Order, return_url: str) -> None:
        """Ask for a deposit by the method that the fan paid with before."""

    def deposit_outcome(self, *, order: Order) -> Outcome:
        """Tell what became of a deposit; the fee is what the provider keeps of it."""

    def cancel_deposit(self, *, order: Order) -> None:
        """Close a deposit that isn't decided, so that nobody can pay it any more; a decided one stays as it is."""

    def open_method_page(self, *, payer: Payer, return_url: str) -> str:
        """Return the address of a page where the fan says by what to pay from now on."""

    def saved_method(self, *, payer: Payer) -> SavedMethod | None:
        """Tell by what the fan paid or wants to pay last."""

    def remove_methods(self, *, payer: Payer) -> None:
        """Forget whatever the fan paid by."""

    def send_refund(self, *, refund_id: uuid.UUID, payment: str, amount_cents: int, attempt: int) -> Outcome:
        """Ask to pay a part of a deposit back; `payment` is the provider's name of the deposit."""

    def refund_outcome(self, *, refund_id: uuid.UUID, payment: str, amount_cents: int) -> Outcome:
        """Tell what became of a refund."""

    # Creators are paid.

    def open_account(self, *, creator_id: int, email: str, name: str, country: str, replaces: str = "") -> str:
        """Open an account that receives a creator's payouts and return the provider's name of it.

        Asked for twice it is the same, unless it `replaces` one, by its name, that was closed.
        """

    def account_page(self, *, account: str, return_url: str, refresh_url: str) -> str:
        """Return the address, good once and for minutes, of a page where the creator tells what is missing."""

    def account_state(self, *, account: str) -> AccountState:
        """Tell whether an account may receive payouts, and what is missing."""

    def send_payout(self, *, payout_id: uuid.UUID, account: str, amount_cents: int, attempt: int) -> Outcome:
        """Ask to pay a creator."""

    def payout_outcome(self, *, payout_id: uuid.UUID, account: str, amount_cents: int) -> Outcome:
        """Tell what became of a payout."""

    # The provider tells.

    def dispute(self, *, reference: str) -> DisputeFacts:
        """Tell how a dispute stands."""

    def warned_payment(self, *, reference: str) -> str:
        """Return the provider's name of the deposit that an early warning of fraud is about."""

    def read_event(self, *, body: bytes, signature: str, now: datetime) -> Event:
        """Return the event in a request.

        :raises EventRefused: if it isn't signed by the provider with one of our secrets within five minutes of `now`,
            or has another form. Its text names the field.
        """

    def movements(self, *, since: datetime) -> Iterable[Movement]:
        """Yield the lines of the provider's book since then, in any order."""

    def balance_cents(self) -> int | None:
        """Tell how much of our money the provider has, free or not yet; None where it keeps no balance."""

    def events(self, *, since: datetime) -> Iterable[Event]:
        """Yield what has happened since then, oldest or newest first, whether we were told of it or not."""


_GATEWAYS = {
    "sandbox": "payouts.gateway.sandbox.gateway.SandboxGateway",
    "stripe": "payouts.gateway.stripe_gateway.StripeGateway",
}


def get_gateway() -> PaymentGateway:
    """Return the provider that the settings name."""
    gateway: PaymentGateway = import_string(_GATEWAYS[settings.PAYMENT_GATEWAY])()
    return gateway
