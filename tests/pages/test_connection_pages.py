"""Connecting Mastodon and Bluesky on the pages, and asking for posts there: each sees and ends their own."""

import re
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Final

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from pytest_django import Settings

from accounts import views
from accounts.models import Connection, MastodonServer, User, Visibility
from buttons import tasks
from buttons.models import Digest
from buttons.operations import digests
from buttons.queries import digests as queries
from flattr import sealing
from flattr.period import Period
from tests import given
from tests.client import StrictClient
from tests.conftest import Rung
from tests.networks.bluesky import PASSWORD, Bluesky
from tests.networks.faults import Fault
from tests.networks.mastodon import TOKEN, Mastodon
from tests.outside.servers import Outside
from tests.pages import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PAGE: Final = "/connections/"


@pytest.fixture
def toots(outside: Outside) -> Mastodon:
    """Return a Mastodon server."""
    return Mastodon(outside, "social.example")


@pytest.fixture
def skies(outside: Outside) -> Bluesky:
    """Return a server of Bluesky's."""
    return Bluesky(outside, "bsky.social")


def to_mastodon(client: StrictClient, typed: str = "social.example") -> str:
    """Name a server; return the page of it to which a link leads."""
    page = client.post(reverse("accounts:connect_mastodon"), {"server": typed})
    (link,) = world.document(page).query("main a.big")
    return str(link.attrs["href"])


def local(url: str) -> str:
    """Return an address of ours as the client asks for it."""
    assert url.startswith(settings.APP_URL)
    return url.removeprefix(settings.APP_URL)


def connected(client: StrictClient, toots: Mastodon) -> Connection:
    """Connect a Mastodon account on the pages."""
    back = client.get(local(toots.allowed(to_mastodon(client))), follow=True)
    assert world.messages(back) == ["Connected. Nothing is posted unless you ask for it."]
    return Connection.objects.get(network="mastodon", state="active")


def bluesky_form(**changes: str) -> dict[str, str]:
    """Return the form of somebody with an app password."""
    return {"identifier": "@grace.bsky.social", "password": PASSWORD, "server": "bsky.social", **changes}


@pytest.mark.parametrize("typed", ["social.example", "@grace@Social.Example", "https://social.example/@grace"])
def test_a_mastodon_account_is_connected(typed: str, fan: User, toots: Mastodon, client: StrictClient) -> None:
    """However the server is named; the page shows who is connected, and the database no token."""
    back = toots.allowed(to_mastodon(client, typed))
    page = client.get(local(back), follow=True)
    connection = Connection.objects.get()
    (token,) = toots.tokens

    assert page.redirect_chain == [(PAGE, 302)]
    assert "@grace@social.example" in world.text(page)
    assert (connection.owner, connection.posts_digest) == (fan, False)
    assert token not in connection.sealed_secret
    assert sealing.unseal(connection.sealed_secret) == token
    assert "secret" not in MastodonServer.objects.get().sealed_secret
    (app,) = toots.apps.values()
    assert (app["client_name"], app["website"]) == ("Flattr", settings.APP_URL)


