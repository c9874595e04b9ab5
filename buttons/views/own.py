"""Pages of creators about their own buttons."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views import creator_required, user_of
from buttons import queries
from buttons.forms import ButtonForm
from buttons.models import Button
from buttons.operations import buttons as operations
from buttons.operations import moves
from buttons.queries import visibility
from flattr import pages
from flattr.period import Period


@creator_required
@require_safe
def own_buttons(request: HttpRequest) -> HttpResponse:
    """List the creator's buttons with this month's clicks."""
    period = Period.at(timezone.now())
    months = queries.creator_clicks(creator=user_of(request), period=period, place=pages.Place.of(request))
    return render(request, "buttons/own_buttons.html", {"months": months, "period": period})


@creator_required
@require_safe
def supporters(request: HttpRequest) -> HttpResponse:
    """List the fans who let the creator see that they support them."""
    found = visibility.named_supporters(creator=user_of(request), place=pages.Place.of(request))
    return render(request, "buttons/supporters.html", {"supporters": found})


@creator_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_button(request: HttpRequest) -> HttpResponse:
    """Make a button."""
    form = ButtonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            button = operations.create_button(creator=user_of(request), **form.cleaned_data)
        except operations.ButtonExists:
            form.add_error("url", _("You have a button for this address already."))
        except operations.UrlTooLong:
            form.add_error("url", _("This address is too long."))
        except operations.BadUrl:
            form.add_error("url", _("A button needs a plain web address without a login in it."))
        else:
            messages.success(request, _("Your button is ready. Copy the snippet into your page."))
            return redirect("buttons:button", public_id=button.public_id)
    return render(request, "buttons/new_button.html", {"form": form})


@creator_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_button(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change what one of the creator's buttons says, or move it to another address."""
    button = get_object_or_404(Button, public_id=public_id, creator=user_of(request))
    form = ButtonForm.of(button, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            moves.edit_button(button=button, now=timezone.now(), **form.cleaned_data)
        except moves.UnverifiedSite:
            form.add_error("url", _("You haven’t shown yet that this site is yours: see “Your sites”."))
        except operations.UrlTooLong:
            form.add_error("url", _("This address is too long."))
        except operations.BadUrl:
            form.add_error("url", _("A button needs a plain web address without a login in it."))
        else:
            messages.success(request, _("Your button is changed."))
            return redirect("buttons:button", public_id=public_id)
    return render(request, "buttons/edit_button.html", {"form": form, "button": button})


@creator_required
@require_POST
def hide_button(request: HttpRequest, public_id: str) -> HttpResponse:
    """Hide one of the creator's buttons, or show it again."""
    button = get_object_or_404(Button, public_id=public_id, creator=user_of(request))
    operations.set_hidden(button=button, hidden=request.POST.get("hidden") == "1", now=timezone.now())
    return redirect("buttons:button", public_id=public_id)
