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
from buttons.models import Button, ClickReport, ClosedPeriod, OriginDecision, OriginStanding, Site, SiteCheck
from buttons.operations import origins, sites
from buttons.queries import sites as queries
from flattr.admin import ReadOnlyAdmin


@admin.register(Site)
class SiteAdmin(ReadOnlyAdmin[Site]):
    """Creators' hosts, with a page to decide whose each is that two have proven."""

    list_display = ["host", "creator", "contest_link", "proof", "verified_at", "contested_at", "checked_at"]
    list_filter = [("contested_at", admin.EmptyFieldListFilter), ("verified_at", admin.EmptyFieldListFilter), "proof"]
    search_fields = ["host", "creator__email"]
    list_select_related = ["creator"]
    exclude = ["token"]

    @admin.display(description=gettext_lazy("contest"))
    def contest_link(self, site: Site) -> SafeString | str:
        """Lead to the decision about a site that waits for one."""
        if site.contested_at is None:
            return ""
        return format_html('<a href="{}">{}</a>', reverse("admin:buttons_site_contest", args=[site.pk]), _("Decide"))

    def get_urls(self) -> list[URLPattern]:
        """Add the page for deciding."""
        contest = self.admin_site.admin_view(self.contest)
        return [path("<int:site_id>/contest/", contest, name="buttons_site_contest"), *super().get_urls()]

    def contest(self, request: HttpRequest, site_id: int) -> HttpResponse:
        """Show who has proven a host, and decide whether it is the challenger's."""
        if not request.user.has_perm("buttons.decide_contest"):
            raise PermissionDenied
        contested = Site.objects.filter(contested_at__isnull=False)
        site = get_object_or_404(contested.select_related("creator__creator_profile"), pk=site_id)
        if request.method == "POST" and request.POST.get("winner") in {"challenger", "holder"}:
            is_theirs = request.POST["winner"] == "challenger"
            return self._decide(request, site, is_theirs=is_theirs)
        rivals = queries.rivals(site=site).select_related("creator__creator_profile")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Whose is %(host)s?") % {"host": site.host},
            "site": site,
            "claims": [*rivals, site],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/buttons/site/contest.html", context)

    def _decide(self, request: HttpRequest, site: Site, *, is_theirs: bool) -> HttpResponse:
        try:
            sites.decide_contest(site_id=site.pk, is_theirs=is_theirs, now=timezone.now())
        except sites.NotContested:
            messages.error(request, _("Somebody has decided that before, or the claim was withdrawn."))
        else:
            self.log_change(
                request, site, _("Given to the challenger.") if is_theirs else _("Refused to the challenger.")
            )
            messages.success(request, _("Decided. The creators are told by email."))
        return redirect("admin:buttons_site_changelist")


@admin.register(SiteCheck)
class SiteCheckAdmin(ReadOnlyAdmin[SiteCheck]):
    """What was looked for on sites in the last month."""

    list_display = ["site", "proof", "outcome", "by_creator", "asked_at", "finished_at"]
    list_filter = ["outcome", "proof"]
    search_fields = ["site__host"]
    list_select_related = ["site"]
    ordering = ["-asked_at"]


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
        "decide_link",
        "confirm_rate",
        "undo_rate",
        "clicked",
        "reports",
        "hover_ms",
        "spread",
        "has_good_name",
        "demoted_until",
        "frozen_at",
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
