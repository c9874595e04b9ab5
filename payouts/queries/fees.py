"""What the payment provider keeps of a fan's payments: the platform's expense, shown before the fan chooses."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from accounts.models import BUDGET_CENTS_MAX, Subscription
from payouts.gateway.prices import Price, price_of

EXAMPLES_CENTS: Final = (200, 500, 1000)
"""Monthly budgets that are shown beside the fan's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment for a term, and what the provider keeps of it by its list of prices, in cents."""

    term_months: int
    amount_cents: int
    fee_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """A price, the payments that each budget in cents makes at it, and below which budget a longer term is better."""

    price: Price
    suggest_below_cents: int
    payments: dict[int, list[Payment]]


def fees(*, kind: str, budget_cents: int) -> Fees:
    """Return what is kept of payments by a kind of method for a monthly budget, and for some examples after it."""
    price = price_of(kind)
    return Fees(
        price=price,
        suggest_below_cents=suggest_below_cents(kind=kind),
        payments={budget: _payments(price, budget) for budget in dict.fromkeys([budget_cents, *EXAMPLES_CENTS])},
    )


def suggest_below_cents(*, kind: str) -> int:
    """Return below which monthly budget in cents the platform's fee doesn't cover what one month's payment costs."""
    covered_from = price_of(kind).covered_from_cents(basis_points=settings.PLATFORM_FEE_BASIS_POINTS)
    return BUDGET_CENTS_MAX + 1 if covered_from is None else covered_from


def suggested_term(*, kind: str, budget_cents: int) -> Subscription.Term:
    """Return the term that is preselected: 3 months where the platform would lose by a month's payment, else 1."""
    is_small = budget_cents < suggest_below_cents(kind=kind)
    return Subscription.Term.QUARTERLY if is_small else Subscription.Term.MONTHLY


def _payments(price: Price, budget_cents: int) -> list[Payment]:
    amounts = {term: budget_cents * term for term in Subscription.Term.values}
    return [
        Payment(term_months=term, amount_cents=amount, fee_cents=price.fee_cents(amount_cents=amount))
        for term, amount in amounts.items()
    ]
