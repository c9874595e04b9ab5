"""Writes about who may see that a fan supports one creator."""

from datetime import datetime

from accounts import operations as accounts_operations
from accounts.models import User, Visibility
from buttons.models import VisibilityChoice
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
