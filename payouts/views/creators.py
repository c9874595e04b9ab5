"""A creator's pages: earnings, statements, payouts."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.views import creator_required, user_of
from flattr import charts, pages
from flattr.period import Period
from flattr.second_factor import second_factor_required
from flattr.templatetags.money import cents, month
from payouts.forms import AccountForm, PayoutForm, SmallestPayoutForm
from payouts.models import Payout, PayoutAccount
from payouts.operations import accounts, payouts
from payouts.queries import balances, debts, gifts, introductions, statements
from payouts.queries import earnings as queries
from payouts.views import earned_lines, papers
from payouts.views.files import csv_response, pdf_response
from payouts.views.provider import leading_back_where_away

DRAWN_MONTHS: Final = 12
"""How many months the drawing of earnings has, the one that runs included."""

BEST_BUTTONS: Final = 10


@creator_required
@require_http_methods(["GET", "HEAD", "POST"])
@second_factor_required(back="payouts:earnings", allow_get=True)
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
            minimum = cents(balances.smallest_payout_cents(creator=creator))
            form.add_error("amount_cents", _("The smallest payout is %(minimum)s.") % {"minimum": minimum})
        except payouts.AccountNotReady:
            form.add_error(None, _("The account that receives your payouts isn't ready."))
        except payouts.PayoutIdTaken:
            messages.error(request, _("This form was sent before, with something else in it. Please try again."))
            return redirect("payouts:earnings")
        else:
            messages.success(request, _("Your payout is requested. Our staff will look at it."))
            return redirect("payouts:earnings")
    shown = {"form": form, "payouts": _payouts_of(request), **_earned(creator, now=now), **_account(creator, now=now)}
    return render(request, "payouts/earnings.html", shown, status=422 if form.errors else 200)


def _payouts_of(request: HttpRequest) -> pages.Page[tuple[Payout, datetime | None]]:
    """Return the creator's payouts, the newest first, each with when it is expected to have left us."""
    found = pages.cut(
        user_of(request).payouts.order_by("-requested_at", "-id"),
        place=pages.Place.of(request, name="payouts", size=24),
    )
    return found.showing([(payout, queries.expected_by(payout=payout)) for payout in found])


def _earned(creator: User, *, now: datetime) -> dict[str, Any]:
    """Return what the page tells of the creator's months: those that are settled, and the one that runs."""
    period = Period.at(now)
    months = queries.months(creator=creator)
    drawn = [each.settlement for each in months[:DRAWN_MONTHS]]
    expected = queries.forecast(creator=creator, now=now)
    given = gifts.by_month(creator.gifts_received.all(), first=period.shift(1 - DRAWN_MONTHS), last=period)
    return {
        "period": period,
        "months": months,
        "has_shares": any(each.shared_micros for each in months),
        "forecast": expected,
        "bars": _bars(months, given, expected, period) if months or given or expected.clicks else [],
        "best": queries.by_button(creator=creator, settlements=drawn, limit=BEST_BUTTONS),
        "brought": introductions.brought_to(creator=creator),
    }


def _bars(
    months: Sequence[queries.Month], given: Sequence[gifts.GiftSum], expected: queries.Forecast, running: Period
) -> list[charts.Bar]:
    """Return the last months as bars, from the first one that brought something; then the forecast of this one.

    Gifts are a part of their own. Those of this month are there for sure, and nobody knows how many will come.
    """
    net = {each.settlement.period: each.net_micros for each in months}
    gave = {each.period: each.net_micros for each in given}
    first = max(min([*net, *gave], default=running), running.shift(1 - DRAWN_MONTHS))
    found = []
    while first < running:
        gift = gave.get(first, 0)
        found.append(charts.Bar(label=month(first), amount_micros=net.get(first, 0) + gift, part_micros=gift))
        first = first.next
    middle, gift = (expected.low_micros + expected.high_micros) // 2, gave.get(running, 0)
    return [
        *found,
        charts.Bar(
            label=month(running),
            amount_micros=middle + gift,
            low_micros=expected.low_micros + gift,
            high_micros=expected.high_micros + gift,
            part_micros=gift,
        ),
    ]


def _account(creator: User, *, now: datetime) -> dict[str, Any]:
    """Return what the page tells of the creator's balance, and of where payouts go."""
    balance_micros, on_hold_micros, withdrawable_cents = balances.balance_hold_and_withdrawable(
        creator=creator, now=now
    )
    account, owed_micros = debts.account_and_owed(creator=creator)
    return {
        "balance_micros": balance_micros,
        "on_hold_micros": on_hold_micros,
        "owed_micros": owed_micros,
        "withdrawable_cents": withdrawable_cents,
        "account": account,
        "account_form": AccountForm(),
        "smallest_cents": balances.smallest_payout_to(account=account),
    }


