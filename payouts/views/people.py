"""Pages about all that is a person's: to be taken along, or to be closed."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.operations.closings import GRACE
from accounts.views import user_of
from payouts.operations import closings as operations
from payouts.queries import balances, closings, personal_data
from payouts.views.files import zip_response


@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Show what can be taken along, and what closing the account would mean."""
    user, now = user_of(request), timezone.now()
    return render(
        request,
        "payouts/data.html",
        {
            "obstacles": [each.value for each in closings.obstacles(user=user)],
            "leftover": closings.leftover(user=user, now=now),
            "balance_micros": balances.fan_balance_micros(fan=user),
            "grace_days": GRACE.days,
        },
    )


@login_required
@require_safe
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types.
def download(request: HttpRequest) -> HttpResponseBase:
    """Return all data of the person: a JSON file, and a CSV file of each table."""
    user, now = user_of(request), timezone.now()
    return zip_response(name=f"flattr-{now:%Y-%m-%d}.zip", tables=personal_data.tables_of(user=user))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]  # The same.
def close(request: HttpRequest) -> HttpResponse:
    """Ask for the account to be closed, which logs out."""
    user, now = user_of(request), timezone.now()
    if request.method == "POST":
        if not request.POST.get("understood"):
            messages.error(request, _("Please confirm that you understand what is lost."))
            return redirect("payouts:close_account")
        try:
            closing = operations.ask_to_close(user=user, now=now)
        except operations.CannotClose:
            return redirect("payouts:data")
        logout(request)
        text = _("Your account will be closed on %(date)s. Log in before, and it stays open.")
        messages.success(request, text % {"date": f"{closing.due_at:%Y-%m-%d}"})
        return redirect("landing")
    if closings.obstacles(user=user):
        return redirect("payouts:data")
    context = {
        "leftover": closings.leftover(user=user, now=now),
        "balance_micros": balances.fan_balance_micros(fan=user),
        "grace_days": GRACE.days,
    }
    return render(request, "payouts/close.html", context)
