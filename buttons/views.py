"""Pages about buttons and creators."""

import uuid
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import operations as accounts_operations
from accounts import queries as accounts_queries
from accounts.forms import BlueskyForm, ServerForm, server_in
from accounts.models import CreatorProfile
from accounts.operations import connections
from accounts.views import creator_required, user_of
from buttons import queries, snippets, tasks
from buttons.forms import ButtonForm, CheckForm, ClaimForm
from buttons.models import Button, Site
from buttons.operations import buttons as operations
from buttons.operations import clicks, digests, keys, moves, proofs, reports
from buttons.operations import sites as site_operations
from buttons.queries import digests as digest_queries
from buttons.queries import sites as site_queries
from buttons.queries import trust
from flattr import pages
from flattr.doorbell import ring
from flattr.navigation import next_page
from flattr.outside.hosts import BadHost
from flattr.period import Period

_LOOKS_AGAIN_FOR: Final = 2 * site_queries.CHECK_TAKES
"""How long a site's page looks by itself whether a check has ended."""


@require_safe
def creator(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a creator's public page; with the address of a page of theirs, lead to the click for that."""
    if request.GET.get("url"):
        return redirect(f"{reverse('buttons:pay')}?{urlencode({'to': slug, 'url': request.GET['url']})}")
    profile = get_object_or_404(queries.open_pages(), slug=slug)
    buttons = pages.cut(queries.public_buttons(creator=profile.user), place=pages.Place.of(request))
    shown = {
        "profile": profile,
        "buttons": buttons,
        "oembed_url": _oembed_url(request),
        "oembed_title": profile.name,
        "data": mark_safe(snippets.creator_data(operations.order_for(profile))),  # noqa: S308  It is escaped there.
    }
    return render(request, "buttons/creator.html", shown)


@require_safe
def show_button(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a button's public page; its creator also finds the way to the snippet there."""
    button = get_object_or_404(Button.objects.select_related("creator__creator_profile"), public_id=public_id)
    is_own = button.creator_id == request.user.pk
    if button.hidden_at is not None and not is_own:
        raise Http404
    return render(
        request,
        "buttons/button.html",
        {
            "button": button,
            "count": queries.shown_click_count(public_id=public_id),
            "is_own": is_own,
            "aliases": button.aliases.order_by("pk") if is_own else [],
            "is_elsewhere": button.url != settings.APP_URL + request.path,
            "builder_query": urlencode({"url": button.url}),
            "oembed_url": _oembed_url(request),
            "oembed_title": button.title,
        },
    )


@require_safe
def share_creator(request: HttpRequest, slug: str) -> HttpResponse:
    """Show by which links a creator's page can be shared."""
    profile = get_object_or_404(queries.open_pages(), slug=slug)
    return _share_page(request, profile, title=profile.name, page=reverse("buttons:creator", args=[slug]))


@require_safe
def share_button(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show by which links a button's page can be shared."""
    buttons = Button.objects.select_related("creator__creator_profile")
    button = get_object_or_404(buttons, public_id=public_id, hidden_at__isnull=True)
    return _share_page(request, button, title=button.title, page=reverse("buttons:button", args=[public_id]))


def _share_page(request: HttpRequest, thing: Button | CreatorProfile, *, title: str, page: str) -> HttpResponse:
    """Show the links, with one to the Mastodon server that the visitor names: nobody else is asked about it."""
    shown: dict[str, object] = {"thing": thing, "title": title, "page": page}
    typed = request.GET.get("instance", "").strip()
    if typed:
        try:
            shown["instance"] = server_in(typed)
        except BadHost:
            shown["instance_error"] = _("That is no server. Give its name, such as mastodon.social.")
    return render(request, "buttons/share.html", shown)


def _oembed_url(request: HttpRequest) -> str:
    """Return where programs learn how to show what this page is about, but for the format that they want."""
    return f"{settings.APP_URL}{reverse('buttons:oembed')}?{urlencode({'url': settings.APP_URL + request.path})}"


@creator_required
@require_safe
def own_buttons(request: HttpRequest) -> HttpResponse:
    """List the creator's buttons with this month's clicks."""
    period = Period.at(timezone.now())
    months = queries.creator_clicks(creator=user_of(request), period=period, place=pages.Place.of(request))
    return render(request, "buttons/own_buttons.html", {"months": months, "period": period})


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


@login_required
@require_POST
def undo_click(request: HttpRequest, click_id: uuid.UUID) -> HttpResponse:
    """Take back one of the fan's clicks."""
    try:
        click = clicks.undo_click(click_id=click_id, fan=user_of(request), now=timezone.now())
    except clicks.UnknownClick as error:
        raise Http404 from error
    except clicks.PeriodClosed:
        messages.error(request, _("That month is closed; its clicks can't be undone any more."))
    else:
        messages.success(request, _("One click for “%(title)s” is undone.") % {"title": click.button.title})
    return redirect(next_page(request, default=reverse("payouts:cake")))


@login_required
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """Show the fan which sites may click for them by one press, and where this month's clicks came from."""
    fan, now = user_of(request), timezone.now()
    return render(
        request,
        "buttons/activity.html",
        {
            "wants_click_notices": not set(fan.muted) >= accounts_operations.CLICK_NOTICES,
            "sites": trust.trusted_sites(fan=fan, now=now),
            "clicks": trust.made_clicks(fan=fan, period=Period.at(now), place=pages.Place.of(request)),
        },
    )


@login_required
@require_POST
def revoke_keys(request: HttpRequest) -> HttpResponse:
    """Let each click be confirmed again on one site, or on all."""
    origin = request.POST.get("origin")
    keys.revoke_keys(fan=user_of(request), origin=origin, now=timezone.now())
    if origin is None:
        messages.success(request, _("On every site, each click is confirmed again from now on."))
    else:
        messages.success(request, _("On %(site)s, each click is confirmed again from now on.") % {"site": origin})
    return redirect("buttons:activity")


@login_required
@require_POST
def report_click(request: HttpRequest, click_id: uuid.UUID) -> HttpResponse:
    """Take back a click that the fan never meant, and note that its site asked for it."""
    try:
        origin = reports.report_click(click_id=click_id, fan=user_of(request), now=timezone.now())
    except clicks.UnknownClick as error:
        raise Http404 from error
    text = _("Thank you for telling us. The click is undone, and on %(site)s each click is confirmed from now on.")
    messages.success(request, text % {"site": origin})
    return redirect("buttons:activity")


@login_required
@require_POST
def click_notices(request: HttpRequest) -> HttpResponse:
    """Tell the fan of clicks on other sites by email, or stop that."""
    wanted = request.POST.get("wanted") == "1"
    accounts_operations.set_click_notices(user=user_of(request), wanted=wanted)
    messages.success(request, _("We will write to you.") if wanted else _("We won’t write to you about clicks."))
    return redirect("buttons:activity")


@login_required
@require_safe
def show_connections(request: HttpRequest) -> HttpResponse:
    """Show the fan's accounts elsewhere, what would be posted there about this month, and what was."""
    fan, period = user_of(request), Period.at(timezone.now())
    own = list(accounts_queries.active_connections(owner=fan).select_related("owner"))
    shown = {
        "connections": [(each, digest_queries.composed(connection=each, period=period)) for each in own],
        "missing": {"mastodon", "bluesky"} - {each.network for each in own},
        "server_form": ServerForm(auto_id="mastodon_%s"),
        "bluesky_form": BlueskyForm(auto_id="bluesky_%s"),
        "digests": digest_queries.shown_digests(fan=fan),
        "period": period,
    }
    return render(request, "buttons/connections.html", shown)


@login_required
@require_POST
def set_digest(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Let us post once a month on one of the fan's accounts, or stop that."""
    wanted = request.POST.get("wanted") == "1"
    try:
        connections.set_digest(owner=user_of(request), connection_id=connection_id, wanted=wanted)
    except connections.UnknownConnection as error:
        raise Http404 from error
    messages.success(
        request,
        _("We will post once a month. You can read each post three days before.")
        if wanted
        else _("We won’t post there."),
    )
    return redirect("buttons:connections")


@login_required
@require_POST
def decide_digest(request: HttpRequest, digest_id: uuid.UUID) -> HttpResponse:
    """Stop one of the fan's posts that wait, or make it now."""
    decide = digests.hurry_digest if request.POST.get("choice") == "now" else digests.stop_digest
    try:
        digest = decide(digest_id=digest_id, fan=user_of(request), now=timezone.now())
    except digests.UnknownDigest:
        messages.error(request, _("This post doesn’t wait any more."))
        return redirect("buttons:connections")
    if digest.due_at is None:
        messages.success(request, _("It won’t be posted."))
    else:
        ring(tasks.post_digest, str(digest.pk))
        messages.success(request, _("It is being posted."))
    return redirect("buttons:connections")
