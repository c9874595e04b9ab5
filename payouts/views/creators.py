"""A creator's pages: earnings, statements, payouts."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.views import creator_required, user_of
from flattr import money, pages
from flattr.period import Period
from flattr.templatetags.money import cents
from payouts.forms import PayoutForm
from payouts.operations import payouts
from payouts.queries import balances, statements
from payouts.views.files import csv_response


@creator_required
@require_http_methods(["GET", "HEAD", "POST"])
def earnings(request: HttpRequest) -> HttpResponse:
    """Show what the creator earned and may withdraw, and ask for a payout."""
    creator, now = user_of(request), timezone.now()
    form = PayoutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            payouts.request_payout(
                payout_id=form.cleaned_data["row_id"],
                creator=creator,
                amount_cents=form.cleaned_data["amount_cents"],
                now=now,
            )
        except payouts.AmountAboveWithdrawable:
            form.add_error("amount_cents", _("That is more than you can withdraw now."))
        except payouts.AmountBelowMinimum:
            minimum = cents(settings.MINIMUM_PAYOUT_CENTS)
            form.add_error("amount_cents", _("The smallest payout is %(minimum)s.") % {"minimum": minimum})
        except payouts.PayoutIdTaken:
            messages.error(request, _("This form was sent before, with something else in it. Please try again."))
            return redirect("payouts:earnings")
        else:
            messages.success(request, _("Your payout is requested. Our staff will look at it."))
            return redirect("payouts:earnings")
    return render(
        request,
        "payouts/earnings.html",
        {
            "form": form,
            "balance_micros": balances.creator_balance_micros(creator=creator),
            "on_hold_micros": balances.on_hold_micros(creator=creator, now=now),
            "withdrawable_cents": balances.withdrawable_cents(creator=creator, now=now),
            "months": statements.creator_months(creator=creator),
            "payouts": pages.cut(
                creator.payouts.order_by("-requested_at", "-id"),
                place=pages.Place.of(request, name="payouts", size=24),
            ),
            "period": Period.at(now),
        },
        status=422 if form.errors else 200,
    )


@creator_required
@require_safe
def earnings_of(request: HttpRequest, period: Period) -> HttpResponse:
    """Show a month's earnings by button, and the entries of the balance."""
    shown = statements.creator_statement(creator=user_of(request), period=period, place=pages.Place.of(request))
    return render(request, "payouts/earnings_of.html", {"statement": shown})


@creator_required
@require_safe
def earnings_csv(request: HttpRequest, period: Period) -> HttpResponse:
    """Return the month's buttons as a file."""
    shown = statements.creator_statement(creator=user_of(request), period=period)
    return csv_response(
        name=f"flattr-earnings-{period}.csv",
        header=["button", "address", "clicks", "gross_eur", "fee_eur", "net_eur"],
        rows=[
            [
                line.button.title,
                line.button.url,
                line.clicks,
                money.format_micros(line.gross_micros, decimals=6),
                money.format_micros(line.fee_micros, decimals=6),
                money.format_micros(line.net_micros, decimals=6),
            ]
            for line in shown.lines
        ],
    )