@creator_required
@require_POST
@second_factor_required(back="payouts:earnings")
@leading_back_where_away("payouts:earnings")
def open_account(request: HttpRequest) -> HttpResponse:
    """Open the account that receives the creator's payouts, and go on to the provider's page for it."""
    form = AccountForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please choose a country."))
        return redirect("payouts:earnings")
    accounts.open_account(creator=user_of(request), country=form.cleaned_data["country"])
    return account_page(request)


@creator_required
@require_http_methods(["GET", "POST"])
@second_factor_required(back="payouts:earnings")
@leading_back_where_away("payouts:earnings")
def account_page(request: HttpRequest) -> HttpResponse:
    """Go to the provider's page where the creator tells what is missing; each way there has an address of its own."""
    account = get_object_or_404(PayoutAccount, creator=user_of(request))
    if account.state in PayoutAccount.CLOSED_STATES:
        return redirect("payouts:earnings")
    back, again = (settings.APP_URL + reverse(name) for name in ("payouts:account_told", "payouts:account_page"))
    return redirect(accounts.account_page(account=account, return_url=back, refresh_url=again))


@creator_required
@require_safe
@leading_back_where_away("payouts:earnings")
def account_told(request: HttpRequest) -> HttpResponse:
    """Look at the account once its creator comes back, which proves nothing by itself."""
    account = get_object_or_404(PayoutAccount, creator=user_of(request))
    accounts.look_at_account(account=account.account, now=timezone.now())
    return redirect("payouts:earnings")


@creator_required
@require_POST
def smallest_payout(request: HttpRequest) -> HttpResponse:
    """Keep below which amount the creator doesn't want to be paid out."""
    form = SmallestPayoutForm(request.POST)
    if form.is_valid():
        accounts.set_smallest_payout(creator=user_of(request), least_cents=form.cleaned_data["least_cents"])
        messages.success(request, _("Saved."))
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("payouts:earnings")


@creator_required
@require_POST
def cancel_payout(request: HttpRequest, payout_id: uuid.UUID) -> HttpResponse:
    """Take back the request for a payout that nobody has decided about."""
    try:
        payouts.cancel_payout(payout_id=payout_id, creator=user_of(request), now=timezone.now())
    except Payout.DoesNotExist as error:
        raise Http404 from error
    except payouts.AlreadyReviewed:
        messages.error(request, _("Somebody has decided about this payout before."))
    else:
        messages.success(request, _("Cancelled. Your balance has the money back."))
    return redirect("payouts:earnings")


@creator_required
@require_safe
def earnings_of(request: HttpRequest, period: Period) -> HttpResponse:
    """Show a month's earnings by button, and the entries of the balance."""
    creator = user_of(request)
    shown = statements.creator_statement(
        creator=creator,
        period=period,
        place=pages.Place.of(request),
        place_of_entries=pages.Place.of(request, name="entries"),
    )
    place = pages.Place.of(request, name="gifts")
    received = gifts.received(creator=creator, first=period, last=period, place=place)
    return render(request, "payouts/earnings_of.html", {"statement": shown, "gifts": received})


@creator_required
@require_safe
def earnings_csv(request: HttpRequest, period: Period) -> HttpResponse:
    """Return what the month's buttons, co-authorship and gifts brought, as a file."""
    creator = user_of(request)
    shown = statements.creator_statement(creator=creator, period=period)
    return csv_response(
        name=f"flattr-earnings-{period}.csv",
        header=earned_lines.HEADER,
        rows=[
            *(earned_lines.of_button(line) for line in shown.lines),
            *(earned_lines.of_share(share, creator=creator) for share in [*shown.given, *shown.received]),
            *(earned_lines.of_gift(each) for each in gifts.received(creator=creator, first=period, last=period)),
        ],
    )


@creator_required
@require_safe
def earnings_pdf(request: HttpRequest, period: Period) -> HttpResponse:
    """Return the month as a paper."""
    creator = user_of(request)
    file = papers.month_of_creator(
        creator=creator,
        statement=statements.creator_statement(creator=creator, period=period),
        gifts=gifts.by_month(creator.gifts_received.all(), first=period, last=period),
        now=timezone.now(),
    )
    return pdf_response(name=f"flattr-earnings-{period}.pdf", file=file)
