"""How many supporters came by links that people shared."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.models import CreatorProfile, User
from buttons.models import Button, Introduction
from payouts.models import Deposit

_LISTED_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """How many supporters came in all, and for whom or what most did."""

    supporters: int
    lines: list[tuple[Any, int]]


def brought_by(*, sharer: User) -> Brought:
    """Return how many supporters a person's links brought, and the creators to whom they brought most."""
    came = _funded().filter(sharer=sharer)
    return _brought(came, by="creator", of=CreatorProfile.objects.all())


def brought_to(*, creator: User) -> Brought:
    """Return how many supporters came to a creator by links of others, and the buttons that most of them clicked."""
    came = _funded().filter(creator=creator)
    return _brought(came, by="button", of=Button.objects.all())


def _funded() -> QuerySet[Introduction]:
    """Return the introductions of fans who have paid something: a person without money supports nobody."""
    paid = Deposit.objects.filter(fan=OuterRef("fan"), state=Deposit.State.SUCCEEDED)
    return Introduction.objects.filter(Exists(paid))


def _brought(came: QuerySet[Introduction], *, by: str, of: QuerySet[Any]) -> Brought:
    supporters = came.count()
    if not supporters:
        return Brought(supporters=0, lines=[])
    numbers = dict(came.values_list(by).annotate(supporters=Count("pk")).order_by("-supporters", by)[:_LISTED_MAX])
    found = of.in_bulk(list(numbers))
    return Brought(supporters=supporters, lines=[(found[each], number) for each, number in numbers.items()])
