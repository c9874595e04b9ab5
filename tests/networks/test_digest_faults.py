"""Monthly posts where networks fail: made once, tried again, given up and told, whatever those answer."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from pytest_django import Settings

from accounts.models import Connection, Notification, User
from accounts.operations import connections
from buttons.models import Digest
from buttons.operations import digests
from flattr.outside import bluesky, calls
from flattr.outside.network import Network
from flattr.transactions import durable
from tests.networks.bluesky import REFRESH, Bluesky
from tests.networks.faults import Fault
from tests.networks.mastodon import STATUSES, Mastodon
from tests.networks.posting import DUE, clock, door_of, drafted, number_of_posts, told, work

pytestmark = pytest.mark.django_db

BUSY: Final = Fault(status=429, content={"error": "Too many requests"}, headers={"Retry-After": "7200"})
BROKEN: Final = Fault(status=503, content={"error": "broken"})
SILENT: Final = Fault(is_done=True)
"""The server does what it is asked, and hangs up."""


def test_an_answer_that_is_lost_makes_no_second_post(server: Mastodon | Bluesky, network: Network) -> None:
    """The server has posted and hangs up: asked again, it posts nothing more, and the fan is told of no failure."""
    server.faults[door_of(server)] = [SILENT, SILENT]
    drafted()

    assert work(network).state == Digest.State.POSTED
    assert len(server.attempts) == 3
    assert len(set(server.attempts)) == number_of_posts(server) == 1
    assert told() == []


def test_an_answer_that_comes_too_late_makes_no_second_post(
    server: Mastodon | Bluesky, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same where the server posts and is slower than we wait."""
    monkeypatch.setattr(calls, "SECONDS_MAX", 2.0)
    server.faults[door_of(server)] = [Fault(status=200, is_done=True, seconds=3)]
    drafted()

    assert work(network).state == Digest.State.POSTED
    assert number_of_posts(server) == 1


