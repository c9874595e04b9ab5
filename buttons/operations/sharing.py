"""Clicks of people who came by a link that somebody shared."""

import uuid
from datetime import datetime

from accounts.models import User
from buttons import queries
from buttons.models import Click, Introduction
from buttons.operations import clicks
from flattr.transactions import durable


def record_click(
    *, click_id: uuid.UUID, fan: User, public_id: str, origin: str, via: uuid.UUID | None, now: datetime
) -> Click:
    """Record a click as `clicks.record_click` does, and note whose link (`via`) brought the fan to the creator."""
    click = clicks.record_click(click_id=click_id, fan=fan, public_id=public_id, origin=origin, now=now)
    if via is not None:
        introduce(click=click, via=via, now=now)
    return click


@durable
def introduce(*, click: Click, via: uuid.UUID, now: datetime) -> None:
    """Note that the click's fan was brought to its creator by whoever has the token; doing so twice changes nothing.

    It counts for nobody if the fan gave the creator something before, if they or the creator shared the link, if
    nobody has the token any more, or if the click was taken back in this moment.
    """
    # An undo waits for this, and then deletes what is written here.
    stands = Click.objects.select_for_update().filter(
        id=click.id, fan=click.fan_id, period=click.period, undone_at__isnull=True
    )
    if not stands.exists() or queries.supported_before(click=click):
        return
    sharer = User.objects.filter(share_token=via, is_active=True).first()
    if sharer is None or sharer.pk in {click.fan_id, click.creator_id}:
        return
    introduction = Introduction(
        fan_id=click.fan_id,
        creator_id=click.creator_id,
        sharer=sharer,
        button_id=click.button_id,
        click_id=click.id,
        introduced_at=now,
    )
    Introduction.objects.bulk_create([introduction], ignore_conflicts=True)
