"""The check of a page: a creator gives an address, a worker looks at it, and the page here tells what it found."""

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.views import creator_required, user_of
from buttons import tasks
from buttons.forms import PageForm
from buttons.models import PageCheck
from buttons.operations import page_checks
from buttons.operations.buttons import BadUrl
from buttons.operations.sites import TooManyChecks
from buttons.queries import reading as queries
from buttons.queries.sites import CHECK_TAKES
from flattr.doorbell import ring

_LOOKS_AGAIN_FOR: Final = 2 * CHECK_TAKES
"""How long the page looks by itself whether the check has ended."""


@creator_required
@require_http_methods(["GET", "HEAD", "POST"])
def check_page(request: HttpRequest) -> HttpResponse:
    """Take the address of a page, or show what the check named by `check` has found."""
    creator = user_of(request)
    check = _check_of(creator, request.GET["check"]) if "check" in request.GET else None
    form = PageForm(request.POST or None, initial={"url": "" if check is None else check.url})
    if request.method == "POST" and form.is_valid():
        try:
            asked = page_checks.ask_for_page_check(creator=creator, now=timezone.now(), **form.cleaned_data)
        except BadUrl:
            form.add_error("url", _("Give an https address that everybody can open, without a port or a login."))
        except TooManyChecks:
            messages.error(request, _("That is enough for now. Please try again in an hour."))
        else:
            ring(tasks.check_page, asked.pk)
            return redirect(f"{reverse('buttons:check_page')}?{urlencode({'check': asked.pk})}")
    return render(request, "buttons/check_page.html", {"form": form, **_shown(check, is_typed=form.is_bound)})


def _check_of(creator: User, number: str) -> PageCheck:
    check = queries.page_checks(creator=creator).filter(pk=number).first() if number.isdecimal() else None
    if check is None:
        raise Http404
    return check


def _shown(check: PageCheck | None, *, is_typed: bool) -> dict[str, object]:
    """Return what the page tells of a check."""
    if check is None:
        return {}
    is_waiting = check.finished_at is None
    return {
        "check": check,
        "is_waiting": is_waiting,
        # A page that complains of what was typed must not be replaced before that is read.
        "is_soon": is_waiting and timezone.now() - check.asked_at < _LOOKS_AGAIN_FOR and not is_typed,
        "findings": check.findings.get(translation.get_language(), []),
    }
