"""Money as integers: micros inside, cents where money meets the outside; never float."""

import re
from typing import Final

MICROS_PER_CENT: Final = 10_000
CENTS_PER_UNIT: Final = 100
MICROS_PER_UNIT: Final = MICROS_PER_CENT * CENTS_PER_UNIT
BASIS_POINTS_PER_WHOLE: Final = 10_000

_AMOUNT = re.compile(r"(?P<units>[0-9]{1,9})(?:[.,](?P<cents>[0-9]{1,2}))?")
_OWN_CURRENCY = re.compile(r"^(?:€|EUR)\s*|\s*(?:€|EUR)$", re.IGNORECASE)
_FOREIGN_CURRENCY = re.compile(r"^[A-Za-z]{3}\s*[0-9]|[0-9]\s*[A-Za-z]{3}$|[$£¥]")


class AmountError(ValueError):
    """The text is no amount of money that we can take."""


class NotAnAmount(AmountError):
    """The text is not a plain number of euros with at most two decimals."""


class ForeignCurrency(AmountError):
    """The text names a currency that is not ours."""


def cents_to_micros(cents: int) -> int:
    """Convert cents to micros, exactly."""
    return cents * MICROS_PER_CENT


def micros_to_cents(micros: int) -> int:
    """Convert micros to whole cents, rounding towards minus infinity.

    Rounding down is what a payout needs: nobody can withdraw a fraction that the ledger doesn't hold.
    """
    return micros // MICROS_PER_CENT


def fee_of(*, amount_micros: int, basis_points: int) -> int:
    """Return the fee in micros for an amount in micros, rounded down in the payer's favour."""
    return amount_micros * basis_points // BASIS_POINTS_PER_WHOLE


def parse_cents(text: str) -> int:
    """Read what a person typed (`5`, `5.50`, `5,5`, `€ 5`) as cents.

    Ambiguous texts such as `1.234` or `1,000.00` are refused rather than guessed at.

    :raises ForeignCurrency: if the text names a currency other than the euro.
    :raises NotAnAmount: if it isn't a plain number with at most two decimals.
    """
    bare = _OWN_CURRENCY.sub("", text.strip())
    match = _AMOUNT.fullmatch(bare)
    if match is None:
        if _FOREIGN_CURRENCY.search(bare):
            raise ForeignCurrency(text)
        raise NotAnAmount(text)
    cents = (match["cents"] or "").ljust(2, "0")
    return int(match["units"]) * CENTS_PER_UNIT + int(cents)


def format_micros(micros: int, *, decimals: int = 2) -> str:
    """Write micros as units with a point and a fixed number of decimals (2 to 6), rounding half away from zero.

    This is the plain form for files and logs; pages use the `money` template filter, which speaks
    the reader's language.
    """
    step = 10 ** (6 - decimals)
    rounded = (abs(micros) + step // 2) // step
    units, fraction = divmod(rounded, 10**decimals)
    sign = "-" if micros < 0 and rounded else ""
    return f"{sign}{units}.{fraction:0{decimals}d}"
