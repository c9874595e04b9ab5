"""Pages about people."""

import logging
import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import operations, queries
from accounts.forms import BlueskyForm, CreatorEditForm, CreatorForm, ServerForm, SettingsForm, label_of
from accounts.models import CreatorProfile, User
from accounts.operations import connections, muting
from flattr import languages
from flattr.outside import mastodon
from flattr.outside.social import AccessEnded, NotDone

P = ParamSpec("P")

_ASKED: Final = "asked_mastodon"
"""Under which name the session keeps what proves that whoever comes back from a server was sent there by us."""
_CONNECTS_AN_HOUR_MAX: Final = 10
_HOUR_SECONDS: Final = 3600
_asking: Final = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 4))
"""How many threads may wait for other people's servers. Those may take many seconds, and pages need the others."""

logger = logging.getLogger(__name__)


def user_of(request: HttpRequest) -> User:
    """Return the person who is logged in; for views that only such people reach."""
    if not isinstance(request.user, User):
        msg = "This view must require a login."
        raise TypeError(msg)
    return request.user


def creator_required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only creators in; others are asked to log in, or to open their page first."""

    @wraps(view)
    def creators_only(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not queries.is_creator(request.user):
            messages.info(request, _("Open your page as a creator first."))
            return redirect("accounts:become_creator")
        return view(request, *args, **kwargs)

    return creators_only


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def become_creator(request: HttpRequest) -> HttpResponse:
    """Open a creator's page."""
    if queries.is_creator(request.user):
        return redirect("accounts:edit_creator")
    form = CreatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.become_creator(user=user_of(request), **form.cleaned_data)
        except operations.SlugTaken:
            form.add_error("slug", _("Somebody has this address already."))
        else:
            messages.success(request, _("Your page is open. Now make your first button."))
            return redirect("buttons:new")
    return render(request, "accounts/become_creator.html", {"form": form})


