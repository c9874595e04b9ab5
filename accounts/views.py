"""Pages about people."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import operations, queries
from accounts.forms import CreatorEditForm, CreatorForm, SettingsForm
from accounts.models import CreatorProfile, User
from flattr import languages

P = ParamSpec("P")


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
