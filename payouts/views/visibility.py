"""Pages on which people say who may see whom they support, and who sees each of their clicks."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import VisibilityForm
from accounts.models import Visibility
from accounts.operations import NameMissing
from accounts.views import user_of
from buttons import queries as buttons_queries
from buttons.operations.clicks import UnknownClick
from buttons.operations.visibility import OwnPage
from buttons.queries import trust
from buttons.queries import visibility as queries
from flattr import pages
from flattr.navigation import next_page
from flattr.period import Period
from payouts.operations import visibility as operations

_LISTED: Final = 24


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def visibility(request: HttpRequest) -> HttpResponse:
    """Choose who sees whom one supports, and by which name; list what was chosen for single creators and clicks."""
    user = user_of(request)
    form = VisibilityForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            operations.set_visibility(
                user=user,
                visibility=Visibility(form.cleaned_data["visibility"]),
                name=form.cleaned_data["name"],
                now=timezone.now(),
            )
        except NameMissing:
            form.add_error("name", _("Whoever may be seen needs a name."))
        else:
            messages.success(request, _("Saved."))
            return redirect("payouts:visibility")
    shown = {
        "form": form,
        "choices": queries.choices_of(fan=user, place=pages.Place.of(request, size=_LISTED)),
        "clicks": queries.click_choices_of(fan=user, place=pages.Place.of(request, name="clicks", size=_LISTED)),
    }
    return render(request, "payouts/visibility.html", shown, status=422 if form.errors else 200)


@login_required
@require_POST
def choose_visibility(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose who sees that one supports a creator."""
    profile = get_object_or_404(buttons_queries.creators(), slug=slug)
    choose = partial(operations.choose_visibility, fan=user_of(request), creator=profile.user, now=timezone.now())
    page = reverse("buttons:creator", args=[slug]) if profile.user.is_active else reverse("payouts:visibility")
    return _choose(request, choose, default=page)


@login_required
@require_POST
def choose_visibility_of_click(request: HttpRequest, period: Period, click_id: uuid.UUID) -> HttpResponse:
    """Choose who sees one click of one's own."""
    fan, now = user_of(request), timezone.now()
    choose = partial(operations.choose_visibility_of_click, fan=fan, period=period, click_id=click_id, now=now)
    is_running = period == Period.at(now)
    listed = reverse("buttons:activity") if is_running else reverse("payouts:statement_clicks", args=[period])
    return _choose(request, choose, default=listed)


def _choose(request: HttpRequest, choose: Callable[..., None], *, default: str) -> HttpResponse:
    """Let what the form says be chosen, an empty choice being as usual, and say so or why not."""
    typed = request.POST.get("visibility", "")
    try:
        choose(visibility=Visibility(typed) if typed else None)
    except (OwnPage, UnknownClick) as error:
        raise Http404 from error
    except NameMissing:
        messages.error(request, _("Whoever may be seen needs a name."))
        return redirect("payouts:visibility")
    except ValueError:
        messages.error(request, _("Choose everybody, creators only or nobody."))
    else:
        messages.success(request, _("Saved."))
    return redirect(next_page(request, default=default))


@login_required
@require_safe
def statement_clicks(request: HttpRequest, period: Period) -> HttpResponse:
    """List one's clicks of a month that a statement is about, each with who sees it."""
    place = pages.Place.of(request, size=trust.CLICKS_SHOWN)
    clicks = trust.made_clicks(fan=user_of(request), period=period, place=place)
    return render(request, "payouts/statement_clicks.html", {"period": period, "clicks": clicks})
