"""What the admin pages of all apps share."""

from typing import Any, Final, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

admin.site.site_header = admin.site.site_title = _("Flattr administration")

M = TypeVar("M", bound=Model)

LISTED_MAX: Final = 10_000
"""How many rows a list shows at most. Nobody turns hundreds of pages; a search or a filter finds the rest."""


class ShortPaginator(Paginator[Any]):
    """Counts no more rows than are shown, as counting millions takes longer than all else."""

    @cached_property
    def count(self) -> int:
        """Return how many rows are shown."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # The admin gives it nothing else.
        return rows.order_by()[:LISTED_MAX].count()


class LongListAdmin(admin.ModelAdmin[M]):
    """Lists rows of which there may be millions, so many at once as are shown in a moment."""

    # Each row has a form's field where there are actions, and takes more than a millisecond.
    list_per_page = 30
    show_full_result_count = False
    paginator = ShortPaginator


class ReadOnlyAdmin(LongListAdmin[M]):
    """Shows rows that only operations may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse to add."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Refuse to change."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Refuse to delete."""
        del request, obj
        return False
