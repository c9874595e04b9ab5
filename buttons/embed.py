"""What other people's pages show: the badge, and the page on our origin to which it leads."""

import json
import secrets
import uuid
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, parse_cookie
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import queries as accounts_queries
from accounts.models import User
from buttons import queries
from buttons.badge import badge
from buttons.models import Button
from buttons.operations import clicks, visits
from flattr.navigation import next_page
from flattr.period import Period
from flattr.short_way import Answer, Request, by_short_way

INTENT_LASTS: Final = timedelta(hours=1)
_INTENT: Final = "waiting_click"
_RESUME: Final = "resume"


_BADGE_HEADERS: Final = (
    ("Content-Type", "image/svg+xml"),
    ("Cache-Control", f"public, max-age={queries.COUNT_CACHE_SECONDS}"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_JSON: Final = (("Content-Type", "application/json"),)
_STATUSES: Final[dict[type[Exception], HTTPStatus]] = {
    clicks.UnknownButton: HTTPStatus.NOT_FOUND,
    visits.NobodyLoggedIn: HTTPStatus.UNAUTHORIZED,
    visits.NoBudget: HTTPStatus.PAYMENT_REQUIRED,
}
_SESSION_COOKIE: Final = settings.SESSION_COOKIE_NAME


@by_short_way(method="GET")
async def show_badge(request: Request, public_id: str) -> Answer:
    """Return the badge of a button; anybody may keep it for half a minute."""
    del request
    count = await queries.acached_click_count(public_id=public_id)
    if count is None:
        return Answer(HTTPStatus.NOT_FOUND, (), b"")
    return Answer(HTTPStatus.OK, _BADGE_HEADERS, badge(count=count).encode())


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
            origin=_site_of(form.get("origin", "")),
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
    if request.method == "POST":
        click_id = _posted_click_id(request)
        _forget_intent(request, public_id)
        return _record(request, public_id, click_id=click_id, origin=_origin_of(request))
    # A HEAD is sent to look only, so it leaves the token for the person.
    intent = _resumed_intent(request, public_id) if request.method == "GET" else None
    if intent is not None:
        return _record(request, public_id, click_id=intent[0], origin=intent[1])
    button = _button_or_404(public_id)
    return render(
        request,
        "buttons/click.html",
        {
            "button": button,
            "count": queries.shown_click_count(public_id=public_id),
            "click_id": uuid.uuid4(),
            "is_own": button.creator_id == request.user.pk,
            "own_clicks": _own_clicks(request, button),
            "origin": _site_of(request.headers.get("Referer", "")),
        },
        status=410 if button.hidden_at else 200,
    )


def _record(request: HttpRequest, public_id: str, *, click_id: uuid.UUID, origin: str) -> HttpResponse:
    """Record the click, or keep it in the session while the person does what is missing."""
    here = reverse("buttons:click", args=[public_id])
    fan = _fan_of(request)
    step = _missing_step(fan)
    try:
        if fan is None or step is not None:
            # Nobody shall log in or set a budget for a click that can't count.
            clicks.require_clickable(fan=fan, button=_button_or_404(public_id))
            return redirect(f"{step}?{urlencode({'next': _let_wait(request, public_id, click_id, origin)})}")
        made = clicks.record_click(click_id=click_id, fan=fan, public_id=public_id, origin=origin, now=timezone.now())
    except clicks.UnknownButton as error:
        raise Http404 from error
    except clicks.UnableToClick as error:
        messages.error(request, _refusal(error))
        return redirect(here)
    messages.success(
        request, _("Thank you! “%(title)s” has one more slice of your cake.") % {"title": made.button.title}
    )
    return redirect(next_page(request, default=here))


def _missing_step(fan: User | None) -> str | None:
    """Return the address of what the person has to do before a click counts, or None."""
    if fan is None:
        return reverse("account_login")
    if accounts_queries.active_subscription_for(fan=fan, period=Period.at(timezone.now())) is None:
        return reverse("payouts:subscription")
    return None


def _let_wait(request: HttpRequest, public_id: str, click_id: uuid.UUID, origin: str) -> str:
    """Let the click wait in the session; return the address that completes it, worth nothing to anybody else."""
    token = secrets.token_urlsafe(16)
    request.session[_INTENT] = {
        "button": public_id,
        "click_id": str(click_id),
        "origin": origin,
        "asked_at": timezone.now().isoformat(),
        "token": token,
    }
    return f"{reverse('buttons:click', args=[public_id])}?{urlencode({_RESUME: token})}"


def _resumed_intent(request: HttpRequest, public_id: str) -> tuple[uuid.UUID, str] | None:
    """Take the waiting click out of the session, with its origin, if this is the way back that completes it."""
    token, intent = request.GET.get(_RESUME, ""), _waiting_for(request, public_id)
    if intent is None or not constant_time_compare(token, intent["token"]):
        return None
    _forget_intent(request, public_id)
    if timezone.now() - datetime.fromisoformat(intent["asked_at"]) > INTENT_LASTS:
        return None
    return uuid.UUID(intent["click_id"]), intent["origin"]


def _waiting_for(request: HttpRequest, public_id: str) -> dict[str, str] | None:
    """Return the click on this button that waits in the session."""
    intent: dict[str, str] | None = request.session.get(_INTENT)
    return intent if intent is not None and intent["button"] == public_id else None


def _forget_intent(request: HttpRequest, public_id: str) -> None:
    """Let no click on this button wait any longer: it is being made, or another was asked for in its place."""
    if _waiting_for(request, public_id) is not None:
        del request.session[_INTENT]


def _posted_click_id(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("click_id", ""))
    except ValueError as error:
        raise Http404 from error


def _origin_of(request: HttpRequest) -> str:
    """Return the site that the person came from, as the confirm page noted it."""
    return _site_of(request.POST.get("origin", ""))


def _site_of(address: str) -> str:
    """Return scheme and host of an address, or nothing where it has none."""
    try:
        parts = urlsplit(address)
        is_site = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.netloc.isprintable()
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:300] if is_site else ""


def _fan_of(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _button_or_404(public_id: str) -> Button:
    return get_object_or_404(Button.objects.select_related("creator__creator_profile"), public_id=public_id)


def _own_clicks(request: HttpRequest, button: Button) -> int:
    fan = _fan_of(request)
    return 0 if fan is None else queries.fan_clicks_on(fan=fan, button=button, period=Period.at(timezone.now()))


def _refusal(error: clicks.UnableToClick) -> str:
    """Say in plain words why the click was not recorded."""
    texts = {
        clicks.OwnButton: _("This button is yours, so you can't click it."),
        clicks.HiddenButton: _("Its creator has hidden this button."),
        clicks.PeriodClosed: _("The month has just ended. Click again for the new one."),
        clicks.ClickIdTaken: _("This form was used for another click. Please try again."),
        clicks.ClickUndone: _("You took this click back. Click again for a new one."),
    }
    return texts[type(error)]