@creator_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_creator(request: HttpRequest) -> HttpResponse:
    """Change what the creator's page says."""
    profile = CreatorProfile.objects.get(user=user_of(request))
    form = CreatorEditForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        operations.update_creator(profile=profile, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("buttons:creator", slug=profile.slug)
    return render(request, "accounts/edit_creator.html", {"form": form, "profile": profile})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """Choose language, time zone, and which emails one does without."""
    user = user_of(request)
    form = SettingsForm(request.POST or None, user=user, is_creator=queries.is_creator(user))
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        operations.change_settings(
            user=user, language=language, time_zone=form.cleaned_data["time_zone"], muted=form.muted()
        )
        with override(language):
            messages.success(request, _("Saved."))
        response = redirect("accounts:settings")
        languages.remember(response, language)
        return response
    return render(request, "accounts/settings.html", {"form": form}, status=422 if form.errors else 200)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Let a person do without a kind of email by the link in one, logged in or not.

    Mail programs send the POST, from nowhere of ours (RFC 8058). Looking changes nothing, as scanners of mail look.
    """
    try:
        kind = muting.kind_of(token=token)
        if request.method == "POST":
            muting.mute(token=token)
    except muting.BadLink as error:
        raise Http404 from error
    shown = {"label": label_of(kind), "is_done": request.method == "POST"}
    return render(request, "accounts/unsubscribe.html", shown)


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Show in which browsers the person is logged in."""
    found = queries.sessions_of(user=user_of(request), session_key=request.session.session_key, now=timezone.now())
    return render(request, "accounts/sessions.html", {"sessions": found})


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log the person out in one browser, or in all, this one included."""
    user = user_of(request)
    if request.POST.get("everywhere"):
        operations.end_sessions(user=user)
        logout(request)
        messages.success(request, _("You are logged out everywhere."))
        return redirect("landing")
    number = operations.end_sessions(user=user, handles=request.POST.getlist("session"))
    if number:
        text = ngettext("%(number)s browser is logged out.", "%(number)s browsers are logged out.", number)
        messages.success(request, text % {"number": number})
    return redirect("accounts:sessions")


def _not_too_often(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let nobody make us ask other people's servers all the time."""

    @wraps(view)
    def now_and_then(request: HttpRequest) -> HttpResponse:
        key = f"connects:{user_of(request).pk}"
        cache.add(key, 0, _HOUR_SECONDS)
        if cache.incr(key) > _CONNECTS_AN_HOUR_MAX:
            return _not_connected(request, _("That is enough for now. Please try again in an hour."))
        return view(request)

    return now_and_then


def _few_at_once(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let slow servers of others keep few of our threads from answering."""

    @wraps(view)
    def in_turn(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not _asking.acquire(blocking=False):
            return _not_connected(request, _("Others are being connected just now. Please try again in a minute."))
        try:
            return view(request, *args, **kwargs)
        finally:
            _asking.release()

    return in_turn


@login_required
@require_POST
@_few_at_once
@_not_too_often
def connect_mastodon(request: HttpRequest) -> HttpResponse:
    """Show the way to the page of the person's server on which they let us post for them."""
    form = ServerForm(request.POST)
    if not form.is_valid():
        return _not_connected(request, _("That is no server. Give its name, such as mastodon.social."))
    try:
        app = connections.mastodon_app(
            server=form.cleaned_data["server"],
            website=settings.APP_URL,
            redirect_uri=_back(form.cleaned_data["server"]),
            network=settings.OUTSIDE_NETWORK,
            now=timezone.now(),
        )
    except NotDone as error:
        return _refused_by(request, form.cleaned_data["server"], error)
    asked = {"server": app.server, "state": mastodon.new_secret(), "verifier": mastodon.new_secret()}
    request.session[_ASKED] = asked
    url = mastodon.authorize_url(
        app=app, redirect_uri=_back(app.server), state=asked["state"], verifier=asked["verifier"]
    )
    # A link, as no policy of ours lets a form lead to servers that somebody names.
    return render(request, "accounts/connect_mastodon.html", {"server": app.server, "url": url})


@login_required
@require_safe
@_few_at_once
def mastodon_back(request: HttpRequest, server: str) -> HttpResponse:
    """Connect the account of somebody who comes back from their server, if they were sent there by us just now.

    Each server knows an address of its own, so that one that leads people on to another's page gets nothing that the
    other gives them for us (RFC 9700, 4.4).
    """
    asked = request.session.pop(_ASKED, None)
    code = request.GET.get("code", "")
    is_asked = asked is not None and asked["server"] == server
    if not is_asked or not constant_time_compare(request.GET.get("state", ""), asked["state"]):
        return _not_connected(request, _("That took too long, or came from elsewhere. Please try again."))
    if not code:
        return _not_connected(request, _("Nothing was connected: %(server)s says that you don’t want it.") % asked)
    try:
        app = connections.mastodon_app(
            server=server,
            website=settings.APP_URL,
            redirect_uri=_back(server),
            network=settings.OUTSIDE_NETWORK,
            now=timezone.now(),
        )
        connections.connect_mastodon(
            owner=user_of(request),
            app=app,
            code=code,
            verifier=asked["verifier"],
            redirect_uri=_back(server),
            network=settings.OUTSIDE_NETWORK,
            now=timezone.now(),
        )
    except NotDone as error:
        return _refused_by(request, server, error)
    return _connected(request)


@login_required
@require_POST
@_few_at_once
@_not_too_often
def connect_bluesky(request: HttpRequest) -> HttpResponse:
    """Connect an account by its name and an app password."""
    form = BlueskyForm(request.POST)
    if not form.is_valid():
        return _not_connected(request, " ".join(str(each) for errors in form.errors.values() for each in errors))
    try:
        connections.connect_bluesky(
            owner=user_of(request),
            network=settings.OUTSIDE_NETWORK,
            now=timezone.now(),
            **form.cleaned_data,
        )
    except AccessEnded:
        return _not_connected(request, _("That name and app password don’t fit together."))
    except NotDone as error:
        return _refused_by(request, form.cleaned_data["server"], error)
    return _connected(request)


@login_required
@require_POST
def end_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Forget the person's access to a network, and tell the network."""
    try:
        has_noted = connections.end_connection(
            owner=user_of(request),
            connection_id=connection_id,
            network=settings.OUTSIDE_NETWORK,
            now=timezone.now(),
        )
    except connections.UnknownConnection as error:
        raise Http404 from error
    if has_noted:
        messages.success(request, _("Disconnected."))
    else:
        text = _("Disconnected: we have forgotten the access. The server took no note; take it back there, too.")
        messages.warning(request, text)
    return redirect("buttons:connections")


def _back(server: str) -> str:
    """Return where a server sends people back to."""
    return settings.APP_URL + reverse("accounts:mastodon_back", args=[server])


def _connected(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Connected. Nothing is posted unless you ask for it."))
    return redirect("buttons:connections")


def _not_connected(request: HttpRequest, text: str) -> HttpResponse:
    messages.error(request, text)
    return redirect("buttons:connections")


def _refused_by(request: HttpRequest, server: str, error: NotDone) -> HttpResponse:
    logger.info("%s didn't connect: %s", server, error)
    return _not_connected(request, _("%(server)s didn’t do it. Please try again later.") % {"server": server})
