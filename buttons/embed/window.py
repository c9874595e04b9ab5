"""The window of ours that a frame opens: it shows whom a click is for and from which site, and asks for it there.

Here the address bar shows us, and the page around the frame can change nothing. See docs/button.md.
"""

import re
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import queries as accounts_queries
from accounts.views import user_of
from buttons import queries, tickets
from buttons.embed import waiting
from buttons.embed.click_page import missing_step, place_of, refusal_text, site_of
from buttons.embed.waiting import WaitingClick
from buttons.operations import buttons as operations
from buttons.operations import clicks, keys, origins
from buttons.tasks import ring_for_new
from buttons.tickets import Place
from flattr import money
from flattr.period import Period

_CHALLENGE: Final = re.compile(r"[0-9a-f]{64}\Z")


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, ticket: str) -> HttpResponse:
    """Ask for the click that a ticket stands for and record it, after logging in or setting a budget if need be.

    Nothing but a press on this page or the way back from such a step, which is worth something once, records it.
    """
    response = _answer(request, ticket)
    # Whoever opened the window keeps no hold of it.
    response["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def _answer(request: HttpRequest, text: str) -> HttpResponse:
    here = reverse("buttons:window", args=[text])
    resumed = waiting.resumed(request, path=here) if request.method == "GET" else None
    if resumed is not None:
        return _record(request, resumed)
    place = place_of(request.GET, origin=request.GET.get("site", ""))
    try:
        # People leave pages open for hours, and what they confirm here is what they see now.
        click_id = tickets.read(text, place=place, max_age=None)
    except tickets.BadTicket as error:
        raise Http404 from error
    if request.method == "POST":
        waiting.forget(request, path=here)
        try:
            button = operations.open_button(place=place, now=timezone.now())
        except operations.UnknownCreator as error:
            raise Http404 from error
        wanted = WaitingClick(
            path=here,
            public_id=button.public_id,
            click_id=click_id,
            origin=place.origin,
            challenge=_well_formed(request.POST.get("challenge", "")),
        )
        return _record(request, wanted)
    return _page(request, place, challenge=_challenge_of_frame(request))


def _record(request: HttpRequest, wanted: WaitingClick) -> HttpResponse:
    try:
        step = missing_step(request, wanted)
        if step is not None:
            return redirect(step)
        made = keys.confirm_click(
            click_id=wanted.click_id,
            public_id=wanted.public_id,
            origin=wanted.origin,
            challenge=wanted.challenge,
            fan=user_of(request),
            now=timezone.now(),
        )
    except clicks.UnknownButton as error:
        raise Http404 from error
    except clicks.UnableToClick as error:
        return _page(request, None, error=refusal_text(error), status=HTTPStatus.CONFLICT)
    ring_for_new(made.button)
    # What came by a frame can be reported, as its site is known for sure.
    by_frame = bool(wanted.challenge and wanted.origin)
    return render(request, "buttons/window_done.html", {"button": made.button, "click": made if by_frame else None})


def _page(
    request: HttpRequest, place: Place | None, *, challenge: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    """Show whom the click is for, from where it comes and what it costs, or why there is none."""
    shown: dict[str, object] = {"error": error}
    if place is not None:
        profile = queries.open_pages().filter(slug=place.to).first()
        if profile is None:
            raise Http404
        if request.method == "GET" and request.user.is_authenticated and challenge:
            origins.note_window(fan=user_of(request), creator_id=profile.pk, origin=place.origin, now=timezone.now())
        shown |= {
            "profile": profile,
            "url": place.url,
            "origin": place.origin,
            "challenge": challenge,
            "is_own": profile.pk == request.user.pk,
            **_cost(request),
        }
    return render(request, "buttons/window.html", shown, status=status)


def _cost(request: HttpRequest) -> dict[str, int]:
    """Return how many clicks it would be this month, and what each is worth then in micros, for who has a budget."""
    if not request.user.is_authenticated:
        return {}
    fan, period = user_of(request), Period.at(timezone.now())
    promise = accounts_queries.active_subscription_for(fan=fan, period=period)
    if promise is None:
        return {}
    number = queries.fan_click_count(fan=fan, period=period) + 1
    return {"number": number, "slice_micros": money.cents_to_micros(promise.budget_cents) // number}


def _challenge_of_frame(request: HttpRequest) -> str:
    """Return the challenge that our frame opened the window with, or nothing where anything else did.

    Whoever made the challenge up gets a key of the fan's for it. Browsers say which site a window was opened by, and
    no other site can say that it is ours, so a page that opens the window by itself gets none.
    """
    is_frame = site_of(request.headers.get("Referer", "")) == settings.EMBED_URL
    return _well_formed(request.GET.get("ch", "")) if is_frame else ""


def _well_formed(text: str) -> str:
    return text if _CHALLENGE.match(text) else ""
