"""Clicks by a session alone, the way that is gone most; those that come at the same time are recorded together."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts import queries as accounts_queries
from buttons.operations import clicks
from flattr.gathering import Gathering
from flattr.period import Period


class NobodyLoggedIn(clicks.UnableToClick):
    """The session is nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """A click that is asked for by a session."""

    session_key: str
    click_id: uuid.UUID
    public_id: str
    origin: str
    now: datetime


async def click_by_session(
    *, session_key: str, click_id: uuid.UUID, public_id: str, origin: str, now: datetime
) -> None:
    """Record a click of whoever is logged in by the session, as `clicks.record_click` does.

    It is two ways to the database, which clicks that come at the same time share.

    :raises NobodyLoggedIn: if the session is nobody's.
    :raises clicks.NoBudget: if the fan has no budget in force.
    """
    visit = _Visit(session_key=session_key, click_id=click_id, public_id=public_id, origin=origin, now=now)
    refusal = await _gathering.do(visit)
    try:
        if refusal is not None:
            raise refusal
    finally:
        # Else it and this call would keep each other, and the request with them, until garbage is collected.
        del refusal


def _click_all(visits: Sequence[_Visit]) -> list[clicks.Refusal | None]:
    """Return for each visit why its click is refused, or None."""
    period = Period.at(visits[0].now)
    if any(Period.at(visit.now) != period for visit in visits):
        # Where two months meet, each goes by itself.
        return [_click_all([visit])[0] for visit in visits]
    visitors = accounts_queries.visitors(session_keys={visit.session_key for visit in visits}, period=period)
    refusals: dict[int, clicks.Refusal | None] = {}
    wanted: dict[int, clicks.WantedClick] = {}
    for place, visit in enumerate(visits):
        visitor = visitors.get(visit.session_key)
        if visitor is None:
            refusals[place] = NobodyLoggedIn("nobody is logged in")
        elif not visitor.has_budget:
            refusals[place] = clicks.NoBudget("there is no budget")
        else:
            wanted[place] = clicks.WantedClick(
                click_id=visit.click_id,
                fan=visitor.user,
                public_id=visit.public_id,
                origin=visit.origin,
                now=visit.now,
            )
    if wanted:
        recorded = clicks.record_clicks(wanted=list(wanted.values()), period=period)
        refusals |= zip(wanted, recorded, strict=True)
    return [refusals[place] for place in range(len(visits))]


_gathering: Final = Gathering(_click_all)
