"""What came for creators in a week."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from accounts.models import Notification
from flattr.period import Period

_BEST_BUTTONS: Final = 3

_WEEK: Final = """
    WITH given AS MATERIALIZED (
        SELECT creator_id, button_id, fan_id, count(*) AS clicks FROM buttons_click
        WHERE period IN (%(first_period)s, %(last_period)s) AND undone_at IS NULL
              AND clicked_at >= %(start)s AND clicked_at < %(end)s
        GROUP BY creator_id, button_id, fan_id),
    by_button AS (
        SELECT creator_id, button_id, sum(clicks)::bigint AS clicks,
               row_number() OVER (PARTITION BY creator_id ORDER BY sum(clicks) DESC, button_id) AS place
        FROM given GROUP BY creator_id, button_id)
    SELECT whole.creator_id, whole.clicks, whole.fans,
           (SELECT json_agg(json_build_object('title', button.title, 'clicks', best.clicks) ORDER BY best.place)
            FROM by_button AS best JOIN buttons_button AS button ON button.id = best.button_id
            WHERE best.creator_id = whole.creator_id AND best.place <= %(best)s)
    FROM (SELECT creator_id, sum(clicks)::bigint AS clicks, count(DISTINCT fan_id) AS fans
          FROM given GROUP BY creator_id) AS whole
    JOIN accounts_user AS person ON person.id = whole.creator_id
    WHERE person.is_active AND NOT (%(kind)s = ANY(person.muted)) AND NOT EXISTS (
          SELECT FROM accounts_notification
          WHERE recipient_id = whole.creator_id AND kind = %(kind)s AND subject_key = %(key)s)
    ORDER BY whole.creator_id
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What one creator got: clicks that stand, the fans who gave them, and title and clicks of the best buttons."""

    creator_id: int
    clicks: int
    fans: int
    best: list[dict[str, Any]]


def untold_weeks(*, start: datetime, end: datetime, key: str) -> list[Week]:
    """Return the week of each creator who got clicks in it, wants to know, and wasn't told under that key.

    This reads all clicks of the months that the week lies in, once for all creators.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _WEEK,
            {
                "first_period": Period.at(start).first_day,
                "last_period": Period.at(end).first_day,
                "start": start,
                "end": end,
                "best": _BEST_BUTTONS,
                "kind": Notification.Kind.CREATOR_WEEK.value,
                "key": key,
            },
        )
        return [
            Week(creator_id=creator_id, clicks=clicks, fans=fans, best=best)
            for creator_id, clicks, fans, best in cursor.fetchall()
        ]
