"""The page on our origin to which links and pictures lead: it asks for a click and records it."""

import json
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from django.conf import settings
from django.contrib import messages
from django.core.validators import slug_re
from django.http import Http404, HttpRequest, HttpResponse, parse_cookie
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import queries as accounts_queries
from accounts.models import User
from accounts.views import user_of
from buttons import queries, sharing, tickets
from buttons.embed import waiting
from buttons.embed.waiting import WaitingClick
from buttons.models import Button
from buttons.operations import buttons as operations
from buttons.operations import clicks, visits
from buttons.operations import sharing as sharing_operations
from buttons.tickets import Place
from flattr.navigation import next_page
from flattr.period import Period
from flattr.short_way import Answer, Request, by_short_way

_JSON: Final = (("Content-Type", "application/json"),)
_STATUSES: Final[dict[type[Exception], HTTPStatus]] = {
    clicks.UnknownButton: HTTPStatus.NOT_FOUND,
    visits.NobodyLoggedIn: HTTPStatus.UNAUTHORIZED,
    clicks.NoBudget: HTTPStatus.PAYMENT_REQUIRED,
}
_SITE: Final = re.compile(
    r"(?P<scheme>https?)://([^/?#@]*@)?(?P<host>([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?)(?=[/?#]|\Z)",
    re.IGNORECASE,
)
"""What comes before the path. Hosts in other scripts are encoded by then, so nothing else is in one."""

_SESSION_COOKIE: Final = settings.SESSION_COOKIE_NAME


@by_short_way(method="POST")
async def click_at_once(request: Request, public_id: str) -> Answer:
    """Record the click of somebody who is logged in and has a budget, and say so in JSON; else say what is missing.

    It comes by the short way, so it finds out for itself who asks, and from where. Whatever it refuses, the
    form that was sent here can be sent to `click`, which explains it.
    """
    if not _is_sent_by_ourselves(request):
        return _said(HTTPStatus.FORBIDDEN, error="only a page of ours may send this")
    form = dict(parse_qsl(request.body.decode(errors="replace")))
    try:
        click_id = uuid.UUID(form.get("click_id", ""))
    except ValueError:
        return _said(HTTPStatus.BAD_REQUEST, error="click_id: this is no UUID")
    try:
        await visits.click_by_session(
            session_key=parse_cookie(request.headers.get(b"cookie", b"").decode("latin-1")).get(_SESSION_COOKIE, ""),
            click_id=click_id,
            public_id=public_id,
            origin=site_of(form.get("origin", "")),
            now=timezone.now(),
        )
    except (clicks.UnknownButton, clicks.UnableToClick) as error:
        return _said(_STATUSES.get(type(error), HTTPStatus.CONFLICT), error=str(error))
    return _said(HTTPStatus.OK, click_id=str(click_id))


def _is_sent_by_ourselves(request: Request) -> bool:
    """Tell by the header that browsers add to each such request, and that no page can forge or leave out.

    It is the check of Go's `http.CrossOriginProtection`: forms need a token beside it for what sends no such
    header, but a script's request always does.
    """
    return request.headers.get(b"origin", b"").decode("latin-1") == request.site


def _said(status: HTTPStatus, **said: str) -> Answer:
    return Answer(status, _JSON, json.dumps(said).encode())


