"""Pages of creators about what they share: a button's co-authors, and what others share with them."""

from typing import Final

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.views import creator_required, user_of
from buttons.models import Button
from flattr.navigation import next_page
from flattr.period import Period
from payouts.forms import CoAuthorForm
from payouts.models import CoAuthor
from payouts.operations import coauthors
from payouts.queries import coauthors as queries

_OFFERS_AN_HOUR_MAX: Final = 20
_HOUR_SECONDS: Final = 3600


@creator_required
@require_http_methods(["GET", "HEAD", "POST"])
def co_authors(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show with whom a button's income is shared, and offer a part of it to another creator."""
    owner, now = user_of(request), timezone.now()
    button = get_object_or_404(Button, public_id=public_id, creator=owner)
    form = CoAuthorForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _may_offer(owner, form) and _offer(form, button, owner):
        messages.success(request, _("Offered. We have written to them; nothing is shared before they accept."))
        return redirect("payouts:co_authors", public_id=public_id)
    given = queries.offered_percent(button_id=button.pk, period=Period.at(now).next)
    rows = list(queries.of_button(button_id=button.pk, owner=owner))
    return render(
        request,
        "payouts/co_authors.html",
        {
            "button": button,
            "form": form,
            "open": [row for row in rows if row.state in CoAuthor.OPEN_STATES],
            "over": [row for row in rows if row.state not in CoAuthor.OPEN_STATES],
            "left": queries.WHOLE_PERCENT - given,
            "next": Period.at(now).next,
        },
        status=422 if form.errors else 200,
    )


def _may_offer(owner: User, form: CoAuthorForm) -> bool:
    """Let nobody try addresses all day to see who has an account."""
    key = f"offers:{owner.pk}"
    cache.add(key, 0, _HOUR_SECONDS)
    if cache.incr(key) <= _OFFERS_AN_HOUR_MAX:
        return True
    form.add_error(None, _("That is enough for now. Please try again in an hour."))
    return False


def _offer(form: CoAuthorForm, button: Button, owner: User) -> bool:
    """Make the offer that a form asks for, or say at its field why not; return whether it is made."""
    try:
        coauthors.invite(button=button, owner=owner, now=timezone.now(), **form.cleaned_data)
    except coauthors.UnknownCreator:
        form.add_error("whom", _("No creator here has this address. They need a page as a creator first."))
    except coauthors.WithOneself:
        form.add_error("whom", _("The rest of it is yours anyhow."))
    except coauthors.AlreadyOffered:
        form.add_error("whom", _("They have a part of this button, or an offer, already."))
    except coauthors.TooManyOffers:
        form.add_error("whom", _("You have offered them much today. Please wait until they accept something."))
    except coauthors.PercentOutOfRange as error:
        text = _("You can give away %(left)s percent more at most: one stays yours.")
        form.add_error("percent", text % {"left": max(0, error.left)})
    return not form.errors


@creator_required
@require_safe
def shares(request: HttpRequest) -> HttpResponse:
    """Show what others have offered to share with the creator, what they share, and what it brought."""
    creator = user_of(request)
    rows = list(queries.offered_to(person=creator))
    shown = {
        "offers": [row for row in rows if row.state == CoAuthor.State.INVITED],
        "running": [row for row in rows if row.state == CoAuthor.State.ACCEPTED],
        "over": [row for row in rows if row.state == CoAuthor.State.ENDED and row.since],
        "given": list(queries.offered_by(owner=creator)),
        "next": Period.at(timezone.now()).next,
    }
    return render(request, "payouts/shares.html", shown)


@creator_required
@require_POST
def decide(request: HttpRequest, co_author_id: int) -> HttpResponse:
    """Accept or decline what was offered to the creator, or end what is shared, from either side."""
    creator, now = user_of(request), timezone.now()
    try:
        match request.POST.get("answer"):
            case "accept":
                coauthors.accept(co_author_id=co_author_id, person=creator, now=now)
                messages.success(request, _("Accepted. Your part counts from the first of next month on."))
            case "decline":
                coauthors.decline(co_author_id=co_author_id, person=creator, now=now)
                messages.success(request, _("Declined. We have told them."))
            case "end":
                coauthors.end(co_author_id=co_author_id, by=creator, now=now)
                messages.success(request, _("Ended. What was accepted is still shared until the end of this month."))
            case _:
                raise Http404
    except CoAuthor.DoesNotExist as error:
        raise Http404 from error
    except coauthors.NotOffered:
        messages.error(request, _("This is no offer any more."))
    return redirect(next_page(request, default=reverse("payouts:shares")))
