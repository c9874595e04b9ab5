"""The way of somebody new to their first click: choose a sum, pay it in, click. Each step may be left out."""

import uuid
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import operations as accounts_operations
from accounts.views import user_of
from flattr import money
from flattr.period import Period
from payouts.forms import OnceForm, WelcomeForm
from payouts.operations import methods
from payouts.queries import balances
from payouts.queries import welcome as queries
from payouts.queries.welcome import Step
from payouts.views.fans import to_pay_page
from payouts.views.provider import leading_back_where_away

_CLICKS: Final = (5, 10, 20)
"""How many clicks a month the examples have."""

_TITLES: Final = {Step.SUM: _("Choose a sum"), Step.PAY: _("Pay it in"), Step.CLICK: _("Click what you love")}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Show the step that is open, or the last one to who leaves others out; keep the sum chosen in the first one."""
    fan, now = user_of(request), timezone.now()
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        promised = {"budget_cents": form.cleaned_data["cents"], "term_months": form.cleaned_data["term_months"]}
        accounts_operations.subscribe(fan=fan, now=now, **promised)
        methods.agree(fan=fan, text=methods.consent_text(**promised), now=now)
        return redirect("payouts:welcome")
    way = queries.way_of(fan=fan, now=now)
    # Whoever sends something wrong from an older page sees that page again.
    open_step = Step.SUM if form.errors else way.step
    if open_step is None:
        return redirect("payouts:cake")
    is_looking = request.GET.get("step") == str(Step.CLICK.value)
    step = Step.CLICK if is_looking and not form.errors else open_step
    shown: dict[str, object] = {
        "step": step,
        "open_step": open_step,
        "steps": [(each, _TITLES[each]) for each in Step],
        "title": _TITLES[step],
    }
    match step:
        case Step.SUM:
            shown |= {"form": form, "clicks": _CLICKS, "examples": _examples(form), "consent": methods.CONSENT}
        case Step.PAY:
            shown |= {"promise": way.promise, "amount_cents": way.due_cents, "deposit_id": uuid.uuid4()}
        case Step.CLICK:
            buttons = [(each, uuid.uuid4()) for each in queries.suggested_buttons(fan=fan)]
            shown |= {"has_budget": way.promise is not None, "buttons": buttons}
    return render(request, "payouts/welcome.html", shown, status=422 if form.errors else 200)


@login_required
@require_POST
@leading_back_where_away("payouts:welcome")
def pay_first(request: HttpRequest) -> HttpResponse:
    """Go to the provider's page to pay what the fan's promise for this month costs."""
    form = OnceForm(request.POST)
    amount_cents = balances.charge_cents(fan=user_of(request), period=Period.at(timezone.now()))
    if not form.is_valid() or amount_cents == 0:
        return redirect("payouts:welcome")
    return to_pay_page(request, deposit_id=form.cleaned_data["row_id"], amount_cents=amount_cents, for_promise=True)


def _examples(form: WelcomeForm) -> list[tuple[int, list[int]]]:
    """Return for each usual sum in cents what one click is worth in micros, by the number of clicks."""
    return [(each, [money.cents_to_micros(each) // clicks for clicks in _CLICKS]) for each in form.usual_cents]
