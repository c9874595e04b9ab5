"""Fixtures of the tests of monthly posts."""

from datetime import timedelta

import pytest

from accounts.models import Connection, CreatorProfile, User
from accounts.operations import connections
from flattr.outside import mastodon
from flattr.outside.network import Network
from tests import given
from tests.networks.bluesky import PASSWORD, Bluesky
from tests.networks.mastodon import Mastodon
from tests.networks.posting import BACK
from tests.outside.servers import Outside


@pytest.fixture
def network(outside: Outside) -> Network:
    """Return the way to the internet of the test."""
    return outside.network()


@pytest.fixture
def fan() -> User:
    """Return a fan who clicked seven creators in October, one of them twice."""
    person = given.user("Grace", visibility="public")
    for number in range(7):
        creator = given.creator()
        CreatorProfile.objects.filter(user=creator).update(name=f"Créatrice {number}")
        clicked, moment = given.button(creator), given.MOMENT + timedelta(seconds=number)
        given.click(person, clicked, now=moment, times=2 if number == 3 else 1)
    return person


@pytest.fixture
def toots(outside: Outside) -> Mastodon:
    """Return a Mastodon server."""
    return Mastodon(outside, "social.example")


@pytest.fixture
def skies(outside: Outside) -> Bluesky:
    """Return a server of Bluesky's."""
    return Bluesky(outside, "bsky.social")


@pytest.fixture
def on_mastodon(fan: User, toots: Mastodon, network: Network) -> Connection:
    """Return the fan's connection, where they want a post once a month."""
    app = connections.mastodon_app(
        server=toots.host, website="https://flattr.example", redirect_uri=BACK, network=network, now=given.MOMENT
    )
    verifier, state = mastodon.new_secret(), mastodon.new_secret()
    back = toots.allowed(mastodon.authorize_url(app=app, redirect_uri=BACK, state=state, verifier=verifier))
    made = connections.connect_mastodon(
        owner=fan,
        app=app,
        code=back.partition("code=")[2].partition("&")[0],
        verifier=verifier,
        redirect_uri=BACK,
        network=network,
        now=given.MOMENT,
    )
    return connections.set_digest(owner=fan, connection_id=made.pk, wanted=True)


@pytest.fixture
def on_bluesky(fan: User, skies: Bluesky, network: Network) -> Connection:
    """Return the fan's connection, where they want a post once a month."""
    made = connections.connect_bluesky(
        owner=fan,
        server=skies.host,
        identifier="grace.bsky.social",
        password=PASSWORD,
        network=network,
        now=given.MOMENT,
    )
    return connections.set_digest(owner=fan, connection_id=made.pk, wanted=True)


@pytest.fixture(params=["mastodon", "bluesky"])
def server(request: pytest.FixtureRequest) -> Mastodon | Bluesky:
    """Return either server, with the fan's connection to it."""
    request.getfixturevalue(f"on_{request.param}")
    found: Mastodon | Bluesky = request.getfixturevalue({"mastodon": "toots", "bluesky": "skies"}[request.param])
    return found
