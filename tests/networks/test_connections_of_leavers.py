"""What becomes of connections, monthly posts and introductions of somebody whose account is closed."""

import uuid
from datetime import timedelta

import pytest

from accounts import operations as people
from accounts.models import Connection, Notification, User
from accounts.operations.closings import GRACE
from buttons.models import Digest, Introduction
from buttons.operations import digests
from flattr.outside.network import Network
from flattr.period import Period
from payouts.operations import closings
from payouts.queries import introductions, personal_data
from tests import given
from tests.networks.bluesky import Bluesky
from tests.networks.faults import Fault
from tests.networks.mastodon import Mastodon
from tests.networks.posting import DUE, FIRST, drafted, number_of_posts, work

pytestmark = pytest.mark.django_db


def close(person: User, network: Network, *, times: int = 1) -> None:
    """Go on with the closing of an account that is due when posts about October are drafted, some times."""
    # While a month waits to be settled no account is closed.
    given.settled(Period.at(given.MOMENT), now=FIRST - timedelta(hours=6))
    closings.ask_to_close(user=person, now=FIRST - GRACE)
    for _ in range(times):
        closings.advance_closing(user_id=person.pk, network=network, now=FIRST)
        people.send_notifications(now=FIRST + timedelta(minutes=5))


def access(server: Mastodon | Bluesky) -> set[str]:
    """Return by what we are let in at a server."""
    return server.tokens if isinstance(server, Mastodon) else server.refresh_tokens


def test_access_is_taken_back_there_and_forgotten_here(
    server: Mastodon | Bluesky, fan: User, network: Network
) -> None:
    """As soon as the closing begins: the network lets us in no more, and a draft that waits is never made."""
    drafted()
    assert access(server)
    close(fan, network)

    assert not access(server)
    assert not Connection.objects.exclude(sealed_secret="").exists()
    assert Digest.objects.get().state == Digest.State.STOPPED
    work(network, since=DUE)
    assert number_of_posts(server) == 0


def test_a_network_that_fails_keeps_nobody(server: Mastodon | Bluesky, fan: User, network: Network) -> None:
    """The access is forgotten all the same, and the closing goes on to its end."""
    for path in ("/oauth/revoke", "/xrpc/com.atproto.server.deleteSession"):
        server.faults[path] = [Fault(status=503)] * 10
    close(fan, network, times=3)
    fan.refresh_from_db()

    assert fan.is_gone
    assert access(server)
    assert not Connection.objects.exists()


def test_nothing_of_posts_is_left_in_the_end(server: Mastodon | Bluesky, fan: User, network: Network) -> None:
    """Made or not, they go with the connection; and links that were shared lead back to nobody."""
    del server
    drafted()
    token = fan.share_token
    close(fan, network, times=3)
    fan.refresh_from_db()

    assert fan.is_gone
    assert not Digest.objects.exists()
    assert not Connection.objects.exists()
    assert fan.share_token != token


@pytest.mark.parametrize("posted", [0, 1])
def test_posts_of_others_lose_their_words_about_somebody(
    posted: int, server: Mastodon | Bluesky, fan: User, network: Network
) -> None:
    """A creator leaves: what waits about them isn't made, what is kept names them no more, and no email does."""
    drafted()
    assert "Créatrice 3" in Digest.objects.get().text
    if posted:
        work(network, since=DUE)
    creator = User.objects.get(creator_profile__name="Créatrice 3")
    close(creator, network)
    digest = Digest.objects.get()

    assert digest.state == (Digest.State.POSTED if posted else Digest.State.STOPPED)
    assert (digest.text, digest.links) == ("", [])
    assert not Notification.objects.filter(recipient=fan).exists()
    work(network, since=DUE)
    assert number_of_posts(server) == posted


@pytest.mark.usefixtures("server")
def test_a_post_names_nobody_who_left(fan: User, network: Network) -> None:
    """Who closes their account before the draft is made is left out of it and not counted; others' posts stay."""
    creator = User.objects.get(creator_profile__name="Créatrice 3")
    close(creator, network)
    text = drafted().text

    assert "I supported 6 creators" in text
    assert "Créatrice 3" not in text
    assert "–" not in text
    close(User.objects.get(creator_profile__name="Créatrice 6"), network)
    assert Digest.objects.get().text == text
    assert fan.is_active


@pytest.mark.usefixtures("server")
def test_a_post_that_was_dropped_while_it_was_made_stays_dropped(
    fan: User, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row may be stopped or gone when the network answers: nothing comes back, and the worker doesn't fail."""
    digest = drafted()

    def leaves_meanwhile(*_: object, **__: object) -> str:
        close(fan, network, times=3)
        return "https://social.example/@grace/1"

    monkeypatch.setattr(digests, "_posted", leaves_meanwhile)
    digests.post_digest(digest_id=digest.pk, network=network, clock=lambda: DUE)

    assert not Digest.objects.exists()


def introduced(*, fan: User, creator: User, sharer: User) -> Introduction:
    """Return the introduction of a fan to a creator."""
    return Introduction.objects.create(
        fan=fan,
        creator=creator,
        sharer=sharer,
        button=given.button(creator),
        click_id=uuid.uuid4(),
        introduced_at=given.MOMENT,
    )


def test_introductions_stay_while_they_count_for_somebody(fan: User, network: Network) -> None:
    """A fan who left counts still; a creator who left counts without a link; who counts for nobody is forgotten."""
    given.deposit(fan, amount_cents=500, now=given.MOMENT)
    creator, sharer = given.creator("Ada"), given.user("Sharer")
    introduced(fan=fan, creator=creator, sharer=sharer)
    close(creator, network)
    brought = introductions.brought_by(sharer=sharer)
    assert (brought.supporters, brought.lines) == (1, [])
    close(sharer, network)

    assert not Introduction.objects.exists()


def test_ones_file_has_connections_and_posts_without_secrets(
    server: Mastodon | Bluesky, fan: User, network: Network
) -> None:
    """Not even sealed ones; who shared the link that one came by is their secret, too."""
    del server, network
    drafted()
    sharer = given.user("Sharer")
    introduced(fan=fan, creator=given.creator(), sharer=sharer)
    tables = personal_data.tables_of(user=fan)

    assert len(tables["connections"]) == len(tables["monthly_posts"]) == len(tables["first_clicks_by_links"]) == 1
    assert "sealed_secret" not in tables["connections"][0]
    assert "sharer_id" not in tables["first_clicks_by_links"][0]
    assert personal_data.tables_of(user=sharer)["first_clicks_by_links"] == []
