"""Staff's view of sites and buttons."""

from django.contrib import admin

from buttons.models import Button, ClosedPeriod, Site
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
