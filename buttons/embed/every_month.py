"""What fans do about clicks that are repeated every month."""

from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import queries as accounts_queries
from accounts.views import user_of
from buttons.embed.click_page import refusal_text
from buttons.operations import clicks, standing
from flattr.navigation import next_page
from flattr.period import Period


@login_required
@require_POST
def set_every_month(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let the fan's click be repeated every month, or for another term; without a budget, lead on to setting one."""
    fan, now = user_of(request), timezone.now()
    back = _back(request, public_id)
    try:
        outcome = standing.set_standing_click(
            fan=fan, public_id=public_id, term_months=_term_of(request.POST.get("term_months", "")), now=now
        )
    except clicks.UnknownButton as error:
        raise Http404 from error
    except clicks.UnableToClick as error:
        messages.error(request, refusal_text(error))
        return redirect(back)
    except standing.UnknownTerm:
        messages.error(request, _("Term: choose 3, 6 or 12 months, or until you stop it."))
        return redirect(back)
    title = {"title": outcome.standing.button.title}
    if outcome.has_clicked:
        text = _("“%(title)s” has this month’s click, and gets one at the start of every month from now on.")
    else:
        text = _("“%(title)s” gets a click at the start of every month from now on.")
    messages.success(request, text % title)
    if accounts_queries.active_subscription_for(fan=fan, period=Period.at(now)) is None:
        messages.info(request, _("Without a budget these clicks weigh nothing. Set one, and they count."))
        return redirect(f"{reverse('payouts:subscription')}?{urlencode({'next': back})}")
    return redirect(back)


@login_required
@require_POST
def stop_every_month(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let the click be repeated no more."""
    if standing.stop_standing_click(fan=user_of(request), public_id=public_id, now=timezone.now()):
        messages.success(request, _("Stopped. This month’s click stays; you can undo it until the month ends."))
    else:
        messages.info(request, _("This button isn’t clicked every month."))
    return redirect(_back(request, public_id))


def _term_of(typed: str) -> int | None:
    """Return the months of a term, None for no end, and 0 for what is no term."""
    if not typed:
        return None
    with suppress(ValueError):
        return int(typed)
    return 0


def _back(request: HttpRequest, public_id: str) -> str:
    return next_page(request, default=reverse("buttons:button", args=[public_id]))
