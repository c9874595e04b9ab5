"""The split: one fan's sum cut into one equal slice per click. The only place where the rule is written."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_NONE: Final[Mapping[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """A creator for whom the fan has set a cap: its micros, and the fan's clicks for the creator, 1 or more."""

    micros: int
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What is left for all who stay below their cap, in micros and clicks; `full` are those who get their cap."""

    micros: int
    clicks: int
    full: frozenset[int]


def split_spend(
    *,
    spend_micros: int,
    clicks: Mapping[int, int],
    creators: Mapping[int, int] = _NONE,
    caps: Mapping[int, int] = _NONE,
) -> dict[int, int]:
    """Return each button's share of the spend in micros, by largest remainder, and no creator more than their cap.

    A button's quota is `spend * its clicks / all clicks`. Everyone gets the whole micros of their
    quota; the micros left over go one each to the largest remainders, ties to the smaller key. So
    the shares sum to the spend exactly, each lies within one micro of its quota, and the order in
    which the clicks are given doesn't matter. The method is Hamilton's; see
    `docs/decisions/0003-largest-remainder.md`.

    A creator whose quota is above their cap gets the cap, cut by the same rule among their buttons alone, and
    the others share what is left (see `level`). None of the micros left over goes to who has reached their cap by
    them. Where everybody is full, the shares sum to the caps, and the rest isn't given.
    See `docs/decisions/0027-caps.md`.

    `clicks` maps a button's id to its number of clicks, 1 or more. No clicks make no shares. `caps` maps creators to
    the most that they get, in micros; `creators` maps the buttons to their creators, and is needed for capped ones.

    :raises ValueError: if the spend or a cap is negative, or a button has fewer than one click.
    """
    _require(spend_micros, clicks, caps)
    if not caps:
        return _cut(spend_micros, clicks)
    clicks_of = defaultdict[int, dict[int, int]](dict)
    for button, count in clicks.items():
        clicks_of[creators[button]][button] = count
    capped = {
        creator: Capped(micros=micros, clicks=sum(clicks_of[creator].values()))
        for creator, micros in caps.items()
        if creator in clicks_of
    }
    left = level(spend_micros=spend_micros, clicks=sum(clicks.values()), capped=capped)
    shares: dict[int, int] = {}
    for creator in left.full:
        shares |= _cut(caps[creator], clicks_of.pop(creator))
    below = {button: count for own in clicks_of.values() for button, count in own.items()}
    return shares | _cut(left.micros, below, creators, caps)


def level(*, spend_micros: int, clicks: int, capped: Mapping[int, Capped]) -> Level:
    """Return who gets their cap of a spend in micros and so many clicks in all, and what is left for the others.

    Whoever's quota is above their cap is full. What that leaves is cut among the others, which lifts their quotas, so
    the same is asked again until nobody is above their cap: water that is poured into vessels of different heights.
    """
    full: set[int] = set()
    below = dict(capped)
    while above := {
        creator: each for creator, each in below.items() if spend_micros * each.clicks > each.micros * clicks
    }:
        for creator, each in above.items():
            full.add(creator)
            spend_micros -= each.micros
            clicks -= each.clicks
            del below[creator]
    return Level(micros=spend_micros, clicks=clicks, full=frozenset(full))


def quota_micros(*, left: Level, clicks: int, creator: int, capped: Mapping[int, Capped]) -> int:
    """Return what a creator's buttons with so many clicks get at a level: within a micro a button, rounded down."""
    if creator in left.full:
        return capped[creator].micros * clicks // capped[creator].clicks
    return left.micros * clicks // left.clicks if clicks else 0


def _require(spend_micros: int, clicks: Mapping[int, int], caps: Mapping[int, int]) -> None:
    """Refuse what no caller means, by its name."""
    if spend_micros < 0:
        msg = f"spend_micros: {spend_micros} is negative"
        raise ValueError(msg)
    for button, count in clicks.items():
        if count < 1:
            msg = f"clicks: button {button} has {count} clicks; at least 1 is needed"
            raise ValueError(msg)
    for creator, micros in caps.items():
        if micros < 0:
            msg = f"caps: that of creator {creator} is {micros}, which is negative"
            raise ValueError(msg)


def _cut(
    micros: int, clicks: Mapping[int, int], creators: Mapping[int, int] = _NONE, caps: Mapping[int, int] = _NONE
) -> dict[int, int]:
    """Cut micros by largest remainder, where nobody's quota is above their cap; no clicks make no shares."""
    all_clicks = sum(clicks.values())
    shares: dict[int, int] = {}
    remainders: list[tuple[int, int]] = []
    for button, count in clicks.items():
        shares[button], remainder = divmod(micros * count, all_clicks)
        remainders.append((-remainder, button))
    left_over = micros - sum(shares.values()) if shares else 0
    remainders.sort()
    if not caps:
        for _, button in remainders[:left_over]:
            shares[button] += 1
        return shares
    room = dict(caps)
    for button, share in shares.items():
        if creators[button] in room:
            room[creators[button]] -= share
    # As long as micros are left, somebody else hasn't got theirs: no creator at their cap is owed one.
    for _, button in remainders:
        creator = creators[button]
        if left_over and room.get(creator, 1) > 0:
            shares[button] += 1
            left_over -= 1
            if creator in room:
                room[creator] -= 1
    return shares
