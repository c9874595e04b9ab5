"""Staff's view of money: payouts are reviewed here, everything else is only shown."""

import uuid
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.views import user_of
from flattr.admin import ReadOnlyAdmin
from flattr.templatetags.money import cents, money_filter
from payouts import tasks
from payouts.forms import ResolveForm, ReviewForm, SetAsideForm
from payouts.models import (
    CoAuthor,
    Debt,
    Deposit,
    Dispute,
    DisputeShare,
    Gift,
    Payout,
    PayoutAccount,
    ReconciliationItem,
    Refund,
    Settlement,
    StripeEvent,
)
from payouts.operations import events, payouts, reconciliation
from payouts.queries import balances, coauthors

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin[Payout]):
    """Payouts, with a page to approve or reject each that waits."""

    list_display = ["creator", "amount", "state", "review_link", "requested_at", "first_reviewer", "reviewed_by"]
    list_filter = ["state"]
    search_fields = ["creator__email", "creator__name", "id"]
    list_select_related = ["creator", "first_reviewer", "reviewed_by"]
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
        payout = get_object_or_404(Payout.objects.select_related("creator", "first_reviewer"), pk=payout_id)
        form = ReviewForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                self._decide(request, payout, **form.cleaned_data)
            except payouts.ReasonMissing:
                form.add_error("reason", _("Say why: the creator will read it."))
            except payouts.OwnPayout:
                form.add_error(None, _("Nobody reviews their own payout."))
            except payouts.SecondPersonNeeded:
                form.add_error(None, _("You have approved it before; a second person has to."))
            except payouts.SiteUnderReview:
                form.add_error(None, _("Decide about the creator's site first."))
            except payouts.AlreadyReviewed:
                form.add_error(None, _("Somebody has decided about this payout before."))
            else:
                return redirect("admin:payouts_payout_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Review a payout"),
            "payout": payout,
            "takes_two": payouts.takes_two(payout=payout),
            "balance_micros": balances.creator_balance_micros(creator=payout.creator),
            "under_review": coauthors.origins_under_review(creator=payout.creator),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/payouts/payout/review.html", context)

    def _decide(self, request: HttpRequest, payout: Payout, *, decision: str, reason: str) -> None:
        reviewer, now = user_of(request), timezone.now()
        if decision == "approve":
            decided = payouts.approve_payout(payout_id=payout.pk, reviewer=reviewer, now=now)
            if decided.state == Payout.State.REQUESTED:
                messages.success(request, _("Approved by you. A second person has to approve it, too."))
                return
            tasks.ring(tasks.advance_payout, str(payout.pk))
            messages.success(request, _("Approved. A worker sends it now."))
        else:
            payouts.reject_payout(payout_id=payout.pk, reviewer=reviewer, reason=reason, now=now)
            messages.success(request, _("Rejected. The creator's balance has the money back."))


@admin.register(PayoutAccount)
class PayoutAccountAdmin(ReadOnlyAdmin[PayoutAccount]):
    """Where payouts go."""

    list_display = ["creator", "state", "country", "due_at", "looked_at", "account"]
    list_filter = ["state"]
    search_fields = ["creator__email", "account"]
    list_select_related = ["creator"]
    ordering = ["creator_id"]


class DisputeShareInline(admin.TabularInline[DisputeShare, Dispute]):
    """Who gave how much of what a bank has taken."""

    model = DisputeShare
    fields = ["source", "owner", "amount"]
    readonly_fields = ["source", "owner", "amount"]
    extra = 0
    can_delete = False

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, share: DisputeShare) -> str:
        """Show the amount in euros."""
        return money_filter(share.amount_micros)

    def has_add_permission(self, request: HttpRequest, obj: Dispute | None = None) -> bool:
        """Refuse to add."""
        del request, obj
        return False


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin[Dispute]):
    """What banks have taken back."""

    inlines = [DisputeShareInline]
    list_display = ["id", "deposit", "amount_cents", "fee_cents", "state", "reason", "opened_at", "ended_at"]
    list_filter = ["state"]
    search_fields = ["id", "deposit__fan__email"]
    list_select_related = ["deposit__fan"]
    ordering = ["-opened_at", "-id"]


@admin.register(CoAuthor)
class CoAuthorAdmin(ReadOnlyAdmin[CoAuthor]):
    """Who shares in what buttons earn."""

    list_display = ["button", "owner", "person", "percent", "state", "since", "until"]
    list_filter = ["state"]
    search_fields = ["button__title", "owner__email", "person__email"]
    list_select_related = ["button", "owner", "person"]
    ordering = ["-id"]