def test_who_connects_again_has_one_connection(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """It takes the place of the one before, whose secret is forgotten, and goes on posting where that one did."""
    before = connected(client, toots)
    Connection.objects.filter(pk=before.pk).update(posts_digest=True)
    after = connected(client, toots)
    before.refresh_from_db()

    assert (before.state, before.sealed_secret, before.posts_digest) == ("ended", "", False)
    assert (after.pk != before.pk, after.owner, after.posts_digest) == (True, fan, True)


def test_a_server_knows_us_once(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """Whoever connects, and however often."""
    connected(client, toots)
    client.force_login(given.user("Henry"))
    client.get(local(toots.allowed(to_mastodon(client))))

    assert len(toots.apps) == 1
    assert Connection.objects.count() == 2
    assert fan.connections.count() == 1


def test_nobody_is_connected_by_a_link_of_somebody_else(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """The way back counts once, in the session that was sent there, with what that one was given."""
    back = local(toots.allowed(to_mastodon(client)))
    for path in (back.replace("state=", "state=x"), back, reverse("accounts:mastodon_back", args=[toots.host])):
        refused = client.get(path, follow=True)
        assert world.messages(refused) == ["That took too long, or came from elsewhere. Please try again."]
    other = local(toots.allowed(to_mastodon(client)))
    client.force_login(given.user("Mallory"))
    client.get(other)

    assert not fan.connections.exists()


def test_no_server_gets_what_another_one_gives(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """One that leads somebody on to another's page, by what its own friend was given for that, gets no code."""
    evil = Mastodon(toots.outside, "evil.example")
    mallory = StrictClient()
    mallory.force_login(given.user("Mallory"))
    lure, of_mallory = to_mastodon(client, evil.host), to_mastodon(mallory)
    state, own = (re.search(r"state=([^&]*)", each) for each in (lure, of_mallory))
    assert state is not None
    assert own is not None
    back = toots.allowed(of_mallory.replace(own[1], state[1]))
    refused = client.get(local(back), follow=True)

    assert world.messages(refused) == ["That took too long, or came from elsewhere. Please try again."]
    assert not fan.connections.exists()
    assert evil.asked == {"/api/v1/apps": 1}


def test_who_says_no_there_is_not_connected(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """The server leads back without a code."""
    back = local(toots.allowed(to_mastodon(client)))
    state = back.partition("state=")[2]
    path = reverse("accounts:mastodon_back", args=[toots.host])
    refused = client.get(path, {"error": "access_denied", "state": state}, follow=True)

    assert world.messages(refused) == ["Nothing was connected: social.example says that you don’t want it."]
    assert not fan.connections.exists()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(),
        Fault(status=400, content={"error": "invalid_grant"}),
        Fault(status=200, content={}),
        Fault(status=200, content={"client_id": "x" * 501, "client_secret": "y"}),
    ],
    ids=["broken", "silent", "refused", "nonsense", "endless"],
)
@pytest.mark.parametrize("door", ["/api/v1/apps", TOKEN, "/api/v1/accounts/verify_credentials"])
def test_a_server_that_fails_is_told_in_words(
    door: str, fault: Fault, fan: User, toots: Mastodon, client: StrictClient
) -> None:
    """At each step; nothing is kept of it, and the next try works."""
    toots.faults[door] = [fault]
    page = client.post(reverse("accounts:connect_mastodon"), {"server": "social.example"}, follow=True)
    if door != "/api/v1/apps":
        (link,) = world.document(page).query("main a.big")
        page = client.get(local(toots.allowed(link.attrs["href"])), follow=True)

    assert world.messages(page) == ["social.example didn’t do it. Please try again later."]
    assert not fan.connections.exists()
    connected(client, toots)


@pytest.mark.parametrize("typed", ["", "com", "127.0.0.1", "localhost", "a b", "x" * 301])
def test_what_is_no_server_is_not_asked(typed: str, fan: User, outside: Outside, client: StrictClient) -> None:
    """Nor one at an address of ours."""
    del fan
    for path, form in {
        reverse("accounts:connect_mastodon"): {"server": typed},
        reverse("accounts:connect_bluesky"): bluesky_form(server=typed),
    }.items():
        refused = client.post(path, form, follow=True)
        assert world.document(refused).query(".message.error")
    outside.records["inside.example", "A"] = ["10.0.0.1"]
    inside = client.post(reverse("accounts:connect_mastodon"), {"server": "inside.example"}, follow=True)

    assert world.messages(inside) == ["inside.example didn’t do it. Please try again later."]
    assert outside.connections == 0


def test_a_bluesky_account_is_connected(fan: User, skies: Bluesky, client: StrictClient) -> None:
    """By an app password that is kept nowhere."""
    page = client.post(reverse("accounts:connect_bluesky"), bluesky_form(), follow=True)
    connection = Connection.objects.get()

    assert "@grace.bsky.social" in world.text(page)
    assert connection.owner == fan
    assert sealing.unseal(connection.sealed_secret) in skies.refresh_tokens
    assert PASSWORD not in connection.sealed_secret + page.content.decode()


def test_a_wrong_app_password_is_told(fan: User, skies: Bluesky, client: StrictClient) -> None:
    """In words, and nothing is kept."""
    del skies
    page = client.post(reverse("accounts:connect_bluesky"), bluesky_form(password="wrong"), follow=True)

    assert world.messages(page) == ["That name and app password don’t fit together."]
    assert not fan.connections.exists()


def test_other_peoples_servers_arent_asked_all_the_time(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """Ten times an hour, whoever asks; then not any more."""
    cache.set(f"connects:{fan.pk}", 9)
    to_mastodon(client)
    refused = client.post(reverse("accounts:connect_mastodon"), {"server": "social.example"}, follow=True)

    assert world.messages(refused) == ["That is enough for now. Please try again in an hour."]
    assert len(toots.apps) == 1


def test_slow_servers_of_others_keep_few_threads(
    fan: User, toots: Mastodon, skies: Bluesky, client: StrictClient, settings: Settings
) -> None:
    """While two of eight wait, the next one is asked to come again, and nothing is lost by that."""
    back = local(toots.allowed(to_mastodon(client)))
    asked = toots.outside.connections
    with ExitStack() as waiting:
        for _ in range(settings.WEB_THREADS // 4):
            waiting.enter_context(views._asking)
        refused = [
            client.post(reverse("accounts:connect_mastodon"), {"server": toots.host}, follow=True),
            client.post(reverse("accounts:connect_bluesky"), bluesky_form(), follow=True),
            client.get(back, follow=True),
        ]
    told = "Others are being connected just now. Please try again in a minute."

    assert [world.messages(each) for each in refused] == [[told]] * 3
    assert toots.outside.connections == asked
    assert world.messages(client.get(back, follow=True)) == ["Connected. Nothing is posted unless you ask for it."]
    client.post(reverse("accounts:connect_bluesky"), bluesky_form(server=skies.host))
    assert fan.connections.count() == 2


def test_a_preview_shows_what_would_be_posted(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """Before anything is asked for, about the month as it is."""
    connection = connected(client, toots)
    empty = client.get(PAGE)
    given.click(fan, given.button(given.creator("Cleo")), now=world.NOW)
    User.objects.filter(pk=fan.pk).update(visibility=Visibility.PUBLIC)
    page = client.get(PAGE)

    assert "there would be nothing to say" in world.text(empty)
    assert "In November 2026 I supported 1 creator on Flattr:" in world.text(page)
    assert "Cleo: http" in world.text(page)
    assert "We post nothing here." in world.text(page)
    client.post(reverse("buttons:set_digest", args=[connection.pk]), {"wanted": "1"})
    assert "We post here once a month." in world.text(client.get(PAGE))
    client.post(reverse("buttons:set_digest", args=[connection.pk]), {"wanted": "0"})
    assert "We post nothing here." in world.text(client.get(PAGE))


def test_a_connection_is_ended(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """Here and there, and once."""
    path = reverse("accounts:end_connection", args=[connected(client, toots).pk])
    ended = client.post(path, follow=True)
    connection = fan.connections.get()

    assert world.messages(ended) == ["Disconnected."]
    assert (connection.state, connection.sealed_secret) == ("ended", "")
    assert toots.tokens == set()
    assert client.post(path).status_code == 404


@pytest.mark.parametrize("fault", [Fault(status=503), Fault()])
def test_a_connection_is_forgotten_whatever_the_server_says(
    fault: Fault, fan: User, toots: Mastodon, client: StrictClient
) -> None:
    """It is told that the server took no note."""
    toots.faults["/oauth/revoke"] = [fault]
    ended = client.post(reverse("accounts:end_connection", args=[connected(client, toots).pk]), follow=True)

    assert "The server took no note" in world.messages(ended)[0]
    assert fan.connections.get().sealed_secret == ""


def test_a_bluesky_session_is_ended_there(fan: User, skies: Bluesky, client: StrictClient) -> None:
    """And forgotten here."""
    client.post(reverse("accounts:connect_bluesky"), bluesky_form())
    client.post(reverse("accounts:end_connection", args=[fan.connections.get().pk]))

    assert skies.refresh_tokens == set()
    assert fan.connections.get().sealed_secret == ""


def drafted(fan: User, connection: Connection) -> Digest:
    """Return a post that waits."""
    Connection.objects.filter(pk=connection.pk).update(posts_digest=True)
    User.objects.filter(pk=fan.pk).update(visibility=Visibility.PUBLIC)
    given.click(fan, given.button(), now=Period.at(world.NOW).previous.start)
    digests.draft_digests(now=Period.at(world.NOW).start)
    Digest.objects.update(due_at=world.NOW + timedelta(days=1))
    return Digest.objects.get()


def test_a_fan_reads_and_decides(fan: User, toots: Mastodon, client: StrictClient, rung: Rung) -> None:
    """The page shows the post that waits, which is stopped, or made at once by a worker who is rung for."""
    digest = drafted(fan, connected(client, toots))
    page = client.get(PAGE)
    now = client.post(reverse("buttons:decide_digest", args=[digest.pk]), {"choice": "now"}, follow=True)
    stopped = client.post(reverse("buttons:decide_digest", args=[digest.pk]), {"choice": "stop"}, follow=True)
    late = client.post(reverse("buttons:decide_digest", args=[digest.pk]), {"choice": "now"}, follow=True)

    assert "I supported 1 creator on Flattr" in world.text(page)
    assert world.messages(now) == ["It is being posted."]
    assert rung == [("post_digest", (str(digest.pk),))]
    assert world.messages(stopped) == ["It won’t be posted."]
    assert world.messages(late) == ["This post doesn’t wait any more."]


def test_posts_that_wait_dont_fill_the_queue(
    fan: User, toots: Mastodon, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a month's are due in one minute, and are rung for each minute until they are made: some at a time."""
    first = drafted(fan, connected(client, toots))
    later = [Period.at(world.NOW).previous.previous, Period.at(world.NOW)]
    Digest.objects.bulk_create(
        Digest(
            connection=first.connection,
            fan=fan,
            network="mastodon",
            period=each,
            created_at=world.NOW,
            due_at=world.NOW,
        )
        for each in later
    )
    Digest.objects.filter(pk=first.pk).update(due_at=world.NOW - timedelta(minutes=1))
    asked: list[str] = []
    monkeypatch.setattr(queries, "DUE_AT_ONCE_MAX", 2)
    monkeypatch.setattr(tasks.post_digest, "delay", asked.append)
    tasks.post_digests()

    assert len(asked) == 2
    assert asked[0] == str(first.pk)


def test_what_became_of_posts_is_shown(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """A link to the post, or why there is none."""
    digest = drafted(fan, connected(client, toots))
    ended: dict[str, Any] = {"due_at": None, "ended_at": world.NOW}
    Digest.objects.update(state="posted", url="https://social.example/@grace/1", **ended)
    assert 'href="https://social.example/@grace/1"' in client.get(PAGE).content.decode()
    Digest.objects.update(state="failed", url="", uncertain_since=world.NOW)
    assert "we don’t know whether it is there" in world.text(client.get(PAGE))
    Digest.objects.update(uncertain_since=None)
    assert "The server didn’t take it." in world.text(client.get(PAGE))
    Digest.objects.update(state="waiting", due_at=world.NOW, ended_at=None, attempts=1, error="503")
    page = client.get(PAGE)

    assert "we try again by ourselves" in world.text(page)
    assert str(digest.pk) not in page.content.decode()


def test_connections_and_posts_are_their_fans_alone(fan: User, toots: Mastodon, client: StrictClient) -> None:
    """Others don't find them, and change nothing."""
    connection = connected(client, toots)
    digest = drafted(fan, connection)
    connection.refresh_from_db()
    client.force_login(given.user("Mallory"))
    for name, thing in {
        "accounts:end_connection": connection.pk,
        "buttons:set_digest": connection.pk,
    }.items():
        assert client.post(reverse(name, args=[thing]), {"wanted": "0"}).status_code == 404
    refused = client.post(reverse("buttons:decide_digest", args=[digest.pk]), {"choice": "stop"}, follow=True)

    assert world.messages(refused) == ["This post doesn’t wait any more."]
    assert "social.example" not in world.text(client.get(PAGE))
    assert world.is_unchanged(connection)
    assert world.is_unchanged(digest)
