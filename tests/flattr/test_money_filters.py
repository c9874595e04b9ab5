"""Amounts on pages: in the reader's language, exactly rounded."""

import pytest
from django.utils.translation import override

from flattr.templatetags.money import cents, exact, money_filter, plain_cents


@pytest.mark.parametrize(
    ("language", "micros", "decimals", "text"),
    [
        ("en", 5_000_000, 2, "€5.00"),
        ("en", 1_234_567_890_000, 2, "€1,234,567.89"),
        ("en", -5_000_000, 2, "-€5.00"),
        ("en", 833_333, 4, "€0.8333"),
        ("fr", 5_000_000, 2, "5,00\N{NO-BREAK SPACE}€"),
        ("fr", -5_000_000, 2, "-5,00\N{NO-BREAK SPACE}€"),
    ],
)
def test_an_amount_is_written_as_the_reader_writes_it(language: str, micros: int, decimals: int, text: str) -> None:
    """The sign of the currency stands where the language puts it."""
    with override(language):
        assert money_filter(micros, decimals) == text


def test_cents_are_written_as_euros_and_as_form_values() -> None:
    """What a form shows can be read back, whatever the language."""
    with override("fr"):
        assert cents(123_450).endswith(",50\N{NO-BREAK SPACE}€")
        assert plain_cents(123_450) == "1234.50"


def test_an_exact_amount_has_no_more_decimals_than_it_needs() -> None:
    """A click that is worth whole cents is shown in cents, others to the hundredth of a cent."""
    assert exact(5_000_000) == "€5.00"
    assert exact(833_333) == "€0.8333"
