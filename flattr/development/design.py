"""Every component in every state on one page, for whoever designs the next one. Development alone has it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Final

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from flattr import money
from flattr.charts import Bar
from flattr.forms import CentsField
from flattr.pages import Page

_MONTHS: Final = (
    ("October 2025", 12),
    ("November 2025", 31),
    ("December 2025", 88),
    ("January 2026", 54),
    ("February 2026", 61),
    ("March 2026", 0),
    ("April 2026", 47),
    ("May 2026", 73),
    ("June 2026", 69),
    ("July 2026", 110),
    ("August 2026", 96),
)
_PARTS: Final = (("First light", 41), ("A very long title of a very long episode about cakes", 22), ("Kite", 3))
_SLICES: Final = (("Song", 5), ("Podcast", 3), ("Program", 2), *((name, 1) for name in ("A", "B", "C", "D", "E")))


class _SampleForm(forms.Form):
    """A field of each kind, with and without a hint."""

    name = forms.CharField(label="Name", help_text="As others shall see it.", max_length=20)
    amount = CentsField(label="Amount in euros", min_cents=200, max_cents=50_000)
    address = forms.URLField(label="Address", required=False)
    term = forms.ChoiceField(label="Paid every", choices=[("1", "month"), ("3", "3 months")])
    text = forms.CharField(label="Text", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agreed = forms.BooleanField(label="I agree")


_WRONG: Final = QueryDict("name=A name that is far too long&amount=1&address=no address&term=2&text=Words")


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Show the components; what stands in them is made up, and in English alone."""
    bars = [Bar(label=label, amount_micros=amount * money.MICROS_PER_UNIT) for label, amount in _MONTHS]
    low, amount, high = (amount * money.MICROS_PER_UNIT for amount in (60, 85, 120))
    forecast = Bar(label="September 2026", amount_micros=amount, low_micros=low, high_micros=high)
    parted = [replace(bar, part_micros=bar.amount_micros // 4) for bar in bars[-3:]]
    return render(
        request,
        "design.html",
        {
            "form": _SampleForm(auto_id="good_%s"),
            "wrong_form": _SampleForm(_WRONG, auto_id="wrong_%s"),
            "bars": [*bars, forecast],
            "few_bars": [*bars[-3:], forecast],
            "parted_bars": [*parted, replace(forecast, part_micros=20 * money.MICROS_PER_UNIT)],
            "parts": [Bar(label=label, amount_micros=amount * money.MICROS_PER_UNIT) for label, amount in _PARTS],
            "slices": _SLICES,
            "story": [(5, "€2.50"), (3, "€1.50"), (2, "€1.00")],
            "page": Page(rows=[], is_first=False, first="", following="after"),
            "told": [SimpleNamespace(tags=tags) for tags in ("success", "info", "warning", "error")],
        },
    )
