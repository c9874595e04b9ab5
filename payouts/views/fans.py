"""A fan's pages about money: the subscription, deposits, statements."""

import uuid
from collections.abc import Iterable
from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import operations as accounts_operations
from accounts import queries as accounts_queries
from accounts.models import BUDGET_CENTS_MAX, BUDGET_CENTS_MIN, Subscription
from accounts.views import user_of
from flattr import pages
from flattr.navigation import next_page
from flattr.period import Period
from flattr.templatetags.money import month
from payouts import tasks
from payouts.forms import DepositForm, OnceForm, RefundForm, SubscriptionForm
from payouts.gateway import ProviderUnavailable, Result
from payouts.models import Deposit, PaymentMethod
from payouts.operations import deposits, methods, refunds
from payouts.queries import balances, fees, gifts, history, plans, renewals, statements
from payouts.views import given_lines, papers
from payouts.views.cake import drawn_parts
from payouts.views.files import csv_response, pdf_response
from payouts.views.history import cut_months
from payouts.views.provider import leading_back_where_away


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leading_back_where_away("payouts:subscription")
def subscription(request: HttpRequest) -> HttpResponse:
    """Show the fan's promise, or change it and pay where the balance doesn't cover the month."""
    fan, now = user_of(request), timezone.now()
    history = pages.cut(
        accounts_queries.subscription_history(fan=fan), place=pages.Place.of(request, name="history", size=24)
    )
    latest = next(iter(history), None) if history.is_first else accounts_queries.latest_subscription(fan=fan)
    method = PaymentMethod.objects.filter(fan=fan).first()
    kind = method.kind if method else ""
    form = SubscriptionForm(request.POST or None, latest=latest, kind_of_method=kind)
    if request.method == "POST" and form.is_valid():
        deposit_id = form.cleaned_data.pop("row_id")
        promised = accounts_operations.subscribe(fan=fan, now=now, **form.cleaned_data)
        methods.agree(fan=fan, text=methods.consent_text(**form.cleaned_data), now=now)
        is_later = promised.effective_from > Period.at(now)
        if is_later:
            first_month = month(promised.effective_from)
            messages.success(request, _("Saved. It counts from %(period)s on.") % {"period": first_month})
        amount_cents = balances.charge_cents(fan=fan, period=Period.at(now))
        if amount_cents > 0:
            return to_pay_page(request, deposit_id=deposit_id, amount_cents=amount_cents, for_promise=True)
        if is_later:
            return redirect(next_page(request, default=reverse("payouts:subscription")))
        messages.success(request, _("Your budget is set, and your balance covers it."))
        return redirect(next_page(request, default=reverse("payouts:cake")))
    balance_micros, spendable_micros, unused_cents = balances.balance_spendable_and_unused(fan=fan, now=now)
    return render(
        request,
        "payouts/subscription.html",
        {
            "form": form,
            "fees": fees.fees(kind=kind, budget_cents=form.shown_budget_cents),
            "budget_limits_cents": {"min": BUDGET_CENTS_MIN, "max": BUDGET_CENTS_MAX},
            "latest": latest,
            "plan": plans.plan_of(
                current=_promise_in_force(history, latest, period=Period.at(now)),
                latest=latest,
                spendable_micros=spendable_micros,
                kind=kind,
                now=now,
            ),
            "history": history,
            "balance_micros": balance_micros,
            "unused_cents": unused_cents,
            "consent": methods.CONSENT,
            "method": method,
            "standing": renewals.standing(fan=fan, period=Period.at(now)),
            "deposits": pages.cut(
                fan.deposits.order_by("-started_at", "-id"),
                place=pages.Place.of(request, name="payments", size=12),
            ),
            "refunds": pages.cut(
                fan.refunds.order_by("-requested_at", "-id"),
                place=pages.Place.of(request, name="refunds", size=12),
            ),
            "new_ids": {"deposit": uuid.uuid4(), "refund": uuid.uuid4()},
            "next": next_page(request, default=""),
        },
    )


@login_required
@require_POST
def change_state(request: HttpRequest) -> HttpResponse:
    """Pause, resume or cancel the fan's promise."""
    state = request.POST.get("state", "")
    try:
        changed = accounts_operations.set_subscription_state(
            fan=user_of(request), state=Subscription.State(state), now=timezone.now()
        )
    except ValueError:
        messages.error(request, _("There is nothing to change."))
    else:
        messages.success(
            request,
            _("Your subscription is %(state)s from %(period)s on.")
            % {"state": changed.get_state_display(), "period": month(changed.effective_from)},
        )
    return redirect("payouts:subscription")


@login_required
@require_POST
@leading_back_where_away("payouts:subscription")
def new_deposit(request: HttpRequest) -> HttpResponse:
    """Go to the provider's page to pay an amount in."""
    form = DepositForm(request.POST)
    if not form.is_valid():
        return _back_with_errors(request, form)
    return to_pay_page(
        request, deposit_id=form.cleaned_data["row_id"], amount_cents=form.cleaned_data["amount_cents"]
    )


@login_required
@require_safe
@leading_back_where_away("payouts:subscription")
def deposit(request: HttpRequest, deposit_id: uuid.UUID) -> HttpResponse:
    """Show what became of a deposit; the provider's page leads back here."""
    own = get_object_or_404(Deposit, pk=deposit_id, fan=user_of(request))
    is_payable = False
    if own.state in Deposit.OPEN_STATES:
        # Where the provider is away, the page looks again by itself.
        with suppress(ProviderUnavailable):
            outcome = deposits.collect_deposit(deposit_id=own.pk, now=timezone.now())
            # What the provider has never heard of has no page yet, except a renewal, which was asked for just now.
            is_unasked = outcome.result is Result.UNKNOWN and own.for_period is None
            is_payable = is_unasked or bool(outcome.url) or outcome.result is Result.NEEDS_FAN
        own.refresh_from_db()
    return render(
        request,
        "payouts/deposit.html",
        {
            "deposit": own,
            "is_waiting": own.state == Deposit.State.PENDING and not is_payable,
            "next": next_page(request, default=""),
        },
    )


