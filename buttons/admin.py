"""Staff's view of sites and buttons: whether one press is enough on a site is decided here, all else is shown."""

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
from buttons.forms import DecisionForm
from buttons.models import Button, ClickReport, ClosedPeriod, OriginDecision, OriginStanding, Site
from buttons.operations import origins
from flattr.admin import ReadOnlyAdmin


@admin.register(Site)
class SiteAdmin(ReadOnlyAdmin[Site]):
    """Creators' domains."""

    list_display = ["host", "creator", "verified_at", "created_at"]
    search_fields = ["host", "creator__email"]
    list_select_related = ["creator"]


@admin.register(Button)
class ButtonAdmin(ReadOnlyAdmin[Button]):
    """Buttons."""

    list_display = ["title", "creator", "site", "category", "hidden_at", "created_at"]
    list_filter = ["category", ("hidden_at", admin.EmptyFieldListFilter)]
    search_fields = ["title", "url", "public_id"]
    list_select_related = ["creator", "site"]


@admin.register(ClosedPeriod)
class ClosedPeriodAdmin(ReadOnlyAdmin[ClosedPeriod]):
    """Periods that take no more clicks."""

    list_display = ["period", "closed_at"]


@admin.register(OriginStanding)
class OriginStandingAdmin(ReadOnlyAdmin[OriginStanding]):
    """Sites by their numbers of the last thirty days, with a page to decide about each."""

    list_display = [
        "origin",
        "confirm_rate",
        "undo_rate",
        "clicked",
        "reports",
        "hover_ms",
        "spread",
        "has_good_name",
        "demoted_until",
        "frozen_at",
        "decide_link",
    ]
    list_filter = [("frozen_at", admin.EmptyFieldListFilter), "has_good_name"]
    search_fields = ["origin"]
    ordering = ["-reports", "-undone", "-id"]

    @admin.display(description=gettext_lazy("confirmed"), ordering="confirmed")
    def confirm_rate(self, standing: OriginStanding) -> str:
        """Show how many of those who saw our window confirmed a click there."""
        return _rate(standing.confirmed, standing.opened)

    @admin.display(description=gettext_lazy("took it back"), ordering="undone")
    def undo_rate(self, standing: OriginStanding) -> str:
        """Show how many of those who clicked took a click back."""
        return _rate(standing.undone, standing.clicked)

    @admin.display(description=gettext_lazy("decide"))
    def decide_link(self, standing: OriginStanding) -> SafeString:
        """Lead to the page for deciding."""
        address = reverse("admin:buttons_originstanding_decide", args=[standing.pk])
        return format_html('<a href="{}">{}</a>', address, _("Decide"))

    def get_urls(self) -> list[URLPattern]:
        """Add the page for deciding."""
        decide = self.admin_site.admin_view(self.decide)
        name = "buttons_originstanding_decide"
        return [path("<int:standing_id>/decide/", decide, name=name), *super().get_urls()]

    def decide(self, request: HttpRequest, standing_id: int) -> HttpResponse:
        """Demote, freeze or lift one site, with a reason; show what was decided before."""
        if not request.user.has_perm("buttons.decide_origin"):
            raise PermissionDenied
        standing = get_object_or_404(OriginStanding, pk=standing_id)
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            now = timezone.now()
            origins.decide(standing_id=standing.pk, staff=user_of(request), now=now, **form.cleaned_data)
            messages.success(request, _("Decided."))
            return redirect("admin:buttons_originstanding_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decide about a site"),
            "standing": standing,
            "decisions": standing.decisions.select_related("decided_by").order_by("-id")[:50],
            "verdicts": OriginDecision.Verdict.choices,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/buttons/originstanding/decide.html", context)


def _rate(part: int, whole: int) -> str:
    return f"{part} / {whole} ({part * 100 // whole} %)" if whole else "–"


@admin.register(OriginDecision)
class OriginDecisionAdmin(ReadOnlyAdmin[OriginDecision]):
    """What was decided about sites, by whom and why."""

    list_display = ["standing", "verdict", "decided_by", "reason", "decided_at"]
    list_filter = ["verdict"]
    search_fields = ["standing__origin", "reason"]
    list_select_related = ["standing", "decided_by"]
    ordering = ["-id"]


@admin.register(ClickReport)
class ClickReportAdmin(ReadOnlyAdmin[ClickReport]):
    """Fans who said that they never meant a click."""

    list_display = ["origin", "fan", "reported_at"]
    search_fields = ["origin", "fan__email"]
    list_select_related = ["fan"]
    ordering = ["-reported_at"]
