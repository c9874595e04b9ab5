"""Pages on which people say who may see whom they support."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import VisibilityForm
from accounts.models import Visibility
from accounts.operations import NameMissing
from accounts.views import user_of
from buttons import queries as buttons_queries
from buttons.operations.visibility import OwnPage
from buttons.queries import visibility as queries
from flattr import pages
from flattr.navigation import next_page
from payouts.operations import visibility as operations


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def visibility(request: HttpRequest) -> HttpResponse:
    """Choose who sees whom one supports, and by which name; list what was chosen for single creators."""
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
    shown = {"form": form, "choices": queries.choices_of(fan=user, place=pages.Place.of(request, size=24))}
    return render(request, "payouts/visibility.html", shown, status=422 if form.errors else 200)


@login_required
@require_POST
def choose_visibility(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose who sees that one supports a creator."""
    profile = get_object_or_404(buttons_queries.open_pages(), slug=slug)
    typed = request.POST.get("visibility", "")
    try:
        operations.choose_visibility(
            fan=user_of(request),
            creator=profile.user,
            visibility=Visibility(typed) if typed else None,
            now=timezone.now(),
        )
    except OwnPage as error:
        raise Http404 from error
    except NameMissing:
        messages.error(request, _("Whoever may be seen needs a name."))
        return redirect("payouts:visibility")
    except ValueError:
        messages.error(request, _("Choose everybody, creators only or nobody."))
    else:
        messages.success(request, _("Saved."))
    return redirect(next_page(request, default=reverse("buttons:creator", args=[slug])))