@login_required
@require_POST
@leading_back_where_away("payouts:subscription")
def resume_deposit(request: HttpRequest, deposit_id: uuid.UUID) -> HttpResponse:
    """Go to the provider's page to pay or confirm a deposit that is open."""
    own = get_object_or_404(Deposit, pk=deposit_id, fan=user_of(request))
    return redirect(deposits.resume_deposit(deposit=own, next_page=next_page(request, default="")))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leading_back_where_away("payouts:subscription")
def payment_method(request: HttpRequest) -> HttpResponse:
    """Go to the provider's page for another card or debit, or come back from there."""
    fan = user_of(request)
    if request.method == "POST":
        return_url = settings.APP_URL + reverse("payouts:payment_method")
        return redirect(methods.open_method_page(fan=fan, return_url=return_url))
    methods.look_at_method(fan=fan, now=timezone.now())
    return redirect("payouts:subscription")


@login_required
@require_POST
@leading_back_where_away("payouts:subscription")
def remove_payment_method(request: HttpRequest) -> HttpResponse:
    """Let the provider forget by what the fan paid."""
    methods.remove_method(fan=user_of(request), now=timezone.now())
    messages.success(request, _("What you paid by is forgotten. Nothing is charged without you any more."))
    return redirect("payouts:subscription")


@login_required
@require_POST
def new_refund(request: HttpRequest) -> HttpResponse:
    """Ask for unused balance back."""
    form = RefundForm(request.POST)
    if not form.is_valid():
        return _back_with_errors(request, form)
    try:
        parts = refunds.request_refund(
            request_id=form.cleaned_data["row_id"],
            fan=user_of(request),
            amount_cents=form.cleaned_data["amount_cents"],
            now=timezone.now(),
        )
    except refunds.NothingToRefund:
        messages.error(request, _("That is more than your unused balance."))
    except refunds.RefundIdTaken:
        messages.error(request, _("This form was sent before, with something else in it. Please try again."))
    else:
        for refund in parts:
            tasks.ring(tasks.advance_refund, str(refund.pk))
        messages.success(request, _("Your refund is on its way. We will write to you when it has arrived."))
    return redirect("payouts:subscription")


@login_required
@require_safe
def statement_list(request: HttpRequest) -> HttpResponse:
    """List the months in which the fan gave something."""
    return render(
        request,
        "payouts/statement_list.html",
        {
            "months": cut_months(request, history.given_months(fan=user_of(request))),
            "period": Period.at(timezone.now()),
        },
    )


@login_required
@require_safe
def statement(request: HttpRequest, period: Period) -> HttpResponse:
    """Show where every cent of a month went."""
    fan = user_of(request)
    shown = statements.fan_statement(
        fan=fan,
        period=period,
        place=pages.Place.of(request),
        place_of_entries=pages.Place.of(request, name="entries"),
    )
    parts = drawn_parts(shown.lines, clicks=shown.spend.clicks if shown.spend else 0)
    given = gifts.given(fan=fan, period=period, place=pages.Place.of(request, name="gifts"))
    return render(request, "payouts/statement.html", {"statement": shown, "parts": parts, "gifts": given})


@login_required
@require_safe
def statement_csv(request: HttpRequest, period: Period) -> HttpResponse:
    """Return the month's buttons as a file."""
    fan = user_of(request)
    shown = statements.fan_statement(fan=fan, period=period)
    return csv_response(
        name=f"flattr-{period}.csv",
        header=given_lines.HEADER,
        rows=given_lines.rows_of(shown, gifts=gifts.given(fan=fan, period=period)),
    )


@login_required
@require_safe
def statement_pdf(request: HttpRequest, period: Period) -> HttpResponse:
    """Return the month as a paper."""
    fan = user_of(request)
    shown = statements.fan_statement(fan=fan, period=period)
    given = history.given_in(fan=fan, months=[shown.spend] if shown.spend else [])
    beside = gifts.given(fan=fan, period=period).rows
    file = papers.month_of_fan(fan=fan, statement=shown, given=given, gifts=beside, now=timezone.now())
    return pdf_response(name=f"flattr-{period}.pdf", file=file)


def _promise_in_force(
    history: Iterable[Subscription], latest: Subscription | None, *, period: Period
) -> Subscription | None:
    """Return the promise that counts for a period; it mostly stands among what is shown of the history."""
    if latest is None or latest.effective_from <= period:
        return latest
    shown = next((each for each in history if each.effective_from <= period), None)
    return shown or accounts_queries.subscription_for(fan=latest.fan, period=period)


def _back_with_errors(request: HttpRequest, form: OnceForm) -> HttpResponse:
    """Tell on the page that has the form what is wrong with it."""
    messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("payouts:subscription")


def to_pay_page(
    request: HttpRequest, *, deposit_id: uuid.UUID, amount_cents: int, for_promise: bool = False
) -> HttpResponse:
    """Start a deposit and lead to the provider's page, from where the fan comes back to `next`."""
    try:
        url = deposits.start_deposit(
            deposit_id=deposit_id,
            fan=user_of(request),
            amount_cents=amount_cents,
            for_promise=for_promise,
            next_page=next_page(request, default=""),
            now=timezone.now(),
        )
    except deposits.DepositIdTaken:
        messages.error(request, _("This form was sent before, with something else in it. Please try again."))
        return redirect("payouts:subscription")
    return redirect(url)
