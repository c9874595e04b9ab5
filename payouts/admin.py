"""Staff's view of money: payouts are reviewed here, everything else is only shown."""

import uuid

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.views import user_of
from flattr.admin import ReadOnlyAdmin
from flattr.templatetags.money import cents
from payouts import tasks
from payouts.forms import ReviewForm
from payouts.models import Deposit, Payout, Refund, Settlement
from payouts.operations import payouts
from payouts.queries import balances


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin[Payout]):
    """Payouts, with a page to approve or reject each that waits."""

    list_display = ["creator", "amount", "state", "review_link", "requested_at", "reviewed_by"]
    list_filter = ["state"]
    search_fields = ["creator__email", "creator__name", "id"]
    list_select_related = ["creator", "reviewed_by"]
    ordering = ["-requested_at"]

    @admin.display(description=gettext_lazy("amount"), ordering="amount_cents")
    def amount(self, payout: Payout) -> str:
        """Show the amount in euros."""
        return cents(payout.amount_cents)

    @admin.display(description=gettext_lazy("review"))
    def review_link(self, payout: Payout) -> SafeString | str:
        """Lead to the review of a payout that waits for one."""
        if payout.state != Payout.State.REQUESTED:
            return ""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:payouts_payout_review", args=[payout.pk]), _("Review")
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the page for reviewing."""
        review = self.admin_site.admin_view(self.review)
        return [path("<uuid:payout_id>/review/", review, name="payouts_payout_review"), *super().get_urls()]

    def review(self, request: HttpRequest, payout_id: uuid.UUID) -> HttpResponse:
        """Approve or reject one payout."""
        if not request.user.has_perm("payouts.review_payout"):
            raise PermissionDenied
        payout = get_object_or_404(Payout.objects.select_related("creator"), pk=payout_id)
        form = ReviewForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                self._decide(request, payout, **form.cleaned_data)
            except payouts.ReasonMissing:
                form.add_error("reason", _("Say why: the creator will read it."))
            except payouts.OwnPayout:
                form.add_error(None, _("Nobody reviews their own payout."))
            except payouts.AlreadyReviewed:
                form.add_error(None, _("Somebody has decided about this payout before."))
            else:
                return redirect("admin:payouts_payout_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Review a payout"),
            "payout": payout,
            "balance_micros": balances.creator_balance_micros(creator=payout.creator),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/payouts/payout/review.html", context)

    def _decide(self, request: HttpRequest, payout: Payout, *, decision: str, reason: str) -> None:
        reviewer, now = user_of(request), timezone.now()
        if decision == "approve":
            payouts.approve_payout(payout_id=payout.pk, reviewer=reviewer, now=now)
            tasks.ring(tasks.advance_payout, str(payout.pk))
            messages.success(request, _("Approved. A worker sends it now."))
        else:
            payouts.reject_payout(payout_id=payout.pk, reviewer=reviewer, reason=reason, now=now)
            messages.success(request, _("Rejected. The creator's balance has the money back."))


@admin.register(Deposit)
class DepositAdmin(ReadOnlyAdmin[Deposit]):
    """Money in."""

    list_display = ["fan", "amount_cents", "processor_fee_cents", "state", "reason", "for_period", "started_at"]
    list_filter = ["state"]
    search_fields = ["fan__email", "id"]
    list_select_related = ["fan"]
    ordering = ["-started_at"]


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin[Refund]):
    """Unused money back."""

    list_display = ["fan", "amount_cents", "state", "reason", "requested_at", "ended_at"]
    list_filter = ["state"]
    search_fields = ["fan__email", "id"]
    list_select_related = ["fan"]
    ordering = ["-requested_at"]


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin[Settlement]):
    """Months that were settled."""

    list_display = ["period", "fee_basis_points", "opened_at", "finished_at", "withdrawable_at", "digest"]
    ordering = ["-period"]
