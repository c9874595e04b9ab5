"""Reads about caps: how much of a fan's cake a creator may get."""

from collections import defaultdict
from collections.abc import Mapping

from django.db.models import QuerySet

from accounts.models import User
from flattr import money
from flattr.period import Period
from payouts.models import CreatorCap


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


def _in_effect(period: Period) -> QuerySet[CreatorCap]:
    """Return what each fan said last about each creator, in or before a period."""
    said = CreatorCap.objects.filter(period__lte=period)
    return said.order_by("fan_id", "creator_id", "-period").distinct("fan_id", "creator_id")