@require_http_methods(["GET", "HEAD", "POST"])
def click(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for a click and record it.

    Who must log in, sign up or subscribe first says what they want here: the intended click waits in
    their session, and the step leads back here with a token that completes it once. Whoever only looks
    at this page, by a reload or by anybody's link, clicks nothing.
    """
    here = reverse("buttons:click", args=[public_id])
    if request.method == "POST":
        waiting.forget(request, path=here)
        wanted = WaitingClick(
            path=here,
            public_id=public_id,
            click_id=_posted_click_id(request),
            origin=_origin_of(request),
            via=sharing.token_in(request.POST.get(sharing.VIA, "")),
        )
        return _record(request, wanted)
    # A HEAD is sent to look only, so it leaves the token for the person.
    resumed = waiting.resumed(request, path=here) if request.method == "GET" else None
    if resumed is not None:
        return _record(request, resumed)
    button = _button_or_404(public_id)
    return render(
        request,
        "buttons/click.html",
        {
            "button": button,
            "count": queries.shown_click_count(public_id=public_id),
            "click_id": uuid.uuid4(),
            "is_own": button.creator_id == request.user.pk,
            "own": _own_clicks(request, button),
            "origin": site_of(request.headers.get("Referer", "")),
        },
        status=410 if button.hidden_at else 200,
    )


@require_http_methods(["GET", "HEAD"])
def land(request: HttpRequest) -> HttpResponse:
    """Lead a link with a creator and an address (`to`, `url`) to where the click is asked for.

    It is what `rel="payment"` and the link around a badge name. As our window it needs no script, and shows the same.
    """
    to, url = request.GET.get("to", ""), request.GET.get("url", "")
    if not accounts_queries.creator_exists(slug=to):
        raise Http404
    origin = site_of(request.headers.get("Referer", ""))
    # A frame in a sandbox leads here, and doesn't know which site shows it.
    place = place_of({"to": to, "url": url}, origin="" if origin == settings.EMBED_URL else origin)
    query = urlencode({"to": place.to, "url": place.url, "site": place.origin})
    return redirect(f"{reverse('buttons:window', args=[tickets.mint(place=place)])}?{query}")


def place_of(asked: Mapping[str, str], *, origin: str) -> Place:
    """Return the place that a query names by creator and page. Whatever is no slug is no creator's."""
    to = asked.get("to", "")
    to = to if slug_re.match(to) else "-"
    return Place(to=to, url=operations.page_or_creator(to=to, url=asked.get("url", "")), origin=origin)


def _record(request: HttpRequest, wanted: WaitingClick) -> HttpResponse:
    """Record the click, or keep it in the session while the person does what is missing."""
    try:
        step = missing_step(request, wanted)
        if step is not None:
            return redirect(step)
        made = sharing_operations.record_click(
            click_id=wanted.click_id,
            fan=user_of(request),
            public_id=wanted.public_id,
            origin=wanted.origin,
            via=wanted.via,
            now=timezone.now(),
        )
    except clicks.UnknownButton as error:
        raise Http404 from error
    except clicks.UnableToClick as error:
        messages.error(request, refusal_text(error))
        return redirect(wanted.path)
    messages.success(
        request, _("Thank you! “%(title)s” has one more slice of your cake.") % {"title": made.button.title}
    )
    return redirect(next_page(request, default=wanted.path))


def missing_step(request: HttpRequest, wanted: WaitingClick) -> str | None:
    """Return the address of what the person has to do before the click counts, which waits for them, or None.

    :raises UnableToClick: if the click can't count whatever they do.
    """
    fan = _fan_of(request)
    if fan is None:
        step = reverse("account_login")
    elif accounts_queries.active_subscription_for(fan=fan, period=Period.at(timezone.now())) is None:
        step = reverse("payouts:subscription")
    else:
        return None
    # Nobody shall log in or set a budget for a click that can't count.
    clicks.require_clickable(fan=fan, button=_button_or_404(wanted.public_id))
    return f"{step}?{urlencode({'next': waiting.let_wait(request, wanted)})}"


def _posted_click_id(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("click_id", ""))
    except ValueError as error:
        raise Http404 from error


def _origin_of(request: HttpRequest) -> str:
    """Return the site that the person came from, as the confirm page noted it."""
    return site_of(request.POST.get("origin", ""))


def site_of(address: str) -> str:
    """Return scheme, host and port of an address as browsers tell them, or nothing where it isn't one of theirs."""
    found = _SITE.match(address)
    return f"{found['scheme']}://{found['host']}".lower() if found else ""


def _fan_of(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _button_or_404(public_id: str) -> Button:
    return get_object_or_404(Button.objects.select_related("creator__creator_profile"), public_id=public_id)


def _own_clicks(request: HttpRequest, button: Button) -> queries.ClickedButton | None:
    fan = _fan_of(request)
    if fan is None:
        return None
    clicked = queries.clicked_buttons(fan=fan, period=Period.at(timezone.now()))
    return next((each for each in clicked if each.button_id == button.pk), None)


def refusal_text(error: clicks.UnableToClick) -> str:
    """Say in plain words why the click was not recorded."""
    texts = {
        clicks.OwnButton: _("This button is yours, so you can't click it."),
        clicks.HiddenButton: _("This button is hidden."),
        clicks.PeriodClosed: _("The month has just ended. Click again for the new one."),
        clicks.ClickIdTaken: _("This form was used for another click. Please try again."),
        clicks.ClickUndone: _("You took this click back. Click again for a new one."),
    }
    return texts[type(error)]
