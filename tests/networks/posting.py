"""How tests draft and make monthly posts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from accounts.models import Notification
from buttons.models import Digest
from buttons.operations import digests
from buttons.queries import digests as queries
from flattr.outside.network import Network
from tests.networks.bluesky import PUT, Bluesky
from tests.networks.mastodon import STATUSES, Mastodon

BACK: Final = "https://flattr.example/connections/mastodon/back/"
FIRST: Final = datetime(2026, 11, 1, 6, 20, tzinfo=UTC)
"""When October is told of."""
DUE: Final = FIRST + digests.READ_FOR


def door_of(server: Mastodon | Bluesky) -> str:
    """Return where a server takes posts."""
    return STATUSES if isinstance(server, Mastodon) else PUT


def number_of_posts(server: Mastodon | Bluesky) -> int:
    """Return how many posts a server has."""
    return len(server.posts if isinstance(server, Mastodon) else server.records)


def drafted() -> Digest:
    """Return the one post that is drafted."""
    digests.draft_digests(now=FIRST)
    return Digest.objects.get()


def work(network: Network, *, since: datetime = DUE, hours: float = 3) -> Digest:
    """Make what is due each minute for some hours, as the schedule does; return what became of the one post."""
    moment, end = since, since + timedelta(hours=hours)
    while moment <= end and Digest.objects.filter(state=Digest.State.WAITING).exists():
        for digest_id in list(queries.due_digests(now=moment).values_list("pk", flat=True)):
            digests.post_digest(digest_id=digest_id, network=network, clock=clock(moment))
        moment += timedelta(minutes=1)
    return Digest.objects.get()


def clock(moment: datetime) -> Callable[[], datetime]:
    """Return a clock that stands still."""
    return lambda: moment


def told() -> list[str]:
    """Return the kinds of emails that are owed, but for what tells of drafts."""
    kinds = Notification.objects.exclude(kind=Notification.Kind.DIGEST_DRAFTED)
    return list(kinds.order_by("created_at").values_list("kind", flat=True))
