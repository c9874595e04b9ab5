"""What a payment provider keeps of a payment by its list of prices. What it did keep is told with the payment."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from flattr.money import BASIS_POINTS_PER_WHOLE

_HALF: Final = BASIS_POINTS_PER_WHOLE // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """So many cents of each payment, and so many basis points of its amount."""

    fixed_cents: int
    basis_points: int

    def fee_cents(self, *, amount_cents: int) -> int:
        """Return what is kept of an amount in cents, in cents and rounded half up."""
        return self.fixed_cents + (amount_cents * self.basis_points + _HALF) // BASIS_POINTS_PER_WHOLE

    def covered_from_cents(self, *, basis_points: int) -> int | None:
        """Return from which amount in cents on another fee of so many basis points covers this one, None if never."""
        margin = basis_points - self.basis_points
        return -(-self.fixed_cents * BASIS_POINTS_PER_WHOLE // margin) if margin > 0 else None


def price_of(kind: str) -> Price:
    """Return the price of what is paid by a kind of method: `sepa_debit`, or else a card."""
    if kind == "sepa_debit":
        return Price(fixed_cents=settings.DEBIT_FEE_CENTS, basis_points=0)
    return Price(fixed_cents=settings.CARD_FEE_CENTS, basis_points=settings.CARD_FEE_BASIS_POINTS)
