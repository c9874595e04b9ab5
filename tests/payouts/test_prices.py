"""What a provider keeps by its list of prices: whole cents, as Stripe keeps them, and when our fee covers it."""

import pytest
from pytest_django import Settings

from payouts.gateway.prices import Price, price_of
from payouts.queries import fees
from tests.fakestripe import money


@pytest.mark.parametrize(
    ("kind", "amount", "fee"),
    [
        ("card", 200, 28),
        ("card", 600, 34),
        ("card", 233, 28),
        ("card", 234, 29),
        ("", 500, 33),
        ("card", 150_000, 2275),
        ("sepa_debit", 200, 35),
        ("sepa_debit", 150_000, 35),
    ],
)
def test_a_payment_costs_whole_cents(kind: str, amount: int, fee: int) -> None:
    """1.5 % rounded half up and 25 cents by card, also where nobody knows by what; 35 cents by debit."""
    assert price_of(kind).fee_cents(amount_cents=amount) == fee


def test_the_prices_are_those_of_the_stripe_server() -> None:
    """What fans are told is what will be booked, for every amount up to 50 EUR."""
    for amount in range(200, 5001):
        assert price_of("card").fee_cents(amount_cents=amount) == money.card_fee(amount)
        assert price_of("sepa_debit").fee_cents(amount_cents=amount) == money.debit_fee(amount)


def test_another_contract_has_other_prices(settings: Settings) -> None:
    """The operator's settings say what is kept."""
    settings.CARD_FEE_CENTS, settings.CARD_FEE_BASIS_POINTS, settings.DEBIT_FEE_CENTS = 10, 325, 50

    assert [price_of(kind).fee_cents(amount_cents=1000) for kind in ("card", "sepa_debit")] == [43, 50]


@pytest.mark.parametrize(("platform", "below"), [(1000, 295), (500, 715), (151, 250_000), (150, 50_001), (0, 50_001)])
def test_a_budget_is_small_where_the_platform_would_lose_by_a_month(
    platform: int, below: int, settings: Settings
) -> None:
    """From there on the platform's fee covers what a month costs; one that never does makes every budget small."""
    settings.PLATFORM_FEE_BASIS_POINTS = platform
    price = Price(fixed_cents=settings.CARD_FEE_CENTS, basis_points=settings.CARD_FEE_BASIS_POINTS)

    assert fees.suggest_below_cents(kind="card") == below
    assert [fees.suggested_term(kind="card", budget_cents=cents) for cents in (below - 1, below)] == [3, 1]
    if platform > price.basis_points:
        least = platform * below - price.basis_points * below
        assert least >= price.fixed_cents * 10_000 > least - (platform - price.basis_points)
