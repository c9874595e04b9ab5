"""What becomes of the sites, buttons, clicks, keys and posts of somebody whose account is closed."""

from datetime import datetime

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat

from accounts.models import User
from buttons.models import (
    Button,
    ButtonAlias,
    Click,
    ClickReport,
    ClickVisibility,
    Confirmation,
    Digest,
    Introduction,
    PageCheck,
    Site,
    SiteKey,
    StandingClick,
    Supporter,
    VisibilityChoice,
)
from buttons.operations import digests
from flattr.period import Period
from flattr.transactions import required


@required
def close(*, user: User, name: str, now: datetime) -> None:
    """Close everything of the user's, in months that are open; nothing changes where a month is closed.

    Their public page must be open still: posts about it are found by its address.

    Clicks of and for them are taken back, so that the cakes of this month are cut among others. Buttons stay as rows,
    which statements need: without a word of theirs, at an address that leads nowhere, under `name`.
    """
    # Before the clicks: whoever makes this month's has these rows, and is waited for here.
    repeated = StandingClick.objects.filter(Q(fan=user) | Q(button__creator=user), stopped_at__isnull=True)
    repeated.update(stopped_at=now)
    standing = Click.objects.filter(period__gte=Period.at(now), undone_at__isnull=True)
    standing.filter(fan=user).update(undone_at=now)
    # Indexes find them by button, and not by creator.
    standing.filter(button__in=Button.objects.filter(creator=user).values("pk")).update(undone_at=now)
    Button.objects.filter(creator=user).update(
        site=None,
        url=Concat(Value("https://closed.invalid/"), F("public_id")),
        title=name,
        description="",
        tags=[],
        language="",
        hidden_at=Coalesce("hidden_at", Value(now)),
        read_next_at=None,
    )
    for theirs in (ButtonAlias, PageCheck, Site):
        theirs.objects.filter(creator=user).delete()
    # In the order in which who changes their mind writes them.
    ClickVisibility.objects.filter(Q(fan=user) | Q(button__creator=user)).delete()
    for seen in (VisibilityChoice, Supporter):
        seen.objects.filter(Q(fan=user) | Q(creator=user)).delete()
    for told in (SiteKey, Confirmation, ClickReport):
        told.objects.filter(fan=user).delete()
    digests.drop_digests(person=user, now=now)
    # The others are numbers of somebody who is still there.
    sharer_is_gone, creator_is_gone = (
        Q(**{f"{other}__closing__begun_at__isnull": False}) for other in ("sharer", "creator")
    )
    Introduction.objects.filter(Q(creator=user) & sharer_is_gone | Q(sharer=user) & creator_is_gone).delete()


@required
def forget(*, user: User) -> None:
    """Take away what was posted for the user, and where, and what they let be repeated."""
    StandingClick.objects.filter(fan=user).delete()
    Digest.objects.filter(fan=user).delete()
