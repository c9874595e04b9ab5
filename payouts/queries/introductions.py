"""How many supporters came by links that people shared."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.models import User
from buttons.models import Introduction
from payouts.models import Deposit

_LISTED_MAX: Final = 5


class BroughtLine(NamedTuple):
    """How many supporters came to a creator or by a button; `key` is what the address of its page has."""

    key: str
    label: str
    supporters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """How many supporters came in all, and for whom or what most did."""

    supporters: int
    lines: list[BroughtLine]


def brought_by(*, sharer: User) -> Brought:
    """Return how many supporters a person's links brought, and the creators to whom they brought most."""
    came = _funded().filter(sharer=sharer)
    return _brought(came, key="creator__creator_profile__slug", label="creator__creator_profile__name")


def brought_to(*, creator: User) -> Brought:
    """Return how many supporters came to a creator by links of others, and the buttons that most of them clicked."""
    came = _funded().filter(creator=creator)
    return _brought(came, key="button__public_id", label="button__title")


def _funded() -> QuerySet[Introduction]:
    """Return the introductions of fans who have paid something: a person without money supports nobody."""
    paid = Deposit.objects.filter(fan=OuterRef("fan"), state=Deposit.State.SUCCEEDED)
    return Introduction.objects.filter(Exists(paid))


def _brought(came: QuerySet[Introduction], *, key: str, label: str) -> Brought:
    counted = came.values_list(key, label, "creator__is_active").annotate(supporters=Count("pk"))
    counted = counted.order_by("-supporters", key)
    # Who is inactive, or closed their account, counts, and has no page any more.
    lines = [BroughtLine(address, name, number) for address, name, is_active, number in counted if is_active]
    return Brought(supporters=sum(number for *_, number in counted), lines=lines[:_LISTED_MAX])
