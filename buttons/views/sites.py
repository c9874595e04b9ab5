"""Pages of creators about their sites."""

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views import creator_required, user_of
from buttons import tasks
from buttons.forms import CheckForm, ClaimForm
from buttons.models import Site
from buttons.operations import proofs
from buttons.operations import sites as site_operations
from buttons.queries import sites as site_queries
from flattr import pages
from flattr.doorbell import ring
from flattr.outside.hosts import BadHost

_LOOKS_AGAIN_FOR: Final = 2 * site_queries.CHECK_TAKES
"""How long a site's page looks by itself whether a check has ended."""


@creator_required
@require_http_methods(["GET", "HEAD", "POST"])
def sites(request: HttpRequest) -> HttpResponse:
    """List the creator's sites, and let them claim one."""
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            claimed = site_operations.claim_site(creator=user_of(request), **form.cleaned_data)
        except BadHost:
            form.add_error("host", _("That is no site that one person can own. Give its full name."))
        else:
            return redirect("buttons:site", host=claimed.host)
    shown = site_queries.shown_sites(creator=user_of(request), place=pages.Place.of(request))
    return render(request, "buttons/sites.html", {"form": form, "sites": shown})


@creator_required
@require_safe
def site(request: HttpRequest, host: str) -> HttpResponse:
    """Show one of the creator's sites: its state, the last check, and how it can be proven."""
    return _show_site(request, _own_site(request, host), CheckForm())


@creator_required
@require_POST
def check_site(request: HttpRequest, host: str) -> HttpResponse:
    """Let a worker look for a proof; the site's page tells what it finds."""
    own, form = _own_site(request, host), CheckForm(request.POST)
    if form.is_valid():
        try:
            check = site_operations.ask_for_check(site=own, now=timezone.now(), **form.cleaned_data)
        except site_operations.ForeignPage:
            form.add_error("page", _("This has to be an https address on %(host)s.") % {"host": own.host})
        except site_operations.TooManyChecks:
            messages.error(request, _("That is enough for now. Please try again in an hour."))
            return redirect("buttons:site", host=own.host)
        except site_operations.NotClaimed as error:
            raise Http404 from error
        else:
            ring(tasks.check_site, check.pk)
            return redirect("buttons:site", host=own.host)
    return _show_site(request, own, form)


@creator_required
@require_POST
def withdraw_claim(request: HttpRequest, host: str) -> HttpResponse:
    """Take back the creator's claim of a site."""
    own = _own_site(request, host)
    site_operations.withdraw_claim(site=own)
    messages.success(request, _("%(host)s is no longer claimed by you.") % {"host": own.host})
    return redirect("buttons:sites")


def _own_site(request: HttpRequest, host: str) -> Site:
    return get_object_or_404(
        Site.objects.select_related("creator__creator_profile"), host=host, creator=user_of(request)
    )


def _show_site(request: HttpRequest, own: Site, form: CheckForm) -> HttpResponse:
    (shown,) = site_queries.show_sites(creator=own.creator, sites=[own])
    check, now = site_queries.latest_check(site=own), timezone.now()
    is_waiting = check is not None and check.finished_at is None
    # A page that complains of what was typed must not be replaced before that is read.
    is_soon = is_waiting and check is not None and now - check.asked_at < _LOOKS_AGAIN_FOR and not form.is_bound
    return render(
        request,
        "buttons/site.html",
        {
            "shown": shown,
            "site": own,
            "form": form,
            "check": check,
            "is_waiting": is_waiting,
            "is_soon": is_soon,
            "file_url": f"https://{own.host}{proofs.FILE_PATH}",
            "record_name": f"{proofs.DNS_LABEL}.{own.host}",
            "record_value": f"{proofs.DNS_PREFIX}{own.token}",
            "meta_name": proofs.META_NAME,
            "profile_url": settings.APP_URL + reverse("buttons:creator", args=[own.creator.creator_profile.slug]),
        },
    )
