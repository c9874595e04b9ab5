"""Reads about who may be named to whom as a supporter. Amounts are never shown, and nor are these."""

from collections.abc import Iterable

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User, Visibility
from buttons.models import Supporter, VisibilityChoice
from flattr import pages


def supporters(*, creator: User, place: pages.Place | None = None) -> pages.Page[Supporter]:
    """Return the creator's supporters whom everybody may see by name, those of longest standing first."""
    return pages.cut(_seen(creator, {Visibility.PUBLIC}), place=place)


def named_supporters(*, creator: User, place: pages.Place | None = None) -> pages.Page[Supporter]:
    """Return the supporters whom the creator may see, in the same order; `visibility` tells who else may."""
    return pages.cut(_seen(creator, {Visibility.PUBLIC, Visibility.CREATORS}), place=place)


def _seen(creator: User, visibilities: Iterable[Visibility]) -> QuerySet[Supporter]:
    chosen = VisibilityChoice.objects.filter(fan=OuterRef("fan"), creator=OuterRef("creator"))
    seen = Supporter.objects.filter(creator=creator, fan__is_active=True).exclude(fan__name="")
    seen = seen.annotate(visibility=Coalesce(Subquery(chosen.values("visibility")), F("fan__visibility")))
    return seen.filter(visibility__in=visibilities).select_related("fan").order_by("first_period", "id")


def choice_for(*, fan: User, creator_id: int) -> Visibility | None:
    """Return who may see that the fan supports the creator, or None where it is as for all others."""
    chosen = VisibilityChoice.objects.filter(fan=fan, creator=creator_id).first()
    return None if chosen is None else Visibility(chosen.visibility)


def choices_of(*, fan: User, place: pages.Place | None = None) -> pages.Page[VisibilityChoice]:
    """Return what the fan chose for single creators whose pages are open, the latest first."""
    chosen = VisibilityChoice.objects.filter(fan=fan).exclude(creator__closing__begun_at__isnull=False)
    return pages.cut(chosen.select_related("creator__creator_profile").order_by("-id"), place=place)


def public_creators(*, fan: User, creators: Iterable[int]) -> list[int]:
    """Return those of the creators, in their order, of whom everybody may know that the fan supports them."""
    chosen = dict(VisibilityChoice.objects.filter(fan=fan).values_list("creator_id", "visibility"))
    return [each for each in creators if chosen.get(each, fan.visibility) == Visibility.PUBLIC]
