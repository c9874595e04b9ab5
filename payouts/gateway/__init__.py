"""The way to a payment provider: what we ask of one, in our own words."""

import enum
import uuid
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
    NEEDS_FAN = enum.auto()
    """The fan must confirm at `url`."""
    SUCCEEDED = enum.auto()
    DECLINED = enum.auto()
    """Final; `reason` is one of `REASONS`."""
    CANCELLED = enum.auto()
    """Final: it was closed before anybody paid, and can't be paid any more."""


UNDECIDED: Final = frozenset({Result.UNKNOWN, Result.PENDING, Result.NEEDS_FAN})
"""What isn't final."""


REASONS: Final[dict[str, "StrPromise"]] = {
    "card_declined": _("The card was declined."),
    "no_saved_method": _("There is no card to charge."),
    "account_closed": _("The bank says that the account is closed."),
}
"""Why a provider declines, as codes for rows and logs with words for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The provider's answer about one movement. `occurred_at` (UTC) is when it was decided, where that is told."""

    result: Result
    occurred_at: datetime | None = None
    fee_cents: int = 0
    reason: str = ""
    url: str = ""


class ProviderUnavailable(RuntimeError):
    """The provider can't be asked now; the same call may work later."""


class PaymentGateway(Protocol):
    """A payment provider. Every call is safe to repeat: our row's id tells the provider which movement it is.

    No call is made inside a database transaction. Each may raise `ProviderUnavailable`.
    """

    moves_real_money: bool

    def open_pay_page(self, *, deposit_id: uuid.UUID, fan_id: int, amount_cents: int, return_url: str) -> str:
        """Return the address of a page where the fan pays a deposit; afterwards it leads to `return_url`."""

    def charge_saved_method(self, *, deposit_id: uuid.UUID, fan_id: int, amount_cents: int, return_url: str) -> None:
        """Ask for a deposit by the method that the fan paid with before."""

    def deposit_outcome(self, *, deposit_id: uuid.UUID) -> Outcome:
        """Tell what became of a deposit; the fee is what the provider keeps of it."""

    def cancel_deposit(self, *, deposit_id: uuid.UUID) -> None:
        """Close a deposit that isn't decided, so that nobody can pay it any more; a decided one stays as it is."""

    def send_payout(self, *, payout_id: uuid.UUID, creator_id: int, amount_cents: int) -> None:
        """Ask to pay a creator."""

    def send_refund(self, *, refund_id: uuid.UUID, fan_id: int, amount_cents: int) -> None:
        """Ask to pay a fan back."""

    def sending_outcome(self, *, movement_id: uuid.UUID) -> Outcome:
        """Tell what became of a payout or a refund."""


_GATEWAYS = {"sandbox": "payouts.gateway.sandbox.gateway.SandboxGateway"}


def get_gateway() -> PaymentGateway:
    """Return the provider that the settings name."""
    gateway: PaymentGateway = import_string(_GATEWAYS[settings.PAYMENT_GATEWAY])()
    return gateway
