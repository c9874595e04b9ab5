"""Reads about who may be named to whom as a supporter. Amounts are never shown, and nor are these."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User, Visibility
from buttons.models import Button, Click, ClickVisibility, Supporter, VisibilityChoice
from flattr import pages
from flattr.period import Period

_BY_CREATORS: Final = frozenset({Visibility.PUBLIC, Visibility.CREATORS})


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSupporter:
    """What a creator may know of a supporter: the settled months that they may see, and whether everybody may."""

    fan: User
    first_period: Period
    last_period: Period
    months: int
    is_public: bool


def supporters(*, creator: User, place: pages.Place | None = None) -> pages.Page[Supporter]:
    """Return the creator's supporters whom everybody may see by name, each once, those of longest standing first."""
    return pages.cut(_named(creator, {Visibility.PUBLIC}), place=place)


def named_supporters(*, creator: User, place: pages.Place | None = None) -> pages.Page[NamedSupporter]:
    """Return the supporters whom the creator may see, in the same order."""
    found = pages.cut(_named(creator, _BY_CREATORS), place=place)
    rows: dict[int, list[Supporter]] = {}
    for row in _seen(creator, _BY_CREATORS).filter(fan__in=[each.fan_id for each in found]):
        rows.setdefault(row.fan_id, []).append(row)
    return found.showing(
        [
            NamedSupporter(
                fan=each.fan,
                first_period=each.first_period,
                last_period=max(row.last_period for row in rows[each.fan_id]),
                months=sum(row.months for row in rows[each.fan_id]),
                is_public=any(_is_public(row) for row in rows[each.fan_id]),
            )
            for each in found
            # Who goes back to being anonymous in this very moment is in the first reading alone.
            if each.fan_id in rows
        ]
    )


def _is_public(row: Supporter) -> bool:
    visibility: str = row.visibility  # type: ignore[attr-defined]  # The query adds it.
    return visibility == Visibility.PUBLIC


def _named(creator: User, visibilities: Collection[Visibility]) -> QuerySet[Supporter]:
    """Return of each fan the row that reaches back furthest of those that may be seen."""
    seen = _seen(creator, visibilities)
    is_before = Q(first_period__lt=OuterRef("first_period")) | Q(
        first_period=OuterRef("first_period"), id__lt=OuterRef("id")
    )
    found = seen.filter(~Exists(seen.filter(is_before, fan=OuterRef("fan"))))
    return found.select_related("fan").order_by("first_period", "id")


def _seen(creator: User, visibilities: Collection[Visibility]) -> QuerySet[Supporter]:
    """Return the rows of the creator's supporters that one of those may see, by what is chosen now."""
    for_creator = VisibilityChoice.objects.filter(fan=OuterRef("fan"), creator=OuterRef("creator"))
    for_clicks = ClickVisibility.objects.filter(
        fan=OuterRef("fan"),
        button__creator=OuterRef("creator"),
        period__gte=OuterRef("first_period"),
        period__lte=OuterRef("last_period"),
        visibility=OuterRef("by_clicks"),
    )
    usual = Coalesce(Subquery(for_creator.values("visibility")), F("fan__visibility"))
    visibility = Case(
        When(by_clicks="", then=usual),
        When(Exists(for_clicks), then=F("by_clicks")),
        default=Value(Visibility.ANONYMOUS),
    )
    seen = Supporter.objects.filter(creator=creator, fan__is_active=True).exclude(fan__name="")
    # Said by what is hidden, PostgreSQL takes most rows for seen, as they are: it then goes along the index to the
    # end of the page, where it would else look at all supporters and sort them.
    return seen.annotate(visibility=visibility).exclude(visibility__in=set(Visibility).difference(visibilities))


def choice_for(*, fan: User, creator_id: int) -> Visibility | None:
    """Return who may see that the fan supports the creator, or None where it is as for all others."""
    chosen = VisibilityChoice.objects.filter(fan=fan, creator=creator_id).first()
    return None if chosen is None else Visibility(chosen.visibility)


def choices_of(*, fan: User, place: pages.Place | None = None) -> pages.Page[VisibilityChoice]:
    """Return what the fan chose for single creators whose account isn't closed, the latest first."""
    chosen = VisibilityChoice.objects.filter(fan=fan).exclude(creator__closing__begun_at__isnull=False)
    return pages.cut(chosen.select_related("creator__creator_profile").order_by("-id"), place=place)


def click_choices_of(*, fan: User, place: pages.Place | None = None) -> pages.Page[ClickVisibility]:
    """Return what the fan chose for single clicks, each with its `usual` visibility, the latest first."""
    chosen = ClickVisibility.objects.filter(fan=fan).select_related("button__creator__creator_profile")
    return pages.cut(chosen.annotate(usual=_usual(fan, "button__creator")).order_by("-id"), place=place)


def with_visibility(clicks: QuerySet[Click], *, fan: User) -> QuerySet[Click]:
    """Return the fan's clicks, each with what was `chosen` for it or None, and with its `usual` visibility."""
    chosen = ClickVisibility.objects.filter(fan=fan, period=OuterRef("period"), click_id=OuterRef("id"))
    return clicks.annotate(chosen=Subquery(chosen.values("visibility")), usual=_usual(fan, "creator"))


def latest_click(*, fan: User, button: Button, period: Period) -> Click | None:
    """Return the fan's latest click of a button in a period, if one stands, with who sees it."""
    clicks = Click.objects.filter(fan=fan, button=button, period=period, undone_at__isnull=True)
    return with_visibility(clicks, fan=fan).select_related("button").order_by("-clicked_at", "-id").first()


def public_clicks(clicks: QuerySet[Click], *, fan: User) -> QuerySet[Click]:
    """Return those of the fan's clicks of which everybody may know."""
    told = with_visibility(clicks, fan=fan).annotate(visibility=Coalesce("chosen", "usual"))
    return told.filter(visibility=Visibility.PUBLIC)


def _usual(fan: User, creator: str) -> Coalesce:
    """Return who may see what the fan does for a creator, who is named by a path, where nothing else is chosen."""
    for_creator = VisibilityChoice.objects.filter(fan=fan, creator=OuterRef(creator))
    return Coalesce(Subquery(for_creator.values("visibility")), Value(fan.visibility))
