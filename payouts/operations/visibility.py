"""Who is named as a supporter: whoever gave something in a settled month, and wants that to be seen.

Fans who gave nothing could else put any name on a creator's page for free.
"""

import uuid
from datetime import datetime
from typing import Any, Final

from django.db import connection

from accounts import operations as accounts_operations
from accounts.models import User, Visibility
from buttons.models import ClickVisibility, Supporter, VisibilityChoice
from buttons.operations import digests
from buttons.operations import visibility as choices
from flattr.period import Period
from flattr.transactions import durable, required
from payouts.models import Settlement

_FANS_AT_ONCE: Final = 1000

_NARROWEST_FIRST: Final = [Visibility.ANONYMOUS.value, Visibility.CREATORS.value, Visibility.PUBLIC.value]

_NOTE: Final = """
    WITH own AS (
        -- Clicks that have a choice of their own, and the widest of these.
        SELECT fan_id, period, button_id, count(*) AS clicks,
               max(array_position(%(narrowest_first)s::text[], visibility::text)) AS widest
        FROM buttons_clickvisibility
        WHERE fan_id = ANY(%(fans)s)
        GROUP BY fan_id, period, button_id
    ), given AS (
        SELECT line.fan_id, line.creator_id, settlement.period, max(coalesce(own.widest, 1)) AS by_clicks,
               max(CASE WHEN line.clicks > coalesce(own.clicks, 0)
                        THEN array_position(%(narrowest_first)s::text[],
                                            coalesce(choice.visibility, fan.visibility)::text)
                        ELSE 1 END) AS by_the_rest
        FROM payouts_settlement AS settlement
        JOIN payouts_settlementline AS line ON line.settlement_id = settlement.id
        JOIN accounts_user AS fan ON fan.id = line.fan_id
        LEFT JOIN buttons_visibilitychoice AS choice
             ON choice.fan_id = line.fan_id AND choice.creator_id = line.creator_id
        LEFT JOIN own ON own.fan_id = line.fan_id AND own.period = settlement.period
                         AND own.button_id = line.button_id
        WHERE settlement.id = ANY(%(settlements)s) AND line.fan_id = ANY(%(fans)s) AND line.amount_micros > 0
        GROUP BY line.fan_id, line.creator_id, settlement.period
    ), months AS (
        -- A month stands in one row, by which most may see it, so that it is counted once.
        SELECT fan_id, creator_id, period,
               CASE WHEN by_clicks >= by_the_rest THEN (%(narrowest_first)s::text[])[by_clicks] ELSE '' END
               AS by_clicks
        FROM given
        WHERE greatest(by_clicks, by_the_rest) > 1
    )
    INSERT INTO buttons_supporter AS known (fan_id, creator_id, by_clicks, first_period, last_period, months)
    SELECT fan_id, creator_id, by_clicks, min(period), max(period), count(*)
    FROM months
    GROUP BY fan_id, creator_id, by_clicks
    ORDER BY fan_id, creator_id, by_clicks
    ON CONFLICT (fan_id, creator_id, by_clicks) DO UPDATE
    SET last_period = excluded.last_period, months = known.months + excluded.months
    -- Months are settled one after another, so what is known to reach as far has this one already.
    WHERE known.last_period < excluded.last_period
"""


@durable
def set_visibility(*, user: User, visibility: Visibility, name: str, now: datetime) -> None:
    """Let the user be seen under a name by everybody, by creators or by nobody, for what they gave before as well.

    :raises NameMissing: if somebody may see them and the name is empty.
    """
    accounts_operations.lock_fan(fan=user)
    accounts_operations.set_visibility(user=user, visibility=visibility, name=name)
    _show_anew(user, now=now)


@durable
def choose_visibility(*, fan: User, creator: User, visibility: Visibility | None, now: datetime) -> None:
    """Let others see that the fan supports one creator than the fan chose for all, or with None the same ones.

    :raises OwnPage: if the fan is the creator.
    :raises NameMissing: if somebody may see them and they have no name.
    """
    accounts_operations.lock_fan(fan=fan)
    choices.choose(fan=fan, creator=creator, visibility=visibility, now=now)
    _show_anew(fan, now=now)


@durable
def choose_visibility_of_click(
    *, fan: User, period: Period, click_id: uuid.UUID, visibility: Visibility | None, now: datetime
) -> None:
    """Let others see one click of the fan's than they chose otherwise, or with None the same ones.

    :raises UnknownClick: if the fan has no such click, or took it back.
    :raises NameMissing: if somebody may see them and they have no name.
    """
    accounts_operations.lock_fan(fan=fan)
    choices.choose_for_click(fan=fan, period=period, click_id=click_id, visibility=visibility, now=now)
    _show_anew(fan, now=now)


@required
def note_supporters(*, settlement: Settlement) -> None:
    """Add a settled month to what is known of fans who may be named; doing it twice changes nothing."""
    with connection.cursor() as cursor:
        # Who changes what may be seen has written here before they read which months are settled: see `_show_anew`.
        # So each of the two waits for the other and then sees what it did.
        cursor.execute("LOCK TABLE buttons_supporter IN SHARE ROW EXCLUSIVE MODE")
    seen = User.objects.filter(is_active=True).exclude(visibility=Visibility.ANONYMOUS).values_list("pk", flat=True)
    chosen = VisibilityChoice.objects.exclude(visibility=Visibility.ANONYMOUS).values_list("fan_id", flat=True)
    by_clicks = ClickVisibility.objects.filter(period=settlement.period).exclude(visibility=Visibility.ANONYMOUS)
    fans = sorted({*seen, *chosen, *by_clicks.values_list("fan_id", flat=True)})
    for start in range(0, len(fans), _FANS_AT_ONCE):
        _note(settlements=[settlement.pk], fans=fans[start : start + _FANS_AT_ONCE])


@required
def _show_anew(fan: User, *, now: datetime) -> None:
    """Write anew what may be told of a fan: as a supporter in settled months, and in posts that wait."""
    Supporter.objects.filter(fan=fan).delete()
    settled = Settlement.objects.filter(finished_at__isnull=False).values_list("pk", flat=True)
    _note(settlements=list(settled), fans=[fan.pk])
    digests.write_anew(fan=fan, now=now)


def _note(*, settlements: list[int], fans: list[int]) -> None:
    parameters: dict[str, Any] = {
        "settlements": settlements,
        "fans": fans,
        "narrowest_first": _NARROWEST_FIRST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, parameters)
