"""Writes about who may see that a fan supports one creator, and who may see one click."""

import uuid
from datetime import datetime

from accounts import operations as accounts_operations
from accounts.models import User, Visibility
from buttons.models import Click, ClickVisibility, VisibilityChoice
from buttons.operations.clicks import UnknownClick
from flattr.period import Period
from flattr.transactions import required


class OwnPage(ValueError):
    """Nobody supports themselves."""

    def __init__(self) -> None:
        super().__init__("creator: this is you")


@required
def choose(*, fan: User, creator: User, visibility: Visibility | None, now: datetime) -> None:
    """Let that be seen by others than what the fan chose for all, or with None by the same; twice is as once.

    :raises OwnPage: if the fan is the creator.
    :raises NameMissing: if somebody may see the fan, who has no name.
    """
    if fan.pk == creator.pk:
        raise OwnPage
    if visibility is None:
        VisibilityChoice.objects.filter(fan=fan, creator=creator).delete()
        return
    accounts_operations.require_name(name=fan.name, visibility=visibility)
    VisibilityChoice.objects.update_or_create(
        fan=fan, creator=creator, defaults={"visibility": visibility, "chosen_at": now}
    )


@required
def choose_for_click(
    *, fan: User, period: Period, click_id: uuid.UUID, visibility: Visibility | None, now: datetime
) -> None:
    """Let one click be seen by others than what the fan chose otherwise, or with None by the same; twice is as once.

    Its period may be over: what was given stays, and who may see it is the fan's to say for good.

    :raises UnknownClick: if the fan has no such click, or took it back.
    :raises NameMissing: if somebody may see the fan, who has no name.
    """
    # Who takes the click back locks it, too, and then takes what is chosen here along.
    clicks = Click.objects.select_for_update(of=("self",)).filter(id=click_id, fan=fan, period=period)
    button_id = clicks.filter(undone_at__isnull=True).values_list("button", flat=True).first()
    chosen = ClickVisibility.objects.filter(fan=fan, period=period, click_id=click_id)
    if button_id is None:
        # The month's clicks may be in the archive: what was chosen for one can be changed still.
        button_id = chosen.values_list("button", flat=True).first()
    if button_id is None:
        msg = "click: there is none of yours with this id"
        raise UnknownClick(msg)
    if visibility is None:
        chosen.delete()
        return
    accounts_operations.require_name(name=fan.name, visibility=visibility)
    ClickVisibility.objects.update_or_create(
        fan=fan,
        period=period,
        click_id=click_id,
        defaults={"button_id": button_id, "visibility": visibility, "chosen_at": now},
    )
