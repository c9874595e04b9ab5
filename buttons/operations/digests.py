"""Posts that fans let us make once a month: drafted early in it, read by the fan, and made some days later."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from accounts import operations as accounts_operations
from accounts.models import Connection, Notification, User
from accounts.operations import connections
from buttons.models import Digest
from buttons.queries import digests as queries
from flattr import sealing
from flattr.outside import bluesky, mastodon
from flattr.outside.network import Network
from flattr.outside.social import AccessEnded, NotDone, NotNow
from flattr.period import Period
from flattr.transactions import durable, required

DRAFTED_UNTIL_DAY: Final = 3
"""Until which day of a month a draft about the one before is made; who asks later begins with the next one."""
READ_FOR: Final = timedelta(days=3)
"""How long the fan can read and stop a draft before it is posted."""
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30))
"""How long we wait after each attempt; after one more it is given up. Together they are shorter than `_KEY_LASTS`."""
WAITS_MAX: Final = timedelta(days=1)
"""How long a network may make us wait."""
_KEY_LASTS: Final = timedelta(minutes=mastodon.KEY_LASTS_MINUTES - 5)

Clock = Callable[[], datetime]


class UnknownDigest(LookupError):
    """The fan has no such post waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """A post that nobody else is at. `was_certain` if no attempt before this one may have made it."""

    digest: Digest
    was_certain: bool


def draft_digests(*, now: datetime) -> int:
    """Draft the posts about last month for all fans who want them, in its first days; return how many are new.

    A fan who clicked nobody's button gets none. Doing it twice changes nothing.
    """
    if now.day > DRAFTED_UNTIL_DAY:
        return 0
    period = Period.at(now).previous
    wanting = queries.undrafted_connections(period=period)
    return sum(_draft(connection_id=each, period=period, now=now) for each in wanting)


@durable
def _draft(*, connection_id: int, period: Period, now: datetime) -> bool:
    connection = (
        queries.connections_that_post()
        .select_for_update(of=("self",))
        .select_related("owner")
        .filter(pk=connection_id)
        .first()
    )
    post = None if connection is None else queries.composed(connection=connection, period=period)
    if connection is None or post is None:
        return False
    digest = Digest(
        connection=connection,
        fan=connection.owner,
        network=connection.network,
        period=period,
        text=post.text,
        links=[list(link) for link in post.links],
        created_at=now,
        due_at=now + READ_FOR,
    )
    made = Digest.objects.bulk_create([digest], ignore_conflicts=True)
    accounts_operations.notify(
        recipient=connection.owner,
        kind=Notification.Kind.DIGEST_DRAFTED,
        subject_key=f"{connection.network}:{period}",
        context={
            "network": connection.get_network_display(),
            "digest": str(digest.pk),
            "text": post.text,
            "day": f"{digest.due_at:%Y-%m-%d}",
        },
        now=now,
    )
    return bool(made)


@durable
def stop_digest(*, digest_id: uuid.UUID, fan: User, now: datetime) -> Digest:
    """Let a post that waits not be made; stopping it twice changes nothing.

    :raises UnknownDigest: if the fan has no such post, or it was made, given up or is being made.
    """
    digest = Digest.objects.select_for_update().filter(pk=digest_id, fan=fan).first()
    if digest is None or (digest.state != Digest.State.STOPPED and not _is_untried(digest)):
        raise UnknownDigest
    if digest.state == Digest.State.WAITING:
        _end(digest, state=Digest.State.STOPPED, now=now)
    return digest


@durable
def hurry_digest(*, digest_id: uuid.UUID, fan: User, now: datetime) -> Digest:
    """Let a post that waits be made now; hurrying it twice changes nothing.

    :raises UnknownDigest: if the fan has no such post, or it was stopped, made, given up or is being made.
    """
    digest = Digest.objects.select_for_update().filter(pk=digest_id, fan=fan).first()
    if digest is None or not _is_untried(digest):
        raise UnknownDigest
    digest.due_at = now
    digest.save(update_fields=["due_at"])
    return digest


@required
def drop_digests(*, person: User, now: datetime) -> None:
    """Make no post that waits and is a person's or about their page; keep no words about them, in emails neither."""
    about = dict(queries.digests_about(creator=person).values_list("pk", "fan"))
    waiting = Digest.objects.filter(Q(fan=person) | Q(pk__in=about), state=Digest.State.WAITING)
    waiting.update(state=Digest.State.STOPPED, due_at=None, ended_at=now)
    Digest.objects.filter(pk__in=about).update(text="", links=[])
    Notification.objects.filter(
        recipient__in=set(about.values()),
        kind__in=[Notification.Kind.DIGEST_DRAFTED, Notification.Kind.DIGEST_FAILED],
        context__digest__in=[str(each) for each in about],
    ).delete()


@required
def write_anew(*, fan: User, now: datetime) -> None:
    """Let posts that wait say what everybody may know now; one that is tried already or says nothing is stopped."""
    waiting = Digest.objects.filter(fan=fan, state=Digest.State.WAITING).select_related("connection__owner")
    for digest in waiting.select_for_update(of=("self",)):
        post = queries.composed(connection=digest.connection, period=digest.period)
        if post is not None and post.text == digest.text:
            continue
        if post is None or not _is_untried(digest):
            _end(digest, state=Digest.State.STOPPED, now=now)
            continue
        digest.text, digest.links = post.text, [list(link) for link in post.links]
        digest.save(update_fields=["text", "links"])


def _is_untried(digest: Digest) -> bool:
    return digest.state == Digest.State.WAITING and digest.attempts == 0


