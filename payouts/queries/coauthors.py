"""Who shares in what buttons earn, and what that moved."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from accounts.models import User
from buttons.queries import trust
from flattr.period import Period
from payouts.models import CoAuthor, CoAuthorShare, Settlement, SettlementLine
from payouts.split import split_spend

WHOLE_PERCENT = 100


def in_force(*, period: Period, buttons: Collection[int] | None = None) -> Mapping[int, list[CoAuthor]]:
    """Return who has a part of what each button, or each of these, earns in a period, by the button's id.

    Once a period is over, nothing that anybody does changes this any more.
    """
    found = CoAuthor.objects.filter(Q(until__isnull=True) | Q(until__gt=period), since__lte=period)
    if buttons is not None:
        found = found.filter(button__in=buttons)
    by_button: dict[int, list[CoAuthor]] = {}
    for each in found.order_by("id"):
        by_button.setdefault(each.button_id, []).append(each)
    return by_button


def parts_of(*, micros: int, co_authors: Sequence[CoAuthor]) -> dict[int, int]:
    """Return each co-author's part of what others gave, in micros by the row's id; the creator keeps the rest.

    It is the rule by which a cake is cut, with percentages in the place of clicks: largest remainder, ties to the
    creator, then to the smaller id. So all parts together are what was given, to the micro.
    """
    percents = {each.pk: each.percent for each in co_authors}
    # No row has the id 0: it stands for the creator.
    parts = split_spend(spend_micros=micros, clicks={0: WHOLE_PERCENT - sum(percents.values()), **percents})
    return {key: part for key, part in parts.items() if key}


def given_by_themselves(*, settlement: Settlement, co_authors: Mapping[int, Sequence[CoAuthor]]) -> Counter[int]:
    """Return what of each button's income its co-authors gave as fans, after the fee, in micros by the button's id.

    None of it is shared, as nobody is paid by clicks of their own: all of it is the creator's.
    """
    people = {(button_id, each.person_id) for button_id, shared in co_authors.items() for each in shared}
    lines = SettlementLine.objects.filter(
        settlement=settlement, fan__in={person for _, person in people}, button__in=list(co_authors)
    )
    given: Counter[int] = Counter()
    for line in lines.values("button_id", "fan_id", micros=F("amount_micros") - F("fee_micros")):
        if (line["button_id"], line["fan_id"]) in people:
            given[line["button_id"]] += line["micros"]
    return given


def offered_percent(*, button_id: int, period: Period) -> int:
    """Return how much of a button's income is offered or given away from a period on, in percent."""
    open_or_running = Q(state__in=CoAuthor.OPEN_STATES) | Q(until__gt=period)
    found = CoAuthor.objects.filter(open_or_running, button=button_id).aggregate(percent=Sum("percent"))
    return found["percent"] or 0


def of_button(*, button_id: int, owner: User) -> QuerySet[CoAuthor]:
    """Return whom a button's creator has offered a part of it, the newest first."""
    rows = CoAuthor.objects.filter(button=button_id, owner=owner)
    return rows.select_related("person__creator_profile", "button").order_by("-id")


def offered_to(*, person: User) -> QuerySet[CoAuthor]:
    """Return what others have offered to a creator, with what it brought in all, the newest first."""
    return (
        CoAuthor.objects.filter(person=person)
        .select_related("owner__creator_profile", "button")
        .annotate(micros=Sum("shares__amount_micros"))
        .order_by("-id")
    )


def offered_by(*, owner: User) -> QuerySet[CoAuthor]:
    """Return what a creator has offered to others and what is open of it, with what it took in all, newest first."""
    return (
        CoAuthor.objects.filter(owner=owner, state__in=CoAuthor.OPEN_STATES)
        .select_related("person__creator_profile", "button")
        .annotate(micros=Sum("shares__amount_micros"))
        .order_by("-id")
    )


def moved_in(*, settlement: Settlement, creators: Collection[int]) -> Counter[int]:
    """Return what co-authorship brought each of these creators in a settlement in micros, below 0 where it took."""
    moved: Counter[int] = Counter()
    rows = CoAuthorShare.objects.filter(
        Q(co_author__person__in=creators) | Q(co_author__owner__in=creators), settlement=settlement
    ).values_list("co_author__person_id", "co_author__owner_id", "amount_micros")
    for person_id, owner_id, micros in rows:
        moved[person_id] += micros
        moved[owner_id] -= micros
    return moved


def shares_of(*, creator: User) -> QuerySet[CoAuthorShare]:
    """Return what a creator got as a co-author, and what their co-authors got."""
    return CoAuthorShare.objects.filter(Q(co_author__person=creator) | Q(co_author__owner=creator))


def origins_under_review(*, creator: User) -> list[str]:
    """Return the sites under review that a creator earns from: their own, and those of who shares with them."""
    shared = CoAuthor.objects.filter(owner=OuterRef("pk"), person=creator, since__isnull=False)
    owners = [creator, *User.objects.filter(Exists(shared)).order_by("pk")]
    return [origin for owner in owners for origin in trust.origins_under_review(creator=owner)]
