"""Money: what a person typed is read exactly or refused, and written back the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flattr import money


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("5", 500),
        ("5.5", 550),
        ("5,5", 550),
        ("5.05", 505),
        ("0,01", 1),
        ("0", 0),
        ("005", 500),
        (" 5 ", 500),
        ("€5", 500),
        ("€ 5,50", 550),
        ("5 €", 500),
        ("EUR 5", 500),
        ("5.50eur", 550),
        ("999999999.99", 99_999_999_999),
    ],
)
def test_plain_amounts_are_read_as_cents(text: str, cents: int) -> None:
    """A point or a comma, with or without our own currency on either side."""
    assert money.parse_cents(text) == cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "€",
        "five",
        "a few",
        "-5",
        "+5",
        "5-",
        "1.234",
        "1,234",
        "1,000.00",
        "1.000,00",
        "1 000",
        "1'000",
        "5.",
        ".5",
        "5..5",
        "1e3",
        "0x10",
        "nan",
        "inf",
        "\N{ARABIC-INDIC DIGIT FIVE}",
        "½",
        "1234567890",
        "5\n5",
        "5\0",
    ],
)
def test_anything_ambiguous_or_no_number_is_refused(text: str) -> None:
    """We rather ask again than guess whether a thousand or a fraction was meant."""
    with pytest.raises(money.NotAnAmount):
        money.parse_cents(text)


@pytest.mark.parametrize("text", ["5 USD", "usd 5", "USD5", "$5", "5 $", "£ 5.00", "5¥", "GBP 5", "5 chf", "-5 USD"])
def test_another_currency_is_refused_as_such(text: str) -> None:
    """The person learns that it is the currency, not the number, that we can't take."""
    with pytest.raises(money.ForeignCurrency):
        money.parse_cents(text)


@given(cents=st.integers(0, 10**11 - 1))
def test_what_is_written_is_read_back(cents: int) -> None:
    """Writing and reading any amount of cents changes nothing."""
    assert money.parse_cents(money.format_micros(money.cents_to_micros(cents))) == cents


@given(micros=st.integers(-(10**15), 10**15))
def test_six_decimals_lose_nothing(micros: int) -> None:
    """The plain form with all decimals is the amount itself."""
    assert int(money.format_micros(micros, decimals=6).replace(".", "")) == micros


@pytest.mark.parametrize(
    ("micros", "decimals", "text"),
    [
        (0, 2, "0.00"),
        (5_000_000, 2, "5.00"),
        (4_999, 2, "0.00"),
        (5_000, 2, "0.01"),
        (-4_999, 2, "0.00"),
        (-5_000, 2, "-0.01"),
        (-1_234_567, 2, "-1.23"),
        (1_234_567, 4, "1.2346"),
        (1, 6, "0.000001"),
    ],
)
def test_amounts_are_rounded_half_away_from_zero(micros: int, decimals: int, text: str) -> None:
    """Nothing is never written as less than nothing."""
    assert money.format_micros(micros, decimals=decimals) == text


@given(micros=st.integers(-(10**12), 10**12))
def test_micros_become_cents_by_rounding_down(micros: int) -> None:
    """Nobody withdraws a fraction that the ledger doesn't hold."""
    assert 0 <= micros - money.cents_to_micros(money.micros_to_cents(micros)) < money.MICROS_PER_CENT


@given(micros=st.integers(0, 10**12), basis_points=st.integers(0, 10_000))
def test_a_fee_never_exceeds_its_rate(micros: int, basis_points: int) -> None:
    """The fee is the exact fraction rounded down, between nothing and all."""
    fee = money.fee_of(amount_micros=micros, basis_points=basis_points)

    assert 0 <= fee <= micros
    assert 0 <= micros * basis_points - fee * 10_000 < 10_000
