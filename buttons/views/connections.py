"""Pages of fans about accounts elsewhere and the posts there."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import queries as accounts_queries
from accounts.forms import BlueskyForm, ServerForm
from accounts.operations import connections
from accounts.views import user_of
from buttons import tasks
from buttons.operations import digests
from buttons.queries import digests as digest_queries
from flattr.doorbell import ring
from flattr.period import Period


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
