"""Amounts and months in the reader's language."""

from decimal import Decimal

from django import template
from django.utils import formats
from django.utils.translation import get_language

from flattr import money
from flattr.period import Period

register = template.Library()


@register.filter(name="money")
def money_filter(micros: int, decimals: int = 2) -> str:
    """Write micros as euros with 2 to 6 decimals, as the reader's language writes them."""
    text = formats.number_format(
        Decimal(money.format_micros(micros, decimals=decimals)), decimals, force_grouping=True
    )
    return f"{text}\N{NO-BREAK SPACE}€" if get_language() == "fr" else f"€{text}".replace("€-", "-€")


@register.filter
def exact(micros: int) -> str:
    """Write micros as euros with two decimals, or with four where two would hide something."""
    return money_filter(micros, 4 if micros % money.MICROS_PER_CENT else 2)


@register.filter
def cents(amount: int) -> str:
    """Write cents as euros."""
    return money_filter(money.cents_to_micros(amount))


@register.filter
def plain_cents(amount: int) -> str:
    """Write cents as a plain number such as `5.00`, for form fields and snippets."""
    return money.format_micros(money.cents_to_micros(amount))


@register.filter
def month(period: Period | str) -> str:
    """Write a period, or its label as emails keep it, in words such as `October 2026`."""
    known = Period.parse(period) if isinstance(period, str) else period
    return formats.date_format(known.first_day, "YEAR_MONTH_FORMAT")
