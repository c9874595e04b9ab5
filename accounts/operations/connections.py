"""Writes about people's accounts elsewhere, where we may post for them.

A network is never asked inside a database transaction.
"""

import logging
from datetime import datetime

from accounts import queries
from accounts.models import Connection, MastodonServer, Notification, User
from accounts.operations import notify
from flattr import sealing
from flattr.outside import bluesky, mastodon
from flattr.outside.network import Network
from flattr.outside.social import NotDone
from flattr.transactions import durable, required

logger = logging.getLogger(__name__)


class UnknownConnection(LookupError):
    """The person has no such connection, or not any more."""


def mastodon_app(*, server: str, website: str, redirect_uri: str, network: Network, now: datetime) -> mastodon.App:
    """Return what a Mastodon server knows us as; the first time, make ourselves known there.

    :raises NotDone: if the server doesn't let us.
    """
    known = MastodonServer.objects.filter(host=server).first()
    if known is None:
        app = mastodon.register(
            server=server, name="Flattr", website=website, redirect_uri=redirect_uri, network=network
        )
        # Where two are first at once, the server knows us twice, and either will do.
        known, _ = MastodonServer.objects.get_or_create(
            host=server,
            defaults={
                "client_id": app.client_id,
                "sealed_secret": sealing.seal(app.client_secret),
                "created_at": now,
            },
        )
    return _app_of(known)


def connect_mastodon(
    *, owner: User, app: mastodon.App, code: str, verifier: str, redirect_uri: str, network: Network, now: datetime
) -> Connection:
    """Connect the account of a person who came back from their server with a code.

    :raises NotDone: if the server doesn't take the code.
    """
    token = mastodon.redeem(app=app, code=code, verifier=verifier, redirect_uri=redirect_uri, network=network)
    name = mastodon.account_name(server=app.server, token=token, network=network)
    return _connect(
        owner=owner, network=Connection.Network.MASTODON, server=app.server, name=name, secret=token, now=now
    )


def connect_bluesky(
    *, owner: User, server: str, identifier: str, password: str, network: Network, now: datetime
) -> Connection:
    """Connect an account by its name and an app password, which isn't kept.

    :raises NotDone: if the server doesn't let us in.
    """
    session = bluesky.log_in(server=server, identifier=identifier, password=password, network=network)
    return _connect(
        owner=owner,
        network=Connection.Network.BLUESKY,
        server=server,
        name=f"@{session.handle}",
        secret=session.refresh,
        now=now,
    )


@durable
def _connect(
    *, owner: User, network: Connection.Network, server: str, name: str, secret: str, now: datetime
) -> Connection:
    """Keep the connection, in place of the one that the person had to that network, with what they wanted of it."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    before = Connection.objects.filter(owner=owner, network=network, state=Connection.State.ACTIVE).first()
    is_same = before is not None and (before.server, before.name) == (server, name)
    posts_digest = is_same and before is not None and before.posts_digest
    if before is not None:
        _end(before, state=Connection.State.ENDED, now=now)
    return Connection.objects.create(
        owner=owner,
        network=network,
        server=server,
        name=name,
        sealed_secret=sealing.seal(secret),
        posts_digest=posts_digest,
        connected_at=now,
    )


@durable
def set_digest(*, owner: User, connection_id: int, wanted: bool) -> Connection:
    """Post once a month for the person there, or don't; nobody does unless they said so.

    :raises UnknownConnection: if the person has no such connection.
    """
    connection = queries.active_connection(owner=owner, connection_id=connection_id, is_locked=True)
    if connection is None:
        raise UnknownConnection
    connection.posts_digest = wanted
    connection.save(update_fields=["posts_digest"])
    return connection


def end_connection(*, owner: User, connection_id: int, network: Network, now: datetime) -> bool:
    """Forget the person's access, and tell the network so; return whether it took note.

    It is forgotten first: whatever the network says, nothing can be posted any more.

    :raises UnknownConnection: if the person has no such connection.
    """
    connection = _forget(owner=owner, connection_id=connection_id, now=now)
    try:
        _revoke(connection, network=network)
    except (NotDone, sealing.Unsealable, MastodonServer.DoesNotExist):
        logger.info("%s could not be revoked there", connection.pk, exc_info=True)
        return False
    return True


@durable
def _forget(*, owner: User, connection_id: int, now: datetime) -> Connection:
    """End the connection; what is returned still has its secret."""
    connection = queries.active_connection(owner=owner, connection_id=connection_id, is_locked=True)
    if connection is None:
        raise UnknownConnection
    _end(connection, state=Connection.State.ENDED, now=now)
    return connection


def _revoke(connection: Connection, *, network: Network) -> None:
    secret = sealing.unseal(connection.sealed_secret)
    if connection.network == Connection.Network.BLUESKY:
        bluesky.log_out(server=connection.server, token=secret, network=network)
    else:
        app = _app_of(MastodonServer.objects.get(host=connection.server))
        mastodon.revoke(app=app, token=secret, network=network)


@durable
def renew_secret(*, connection: Connection, secret: str) -> None:
    """Keep what goes on with a session from now on, unless the connection has ended meanwhile."""
    Connection.objects.filter(pk=connection.pk, state=Connection.State.ACTIVE).update(
        sealed_secret=sealing.seal(secret)
    )


@required
def lose_connection(*, connection: Connection, now: datetime) -> None:
    """End a connection that the network doesn't know any more, and owe its owner an email about that."""
    locked = queries.active_connection(owner=connection.owner, connection_id=connection.pk, is_locked=True)
    if locked is None:
        return
    _end(locked, state=Connection.State.LOST, now=now)
    notify(
        recipient=connection.owner,
        kind=Notification.Kind.CONNECTION_LOST,
        subject_key=str(connection.pk),
        context={"account": connection.name, "network": connection.get_network_display()},
        now=now,
    )


def _end(connection: Connection, *, state: Connection.State, now: datetime) -> None:
    """Write that a connection has ended, and leave the object that was read as it was."""
    Connection.objects.filter(pk=connection.pk).update(
        state=state, ended_at=now, sealed_secret="", posts_digest=False
    )


def _app_of(known: MastodonServer) -> mastodon.App:
    return mastodon.App(
        server=known.host, client_id=known.client_id, client_secret=sealing.unseal(known.sealed_secret)
    )
