"""Pages about money for everybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from flattr.period import Period
from flattr.templatetags.money import money_filter
from payouts.queries import examples, totals


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Show what this is, by an example with real numbers and by what came of it so far."""
    example = examples.example_month()
    return render(
        request,
        "landing.html",
        {
            "is_landing": True,
            "example": example,
            "slices": [(part.clicks, money_filter(part.amount_micros)) for part in example.parts],
            "totals": totals.totals(period=Period.at(timezone.now())),
        },
    )
