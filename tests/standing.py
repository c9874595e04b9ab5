"""How tests let clicks be repeated, and months begin."""

from datetime import UTC, datetime
from typing import Final

from accounts.models import User
from buttons.models import Button, Click
from buttons.operations import standing
from flattr.period import Period
from tests import given

NOVEMBER: Final = Period(2026, 11)
FIRST: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""When November begins."""


def repeat(
    fan: User, button: Button, *, term_months: int | None = None, now: datetime = given.MOMENT
) -> standing.Outcome:
    """Let a click be repeated."""
    return standing.set_standing_click(fan=fan, public_id=button.public_id, term_months=term_months, now=now)


def made(fan: User, period: Period) -> int:
    """Return how many clicks of the fan stand in a month."""
    return Click.objects.filter(fan=fan, period=period, undone_at__isnull=True).count()


def make_all(now: datetime, *, limit: int = standing.MADE_AT_ONCE) -> list[int]:
    """Make what is due as the task does; return how many each run saw to."""
    seen_to = []
    while number := standing.make_clicks(now=now, limit=limit):
        seen_to.append(number)
    return seen_to
