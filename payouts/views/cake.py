"""A fan's cake of this month: what everyone would get now, and how much a creator may get at most."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import CreatorProfile, User
from accounts.views import user_of
from buttons import queries as buttons_queries
from buttons.operations.clicks import PeriodClosed
from flattr import money, pages
from flattr.navigation import next_page
from flattr.period import Period
from flattr.templatetags.money import cents
from payouts.forms import CapForm
from payouts.operations import caps as operations
from payouts.queries import forecasts, introductions, statements

_ORDERS: Final = {
    "clicks": gettext_lazy("Most clicked"),
    "latest": gettext_lazy("Latest"),
    forecasts.BY_CREATOR: gettext_lazy("By creator"),
}
"""The orders of the slices, the first one unless another is asked for, and what the page calls them."""

_SHOWN: Final = pages.SIZE // 3
"""How many slices a page has: each has three lines and two forms."""


@login_required
@require_safe
def cake(request: HttpRequest) -> HttpResponse:
    """Show this month's cake as it would be cut now, and what one click more or less would change."""
    fan, now = user_of(request), timezone.now()
    cake_now = forecasts.cake_of(fan=fan, period=Period.at(now))
    asked = request.GET.get("sort", "")
    order = asked if asked in _ORDERS else next(iter(_ORDERS))
    place = pages.Place.of(request, size=_SHOWN)
    in_order, key_of = forecasts.ordered(cake_now, order=order)
    slices = pages.cut_list(in_order, key_of=key_of, place=place, order_name=order)
    latest = cake_now.latest
    # The one that was clicked last may be on another page.
    rows = forecasts.shown(cake_now, [*slices, latest] if latest else [])
    last = rows.pop() if latest else None
    return render(
        request,
        "payouts/cake.html",
        {
            "cake": cake_now,
            # Rounded up, so that the last day is one.
            "days_left": -((now - cake_now.period.end) // timedelta(days=1)),
            "order": order,
            "orders": _ORDERS,
            "slices": slices,
            "parts": drawn_parts(rows, clicks=cake_now.clicks),
            "rows": [(each, uuid.uuid4()) for each in rows],
            "last": last,
            "caps": cake_now.caps_now(),
            # Where a click is worth less than a cent, cents would tell nothing.
            "decimals": 2 if cake_now.click_worth_micros >= money.MICROS_PER_CENT else 4,
            "brought": introductions.brought_by(sharer=fan),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cap(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how much of the fan's cake a creator gets at most, or change that."""
    fan, now = user_of(request), timezone.now()
    profile = get_object_or_404(buttons_queries.creators().exclude(user=fan), slug=slug)
    cake_now = forecasts.cake_of(fan=fan, period=Period.at(now))
    standing = next((each for each in cake_now.caps_now() if each.cap.creator_id == profile.pk), None)
    form = CapForm(request.POST or None, initial={"most_cents": standing.cap.most_cents} if standing else None)
    if request.method == "POST" and form.is_valid() and _is_set(request, form, fan=fan, profile=profile, now=now):
        return redirect(next_page(request, default=reverse("payouts:cake")))
    own = [each for each in cake_now.slices if each.clicked.creator_id == profile.pk]
    return render(
        request,
        "payouts/cap.html",
        {
            "profile": profile,
            "form": form,
            "standing": standing,
            "period": cake_now.period,
            "clicks": sum(each.clicks for each in own),
            "got_micros": sum(each.amount_micros for each in own),
            "next": next_page(request, default=""),
        },
    )


def _is_set(request: HttpRequest, form: CapForm, *, fan: User, profile: CreatorProfile, now: datetime) -> bool:
    """Set the cap that the form asks for and say so, or say beside its field why not."""
    most_cents = form.cleaned_data["most_cents"]
    try:
        operations.set_cap(fan=fan, creator=profile.user, most_cents=most_cents, now=now)
    except operations.TooManyCaps:
        text = _("You have %(number)s caps, which is as many as one may have. Lift another one first.")
        form.add_error("most_cents", text % {"number": operations.CAPS_MAX})
    except PeriodClosed:
        form.add_error("most_cents", _("The month has just ended. Please try again."))
    else:
        text = _("%(name)s gets at most %(amount)s of your cake a month.")
        messages.success(request, text % {"name": profile.name, "amount": cents(most_cents)})
        return True
    return False


@login_required
@require_POST
def lift_cap(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a creator get whatever the fan's clicks bring, from this month on."""
    # Whose page is closed has clicks of this month still.
    profile = get_object_or_404(CreatorProfile.objects.select_related("user"), slug=slug)
    try:
        operations.set_cap(fan=user_of(request), creator=profile.user, most_cents=None, now=timezone.now())
    except operations.OwnCap as error:
        raise Http404 from error
    except PeriodClosed:
        messages.error(request, _("The month has just ended. Please try again."))
    else:
        messages.success(request, _("There is no cap for %(name)s any more.") % {"name": profile.name})
    return redirect(next_page(request, default=reverse("payouts:cake")))


def drawn_parts(rows: Iterable[forecasts.ShownSlice | statements.FanLine], *, clicks: int) -> list[tuple[str, int]]:
    """Return what to draw of a cake: the slices of a page, and what the other pages show as one."""
    parts = [(each.button.title, each.clicks) for each in rows]
    others = clicks - sum(weight for _title, weight in parts)
    return [*parts, (_("Everything else"), others)] if others else parts
