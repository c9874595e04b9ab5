"""Pages about people."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import operations, queries
from accounts.forms import CreatorEditForm, CreatorForm
from accounts.models import CreatorProfile, User

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
