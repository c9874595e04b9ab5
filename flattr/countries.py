"""Countries, by their ISO 3166-1 codes of two letters."""

from typing import Final

EEA: Final = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IS",
    "IT",
    "LI",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "NO",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
]
"""The European Economic Area. Stripe's transfers don't leave it (https://docs.stripe.com/connect/cross-border-payouts)."""
