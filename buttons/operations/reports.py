"""Reports by fans: a click that they never meant is taken back, and speaks against the site that it came from."""

import uuid
from contextlib import suppress
from datetime import datetime

from accounts.models import User
from buttons.models import ClickReport, Confirmation, OneClick
from buttons.operations import clicks, keys, origins
from flattr.transactions import durable


def report_click(*, click_id: uuid.UUID, fan: User, now: datetime) -> str:
    """Take back a click that the fan never meant, and their keys for its site; return the site.

    The click of a closed month stays, its report counts. A second report of a site changes its time alone.

    :raises UnknownClick: if the fan made no such click by a frame, whose site alone we know for sure.
    """
    made = {"fan": fan, "click_id": click_id}
    origin = next(
        (
            row.origin
            for row in (OneClick.objects.filter(**made).first(), Confirmation.objects.filter(**made).first())
            if row is not None
        ),
        None,
    )
    if origin is None:
        msg = "click: there is none of yours with this id that a frame asked for"
        raise clicks.UnknownClick(msg)
    _note(fan=fan, origin=origin, click_id=click_id, now=now)
    # One press may be noted whose click was refused then.
    with suppress(clicks.PeriodClosed, clicks.UnknownClick):
        clicks.undo_click(click_id=click_id, fan=fan, now=now)
    keys.revoke_keys(fan=fan, origin=origin, now=now)
    origins.judge_origin(origin=origin, now=now)
    return origin


@durable
def _note(*, fan: User, origin: str, click_id: uuid.UUID, now: datetime) -> None:
    ClickReport.objects.update_or_create(fan=fan, origin=origin, defaults={"click_id": click_id, "reported_at": now})