def test_a_worker_that_dies_makes_no_second_post(
    server: Mastodon | Bluesky, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the server has posted, before that is written down."""
    drafted()
    with monkeypatch.context() as patch:
        patch.setattr(digests, "_note_posted", interrupted)
        with pytest.raises(KeyboardInterrupt):
            work(network, hours=0)
    assert number_of_posts(server) == 1

    assert work(network, since=DUE + timedelta(minutes=1)).state == Digest.State.POSTED
    assert number_of_posts(server) == 1


def interrupted(*_: object, **__: object) -> None:
    """Stand for a signal."""
    raise KeyboardInterrupt


def test_a_broken_server_is_tried_again_and_given_up(server: Mastodon | Bluesky, network: Network) -> None:
    """Five times within an hour; then the fan is told once, with the doubt."""
    server.faults[door_of(server)] = [BROKEN] * 9
    drafted()
    digest = work(network)

    assert (digest.state, digest.attempts) == (Digest.State.FAILED, 5)
    assert len(server.faults[door_of(server)]) == 4
    assert told() == [Notification.Kind.DIGEST_FAILED]
    assert Notification.objects.get(kind=Notification.Kind.DIGEST_FAILED).context["is_uncertain"]
    work(network)
    assert len(server.faults[door_of(server)]) == 4


def test_a_server_that_recovers_gets_the_post(server: Mastodon | Bluesky, network: Network) -> None:
    """After two failures."""
    server.faults[door_of(server)] = [BROKEN, Fault()]
    drafted()

    assert work(network).state == Digest.State.POSTED
    assert number_of_posts(server) == 1


def test_a_busy_server_is_left_alone_as_long_as_it_wants(server: Mastodon | Bluesky, network: Network) -> None:
    """By `Retry-After`, which is longer than our pauses; it has surely not posted."""
    server.faults[door_of(server)] = [BUSY]
    drafted()
    waiting = work(network, hours=1.9)
    assert (waiting.state, waiting.attempts, waiting.uncertain_since) == (Digest.State.WAITING, 1, None)

    assert work(network, since=DUE + timedelta(hours=2)).state == Digest.State.POSTED
    assert number_of_posts(server) == 1


def test_what_may_be_posted_is_not_tried_when_the_key_is_forgotten(
    on_mastodon: Connection, toots: Mastodon, network: Network
) -> None:
    """Mastodon forgets keys after an hour: a post that may be there isn't made again, and its fan is told to look."""
    del on_mastodon
    toots.faults[STATUSES] = [SILENT, BUSY]
    drafted()
    digest = work(network, hours=5)

    assert digest.state == Digest.State.FAILED
    assert digest.uncertain_since == DUE
    assert len(toots.attempts) == 1
    assert told() == [Notification.Kind.DIGEST_FAILED]


def test_access_that_was_taken_back_ends_the_connection(
    fan: User, server: Mastodon | Bluesky, network: Network
) -> None:
    """It is told once, nothing is tried again, and the secret is forgotten."""
    if isinstance(server, Mastodon):
        server.tokens.clear()
    else:
        server.refresh_tokens.clear()
    drafted()
    digest = work(network)
    connection = Connection.objects.get()

    assert (digest.state, digest.attempts) == (Digest.State.FAILED, 1)
    assert (connection.state, connection.sealed_secret, connection.posts_digest) == ("lost", "", False)
    assert told() == [Notification.Kind.CONNECTION_LOST]
    assert digests.draft_digests(now=datetime(2026, 12, 1, tzinfo=UTC)) == 0
    assert fan.connections.count() == 1


def test_who_has_ended_a_connection_isnt_told_that_it_is_lost(
    fan: User, on_mastodon: Connection, network: Network
) -> None:
    """The network may refuse us because of that very end."""
    connections.end_connection(owner=fan, connection_id=on_mastodon.pk, network=network, now=DUE)
    durable(connections.lose_connection)(connection=on_mastodon, now=DUE)
    on_mastodon.refresh_from_db()

    assert on_mastodon.state == Connection.State.ENDED
    assert told() == []


def test_a_post_that_the_server_refuses_is_given_up_at_once(server: Mastodon | Bluesky, network: Network) -> None:
    """It would refuse it each time; the connection stays."""
    server.faults[door_of(server)] = [Fault(status=422, content={"error": "Validation failed"})]
    drafted()
    digest = work(network)

    assert (digest.state, digest.attempts, digest.error) == (Digest.State.FAILED, 1, "422 Validation failed")
    assert told() == [Notification.Kind.DIGEST_FAILED]
    assert Connection.objects.get().state == Connection.State.ACTIVE


def test_a_session_that_cant_go_on_yet_has_posted_nothing(
    on_bluesky: Connection, skies: Bluesky, network: Network
) -> None:
    """Where Bluesky fails before it is asked to post, there is no doubt."""
    del on_bluesky
    skies.faults[REFRESH] = [BROKEN, Fault()]
    digest = drafted()
    digests.post_digest(digest_id=digest.pk, network=network, clock=clock(DUE))
    digest.refresh_from_db()
    assert digest.uncertain_since is None

    assert work(network, since=DUE + timedelta(minutes=1)).state == Digest.State.POSTED


def test_a_key_that_is_lost_loses_the_connection(
    server: Mastodon | Bluesky, network: Network, settings: Settings
) -> None:
    """Without the key that sealed the secret there is no access; the fan connects anew."""
    drafted()
    settings.SECRET_KEY = "another-key-of-more-than-fifty-characters-0123456789-0"

    assert work(network).state == Digest.State.FAILED
    assert told() == [Notification.Kind.CONNECTION_LOST]
    assert number_of_posts(server) == 0


def test_two_workers_make_one_post(server: Mastodon | Bluesky, network: Network) -> None:
    """The second finds nothing due while the first is at it."""
    digest = drafted()
    first = digests._claim(digest_id=digest.pk, now=DUE)
    digests.post_digest(digest_id=digest.pk, network=network, clock=clock(DUE))

    assert first is not None
    assert number_of_posts(server) == 0


def test_an_unknown_post_is_not_made(network: Network) -> None:
    """A message of a queue may be about anything."""
    digests.post_digest(digest_id=uuid.uuid4(), network=network, clock=clock(DUE))


@pytest.mark.parametrize("microseconds", [0, 1, 999_999])
def test_keys_of_records_are_in_order_and_well_made(microseconds: int) -> None:
    """Thirteen letters that sort as the moments do (https://atproto.com/specs/tid)."""
    moment = DUE.replace(microsecond=microseconds)
    keys = [
        bluesky.record_key(moment=moment, number=1),
        bluesky.record_key(moment=moment, number=2),
        bluesky.record_key(moment=moment + timedelta(seconds=1), number=0),
    ]

    assert keys == sorted(keys)
    assert len({*keys}) == 3
    assert all(len(key) == 13 for key in keys)
    assert bluesky.record_key(moment=moment, number=1025) == keys[0]
