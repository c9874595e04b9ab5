"""Reads about caps: how much of a fan's cake a creator may get."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from flattr import money
from flattr.period import Period
from payouts.models import CreatorCap
from payouts.split import Capped, level, quota_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a cap does to a month. Amounts in micros; `without` is what the creator would get if it weren't there."""

    cap: CreatorCap
    clicks: int
    got_micros: int
    without_micros: int

    @property
    def over_micros(self) -> int:
        """Return how much less the creator gets by the cap; rounding is no cap's doing."""
        is_full = self.got_micros >= money.cents_to_micros(self.cap.most_cents or 0)
        return max(0, self.without_micros - self.got_micros) if is_full else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """What a cap held back of a settled month. Amounts in micros; `by_clicks` is the slice if nobody had a cap."""

    cap: CreatorCap
    clicks: int
    got_micros: int
    by_clicks_micros: int

    @property
    def creator_name(self) -> str:
        """Return the creator's public name, empty where there is none any more."""
        return str(getattr(self.cap.creator, "creator_profile", ""))

    @property
    def most_micros(self) -> int:
        """Return the cap in micros."""
        return money.cents_to_micros(self.cap.most_cents or 0)

    @property
    def over_micros(self) -> int:
        """Return how much smaller the slice was; what all caps held back adds up."""
        return self.by_clicks_micros - self.got_micros


def caps_of(*, fan: User, period: Period) -> QuerySet[CreatorCap]:
    """Return the fan's caps that are in force in a period, with their creators' profiles, by the creators' names."""
    latest = _in_effect(period).filter(fan=fan)
    return (
        CreatorCap.objects.filter(pk__in=latest.values("pk"), most_cents__isnull=False)
        .select_related("creator__creator_profile")
        .order_by("creator__creator_profile__name", "creator_id")
    )


def caps_in_force(*, fans: tuple[int, int], period: Period) -> Mapping[int, Mapping[int, int]]:
    """Return by fan, from the first id to the last, and by creator the caps in micros that a period is cut by."""
    found = defaultdict[int, dict[int, int]](dict)
    said = _in_effect(period).filter(fan_id__gte=fans[0], fan_id__lte=fans[1])
    for fan_id, creator_id, most_cents in said.values_list("fan_id", "creator_id", "most_cents"):
        if most_cents is not None:
            found[fan_id][creator_id] = money.cents_to_micros(most_cents)
    return found


def capped_creators(*, caps: Iterable[CreatorCap], clicks: Mapping[int, int]) -> dict[int, Capped]:
    """Return by creator the caps of those who were clicked; `clicks` are the fan's by creator."""
    return {
        cap.creator_id: Capped(micros=money.cents_to_micros(cap.most_cents), clicks=clicks[cap.creator_id])
        for cap in caps
        if cap.most_cents is not None and cap.creator_id in clicks
    }


def effects(
    *, caps: Iterable[CreatorCap], spend_micros: int, clicks: Mapping[int, int], got_micros: Mapping[int, int]
) -> list[Effect]:
    """Return what each of a fan's caps does where so much is cut; clicks and what was got are given by creator."""
    in_force = list(caps)
    capped, all_clicks = capped_creators(caps=in_force, clicks=clicks), sum(clicks.values())

    def without(creator: int) -> int:
        others = {other: each for other, each in capped.items() if other != creator}
        left = level(spend_micros=spend_micros, clicks=all_clicks, capped=others)
        return quota_micros(left=left, clicks=clicks.get(creator, 0), creator=creator, capped=others)

    return [
        Effect(
            cap=cap,
            clicks=clicks.get(cap.creator_id, 0),
            got_micros=got_micros.get(cap.creator_id, 0),
            without_micros=without(cap.creator_id),
        )
        for cap in in_force
    ]


def held_back(
    *, caps: Iterable[CreatorCap], spend_micros: int, clicks: Mapping[int, int], got_micros: Mapping[int, int]
) -> list[HeldBack]:
    """Return what each cap held back that made a slice smaller than its clicks, as `effects` is asked.

    Only a cap can: whoever has none, or isn't at it, gets at least their clicks' part.
    """
    all_clicks = sum(clicks.values())
    found = [
        HeldBack(
            cap=cap,
            clicks=clicks[cap.creator_id],
            got_micros=got_micros[cap.creator_id],
            by_clicks_micros=spend_micros * clicks[cap.creator_id] // all_clicks,
        )
        for cap in caps
        if cap.creator_id in clicks
    ]
    return [each for each in found if each.over_micros > 0]


def _in_effect(period: Period) -> QuerySet[CreatorCap]:
    """Return what each fan said last about each creator, in or before a period."""
    said = CreatorCap.objects.filter(period__lte=period)
    return said.order_by("fan_id", "creator_id", "-period").distinct("fan_id", "creator_id")
