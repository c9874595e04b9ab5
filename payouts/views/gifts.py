"""Pages by which a fan gives a creator something once, beside the cake.

What is asked for waits in the session until it is confirmed, so that logging in, signing up and paying in lead back
to it. The confirmation brings all of it again, and the id of the gift: sent twice, it gives once.
"""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.validators import slug_re
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import CreatorProfile
from accounts.views import user_of
from buttons import queries as buttons_queries
from buttons.models import Button
from flattr import money
from flattr.period import Period
from flattr.templatetags.money import cents
from payouts.forms import GiftForm
from payouts.models import Gift
from payouts.models.gifts import GIFT_CENTS_MAX, GIFT_CENTS_MIN
from payouts.operations import gifts as operations
from payouts.operations.deposits import DEPOSIT_CENTS_MIN
from payouts.operations.moments import withdrawable_from
from payouts.queries import gifts as queries

_DRAFT: Final = "gift"


@require_http_methods(["GET", "HEAD", "POST"])
def gift(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask how much it shall be; whoever isn't logged in is asked for that afterwards."""
    profile = _profile_or_404(slug)
    asked_by = request.GET.get("button", "")
    draft = _draft(request, slug) or {"button": asked_by if slug_re.match(asked_by) else ""}
    form = GiftForm(request.POST or None, draft=draft)
    is_own = profile.user_id == request.user.pk
    if request.method == "POST" and not is_own and form.is_valid():
        kept = {name: form.cleaned_data[name] for name in ("cents", "note", "button")}
        request.session[_DRAFT] = {**kept, "slug": slug, "row_id": str(form.cleaned_data["row_id"])}
        return redirect("payouts:confirm_gift", slug=slug)
    shown = {
        "profile": profile,
        "form": form,
        "is_own": is_own,
        "button": _button(profile, str(form["button"].value() or "")),
        "limits_cents": {"min": GIFT_CENTS_MIN, "max": GIFT_CENTS_MAX},
    }
    return render(request, "payouts/gift.html", shown, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_gift(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a gift would do, and how to pay in where the balance is short; or give it."""
    profile = _profile_or_404(slug)
    if request.method == "POST":
        return _give(request, profile)
    draft = _draft(request, slug)
    if draft is None or profile.user_id == request.user.pk:
        return redirect("payouts:gift", slug=slug)
    now, amount_cents = timezone.now(), draft["cents"]
    means = queries.means(fan=user_of(request), amount_cents=amount_cents, now=now)
    fee_micros = operations.fee_micros_of(amount_cents=amount_cents)
    shown = {
        "profile": profile,
        "draft": draft,
        "button": _button(profile, draft["button"]),
        "means": means,
        "pay_cents": max(means.missing_cents, DEPOSIT_CENTS_MIN),
        "fee_micros": fee_micros,
        "net_micros": money.cents_to_micros(amount_cents) - fee_micros,
        "left_micros": means.balance_micros - money.cents_to_micros(amount_cents),
        # A day as UTC has it, wherever the fan is.
        "withdrawable_on": withdrawable_from(Period.at(now)).date(),
        "deposit_id": uuid.uuid4(),
    }
    return render(request, "payouts/confirm_gift.html", shown)


@login_required
@require_safe
def given_gift(request: HttpRequest, gift_id: uuid.UUID) -> HttpResponse:
    """Thank for a gift of the fan's, and show how the creator can be shared."""
    gifts_of = Gift.objects.select_related("creator__creator_profile", "button")
    own = get_object_or_404(gifts_of, pk=gift_id, fan=user_of(request))
    is_open = buttons_queries.open_pages().filter(user=own.creator_id).exists()
    profile = own.creator.creator_profile
    return render(request, "payouts/given_gift.html", {"gift": own, "profile": profile, "is_open": is_open})


def _give(request: HttpRequest, profile: CreatorProfile) -> HttpResponse:
    form = GiftForm(request.POST, draft={})
    if not form.is_valid():
        messages.error(request, " ".join(str(each) for errors in form.errors.values() for each in errors))
        return redirect("payouts:gift", slug=profile.slug)
    try:
        made = operations.give_gift(
            gift_id=form.cleaned_data["row_id"],
            fan=user_of(request),
            creator=profile.user,
            amount_cents=form.cleaned_data["cents"],
            note=form.cleaned_data["note"],
            button=_button(profile, form.cleaned_data["button"]),
            now=timezone.now(),
        )
    except operations.NotEnoughToGive:
        messages.error(request, _("Your balance doesn’t have that much beside this month’s cake. Pay in first."))
        return redirect("payouts:confirm_gift", slug=profile.slug)
    except operations.GiftRefused as refusal:
        messages.error(request, _refusal_text(refusal))
        return redirect("payouts:gift", slug=profile.slug)
    request.session.pop(_DRAFT, None)
    return redirect("payouts:given_gift", gift_id=made.pk)


def _refusal_text(refusal: operations.GiftRefused) -> str:
    """Say in plain words why the gift was not given; the form has refused the rest."""
    most = {"number": operations.GIFTS_A_DAY_MAX, "sum": cents(operations.GIFT_CENTS_A_DAY_MAX)}
    texts = {
        operations.GiftToOneself: _("This page is yours, so you can’t give it anything."),
        operations.TooManyGifts: _("In 24 hours one gives at most %(number)s gifts and %(sum)s.") % most,
        operations.GiftIdTaken: _("This form was sent before, with something else in it. Please try again."),
    }
    return texts.get(type(refusal), _("This page takes no gifts."))


def _profile_or_404(slug: str) -> CreatorProfile:
    return get_object_or_404(buttons_queries.open_pages(), slug=slug)


def _draft(request: HttpRequest, slug: str) -> dict[str, Any] | None:
    """Return the gift to that creator that waits in the session, or None."""
    kept: dict[str, Any] | None = request.session.get(_DRAFT)
    return kept if kept is not None and kept["slug"] == slug else None


def _button(profile: CreatorProfile, public_id: str) -> Button | None:
    """Return the creator's open button with that id, or None: a gift may be for no button at all."""
    if "\0" in public_id:
        return None
    return Button.objects.filter(public_id=public_id, creator=profile.user_id, hidden_at__isnull=True).first()