def post_digest(*, digest_id: uuid.UUID, network: Network, clock: Clock) -> None:
    """Make a post that is due, unless somebody else is at it; what fails is tried again a few times, then given up.

    The network is asked outside of any transaction. Whatever comes twice is one post: Mastodon knows it by its key
    for an hour, after which nothing that may be there already is tried again, and Bluesky by the key of its record.
    """
    attempt = _claim(digest_id=digest_id, now=clock())
    if attempt is None:
        return
    digest = attempt.digest
    try:
        url = _posted(digest, network=network)
    except (AccessEnded, sealing.Unsealable) as error:
        _lose(digest, error=error, now=clock())
    except NotNow as error:
        _wait(attempt, error=error, now=clock())
    except NotDone as error:
        _give_up(digest, error=str(error), now=clock())
    else:
        _note_posted(digest, url=url, now=clock())


@durable
def _claim(*, digest_id: uuid.UUID, now: datetime) -> _Attempt | None:
    """Return the post if it is due and may be tried, and let nobody else have it until a pause is over.

    From here on it may have been made, until the attempt says otherwise: its worker may die.
    """
    digest = (
        queries.due_digests(now=now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("connection", "fan")
        .filter(pk=digest_id)
        .first()
    )
    if digest is None:
        return None
    connection = digest.connection
    if connection.state != Connection.State.ACTIVE or not connection.posts_digest or not digest.fan.is_active:
        # Whoever ended it or switched it off wants none, and knows.
        _end(digest, state=Digest.State.STOPPED, now=now)
        return None
    is_stale = (
        digest.network == Connection.Network.MASTODON
        and digest.uncertain_since is not None
        and now - digest.uncertain_since > _KEY_LASTS
    )
    if is_stale or digest.attempts > len(PAUSES):
        _fail(digest, error=digest.error or "no answer", now=now)
        return None
    was_certain = digest.uncertain_since is None
    digest.uncertain_since = digest.uncertain_since or now
    digest.due_at = now + PAUSES[min(digest.attempts, len(PAUSES) - 1)]
    digest.attempts += 1
    digest.save(update_fields=["due_at", "attempts", "uncertain_since"])
    return _Attempt(digest=digest, was_certain=was_certain)


def _posted(digest: Digest, *, network: Network) -> str:
    """Ask the network to post; return the address of the post.

    :raises NotDone: if it doesn't.
    """
    connection = digest.connection
    secret = sealing.unseal(connection.sealed_secret)
    # Readers find it at its own time (https://docs.bsky.app/docs/advanced-guides/timestamps), so not at the draft's.
    # It is that of the first attempt that may have made it, so what is tried again is the same post.
    moment = digest.uncertain_since or digest.created_at
    language = digest.fan.language
    if connection.network == Connection.Network.MASTODON:
        return mastodon.post(
            server=connection.server,
            token=secret,
            text=digest.text,
            language=language,
            key=str(digest.pk),
            network=network,
        )
    try:
        session = bluesky.refresh(server=connection.server, token=secret, network=network)
    except NotNow as error:
        # Nothing was asked to be posted yet.
        raise NotNow(str(error), is_uncertain=False, reply=error.reply) from error
    connections.renew_secret(connection=connection, secret=session.refresh)
    return bluesky.post(
        server=connection.server,
        session=session,
        text=digest.text,
        links=[(start, end, url) for start, end, url in digest.links],
        language=language,
        key=bluesky.record_key(moment=digest.created_at, number=digest.pk.int),
        moment=moment,
        network=network,
    )


@durable
def _wait(attempt: _Attempt, *, error: NotNow, now: datetime) -> None:
    """Note that a post is tried again, after what the network wants us to wait if that is longer than our pause."""
    digest = attempt.digest
    if digest.attempts > len(PAUSES):
        _fail(digest, error=str(error), now=now)
        return
    wanted = None if error.reply is None else error.reply.seconds_to_wait(now=now)
    pause = max(PAUSES[digest.attempts - 1], min(timedelta(seconds=wanted or 0), WAITS_MAX))
    if attempt.was_certain and not error.is_uncertain:
        digest.uncertain_since = None
    # It may have been dropped meanwhile.
    Digest.objects.filter(pk=digest.pk, state=Digest.State.WAITING).update(
        due_at=now + pause, error=str(error), uncertain_since=digest.uncertain_since
    )


@durable
def _lose(digest: Digest, *, error: Exception, now: datetime) -> None:
    """End the connection with the post: there is no access any more, and its fan is told once."""
    _end(digest, state=Digest.State.FAILED, error=str(error), now=now)
    connections.lose_connection(connection=digest.connection, now=now)


@durable
def _give_up(digest: Digest, *, error: str, now: datetime) -> None:
    _fail(digest, error=error, now=now)


@durable
def _note_posted(digest: Digest, *, url: str, now: datetime) -> None:
    digest.url = url
    _end(digest, state=Digest.State.POSTED, now=now)


def _fail(digest: Digest, *, error: str, now: datetime) -> None:
    """End a post that couldn't be made, and owe its fan an email about that."""
    _end(digest, state=Digest.State.FAILED, error=error, now=now)
    accounts_operations.notify(
        recipient=digest.fan,
        kind=Notification.Kind.DIGEST_FAILED,
        subject_key=f"{digest.network}:{digest.period}",
        context={
            "network": digest.get_network_display(),
            "digest": str(digest.pk),
            "text": digest.text,
            "is_uncertain": digest.uncertain_since is not None,
        },
        now=now,
    )


def _end(digest: Digest, *, state: Digest.State, now: datetime, error: str = "") -> None:
    digest.state, digest.due_at, digest.ended_at, digest.error = state, None, now, error
    # Its row may be gone meanwhile, with its fan.
    Digest.objects.filter(pk=digest.pk).update(state=state, due_at=None, ended_at=now, error=error, url=digest.url)
