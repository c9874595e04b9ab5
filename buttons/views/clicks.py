"""Pages of fans about where their clicks came from, and what they do about it."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import operations as accounts_operations
from accounts.views import user_of
from buttons.operations import clicks, keys, reports
from buttons.queries import trust
from flattr import pages
from flattr.navigation import next_page
from flattr.period import Period


@login_required
@require_POST
def undo_click(request: HttpRequest, click_id: uuid.UUID) -> HttpResponse:
    """Take back one of the fan's clicks."""
    try:
        click = clicks.undo_click(click_id=click_id, fan=user_of(request), now=timezone.now())
    except clicks.UnknownClick as error:
        raise Http404 from error
    except clicks.PeriodClosed:
        messages.error(request, _("That month is closed; its clicks can't be undone any more."))
    else:
        messages.success(request, _("One click for “%(title)s” is undone.") % {"title": click.button.title})
    return redirect(next_page(request, default=reverse("payouts:cake")))


@login_required
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """Show the fan which sites may click for them by one press, and where this month's clicks came from."""
    fan, now = user_of(request), timezone.now()
    place = pages.Place.of(request, size=trust.CLICKS_SHOWN)
    return render(
        request,
        "buttons/activity.html",
        {
            "wants_click_notices": not set(fan.muted) >= accounts_operations.CLICK_NOTICES,
            "sites": trust.trusted_sites(fan=fan, now=now),
            "clicks": trust.made_clicks(fan=fan, period=Period.at(now), place=place),
        },
    )


@login_required
@require_POST
def revoke_keys(request: HttpRequest) -> HttpResponse:
    """Let each click be confirmed again on one site, or on all."""
    origin = request.POST.get("origin")
    keys.revoke_keys(fan=user_of(request), origin=origin, now=timezone.now())
    if origin is None:
        messages.success(request, _("On every site, each click is confirmed again from now on."))
    else:
        messages.success(request, _("On %(site)s, each click is confirmed again from now on.") % {"site": origin})
    return redirect("buttons:activity")


@login_required
@require_POST
def report_click(request: HttpRequest, click_id: uuid.UUID) -> HttpResponse:
    """Take back a click that the fan never meant, and note that its site asked for it."""
    try:
        origin = reports.report_click(click_id=click_id, fan=user_of(request), now=timezone.now())
    except clicks.UnknownClick as error:
        raise Http404 from error
    text = _("Thank you for telling us. The click is undone, and on %(site)s each click is confirmed from now on.")
    messages.success(request, text % {"site": origin})
    return redirect("buttons:activity")


@login_required
@require_POST
def click_notices(request: HttpRequest) -> HttpResponse:
    """Tell the fan of clicks on other sites by email, or stop that."""
    wanted = request.POST.get("wanted") == "1"
    accounts_operations.set_click_notices(user=user_of(request), wanted=wanted)
    messages.success(request, _("We will write to you.") if wanted else _("We won’t write to you about clicks."))
    return redirect("buttons:activity")