@admin.register(Debt)
class DebtAdmin(ReadOnlyAdmin[Debt]):
    """What creators owe for disputes that were lost, where the operator chose so."""

    list_display = ["creator", "dispute", "amount", "kept", "dispute_state"]
    list_filter = ["dispute__state"]
    search_fields = ["creator__email", "creator__name", "dispute__id"]
    list_select_related = ["creator", "dispute"]
    ordering = ["-dispute__opened_at", "-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Debt]:
        """Fetch what was kept for each along with them."""
        return super().get_queryset(request).prefetch_related("recoveries")

    @admin.display(description=gettext_lazy("amount"), ordering="amount_micros")
    def amount(self, debt: Debt) -> str:
        """Show the amount in euros."""
        return money_filter(debt.amount_micros)

    @admin.display(description=gettext_lazy("kept for it"))
    def kept(self, debt: Debt) -> str:
        """Show what was kept for it, which was given back where the dispute was won after all."""
        return money_filter(sum(recovery.amount_micros for recovery in debt.recoveries.all()))

    @admin.display(description=gettext_lazy("dispute"), ordering="dispute__state")
    def dispute_state(self, debt: Debt) -> str:
        """Show how the dispute stands: only a lost one is owed for."""
        return debt.dispute.get_state_display()


class OpenFilter(admin.SimpleListFilter):
    """Which differences nobody has resolved yet, and which are over."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: object, model_admin: object) -> list[tuple[str, "StrPromise"]]:
        """Return the states."""
        del request, model_admin
        return [("open", gettext_lazy("open")), ("over", gettext_lazy("over"))]

    def queryset(self, request: object, queryset: QuerySet[ReconciliationItem]) -> QuerySet[ReconciliationItem]:
        """Return the differences of that state."""
        del request
        if self.value() is None:
            return queryset
        return queryset.filter(ended_at__isnull=self.value() == "open")


@admin.register(ReconciliationItem)
class ReconciliationItemAdmin(ReadOnlyAdmin[ReconciliationItem]):
    """Where the provider's book and ours differ, with a page to set each aside."""

    list_display = ["subject", "kind", "difference", "since", "resolve_link", "ended_at", "ended_by"]
    list_filter = [OpenFilter, "kind"]
    search_fields = ["subject"]
    list_select_related = ["ended_by"]
    ordering = ["-since", "-id"]

    @admin.display(description=gettext_lazy("difference"), ordering="difference_cents")
    def difference(self, item: ReconciliationItem) -> str:
        """Show the difference in euros."""
        return cents(item.difference_cents)

    @admin.display(description=gettext_lazy("resolve"))
    def resolve_link(self, item: ReconciliationItem) -> SafeString | str:
        """Lead to the page for one that is open."""
        if item.ended_at is not None:
            return ""
        address = reverse("admin:payouts_reconciliationitem_resolve", args=[item.pk])
        return format_html('<a href="{}">{}</a>', address, _("Resolve"))

    def get_urls(self) -> list[URLPattern]:
        """Add the page for resolving."""
        resolve = self.admin_site.admin_view(self.resolve)
        name = "payouts_reconciliationitem_resolve"
        return [path("<int:item_id>/resolve/", resolve, name=name), *super().get_urls()]

    def resolve(self, request: HttpRequest, item_id: int) -> HttpResponse:
        """Set one difference aside, with a note."""
        if not request.user.has_perm("payouts.resolve_item"):
            raise PermissionDenied
        item = get_object_or_404(ReconciliationItem, pk=item_id)
        form = ResolveForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            note, now = form.cleaned_data["note"], timezone.now()
            reconciliation.resolve_item(item_id=item.pk, staff=user_of(request), note=note, now=now)
            messages.success(request, _("Resolved."))
            return redirect("admin:payouts_reconciliationitem_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Resolve a difference"),
            "item": item,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/payouts/reconciliationitem/resolve.html", context)


@admin.register(Deposit)
class DepositAdmin(ReadOnlyAdmin[Deposit]):
    """Money in."""

    list_display = ["fan", "amount_cents", "processor_fee_cents", "state", "reason", "for_period", "started_at"]
    list_filter = ["state"]
    search_fields = ["fan__email", "id"]
    list_select_related = ["fan"]
    ordering = ["-started_at"]


@admin.register(Gift)
class GiftAdmin(ReadOnlyAdmin[Gift]):
    """What fans gave creators beside the cake."""

    list_display = ["fan", "creator", "amount", "button", "made_at", "withdrawable_at"]
    search_fields = ["fan__email", "creator__email", "creator__name", "id"]
    list_select_related = ["fan", "creator", "button"]
    ordering = ["-made_at", "-id"]

    @admin.display(description=gettext_lazy("amount"), ordering="amount_cents")
    def amount(self, gift: Gift) -> str:
        """Show the amount in euros."""
        return cents(gift.amount_cents)


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


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin[StripeEvent]):
    """What Stripe told us of. What couldn't be handled is tried again here, or set aside with a reason."""

    list_display = ["kind", "state", "why", "attempts", "due_at", "received_at", "subject", "account", "api_version"]
    list_filter = ["state"]
    search_fields = ["id", "kind", "subject", "account", "customer", "movement_id"]
    ordering = ["-received_at"]
    actions = ["try_again", "set_aside"]

    @admin.display(description=gettext_lazy("error"))
    def why(self, event: StripeEvent) -> str:
        """Show how the error begins."""
        return Truncator(event.error).chars(100)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Let those decide who may change events, though here nobody changes one in any other way."""
        return request.user.has_perm("payouts.change_stripeevent")

    @admin.action(description=gettext_lazy("Try again"), permissions=["decide"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Have the chosen events handled anew."""
        number = events.try_again(event_ids=list(queryset.values_list("pk", flat=True)))
        text = ngettext(
            "%(number)s event will be handled again within a minute.",
            "%(number)s events will be handled again within a minute.",
            number,
        )
        messages.success(request, text % {"number": number})

    @admin.action(description=gettext_lazy("Set aside"), permissions=["decide"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> HttpResponse | None:
        """Ask for a reason, and let the chosen events be, as far as they are still to be handled."""
        form = SetAsideForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            chosen = list(queryset.values_list("pk", flat=True))
            number = events.set_aside(
                event_ids=chosen, reviewer=user_of(request), now=timezone.now(), **form.cleaned_data
            )
            text = ngettext("%(number)s event is set aside.", "%(number)s events are set aside.", number)
            messages.success(request, text % {"number": number})
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set events aside"),
            "number": queryset.count(),
            "chosen": request.POST.getlist("_selected_action"),
            "all_chosen": request.POST.get("select_across", "0"),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/payouts/stripeevent/set_aside.html", context)
