"""Monthly posts: drafted, read and made on servers that speak the networks' APIs, and never unasked."""

import re
from datetime import timedelta
from typing import Final

import pytest
from pytest_django import Settings

from accounts.models import Connection, CreatorProfile, Notification, User
from accounts.operations import connections
from buttons import sharing
from buttons.models import Digest
from buttons.operations import digests
from buttons.queries import digests as queries
from flattr import sealing
from flattr.outside.network import Network
from flattr.period import Period
from tests import given
from tests.networks.bluesky import Bluesky
from tests.networks.mastodon import Mastodon
from tests.networks.posting import DUE, FIRST, drafted, number_of_posts, told, work

pytestmark = pytest.mark.django_db

OCTOBER: Final = Period(2026, 10)


def test_a_post_arrives_on_mastodon(
    fan: User, on_mastodon: Connection, toots: Mastodon, network: Network, settings: Settings
) -> None:
    """Three days after the draft, public, naming those whom the fan clicked most, with links that are the fan's."""
    drafted()
    assert number_of_posts(toots) == 0
    digest = work(network)
    ((key, post),) = toots.posts.items()
    top = on_mastodon.owner.clicks.filter(button__creator__creator_profile__name="Créatrice 3")[0].creator
    page = f"{settings.APP_URL}/@{top.creator_profile.slug}/"

    assert (post["visibility"], post["language"]) == ("public", "en")
    begins = "In October 2026 I supported 7 creators on Flattr:\n\nCréatrice 3: "
    assert post["status"].startswith(f"{begins}{sharing.with_token(page, fan.share_token)}\n")
    assert post["status"].endswith("\nand 2 others")
    assert sum(23 if word.startswith("http") else len(word) + 1 for word in post["status"].split()) < 500
    assert (digest.state, digest.url) == (Digest.State.POSTED, f"https://social.example/@grace/{key}")
    assert told() == []


def test_a_post_arrives_on_bluesky(
    fan: User, on_bluesky: Connection, skies: Bluesky, network: Network, settings: Settings
) -> None:
    """Its names are links, whose places are counted in bytes; the session goes on with a new token."""
    before = sealing.unseal(on_bluesky.sealed_secret)
    drafted()
    digest = work(network)
    ((key, record),) = skies.records.items()
    on_bluesky.refresh_from_db()

    assert record["text"].startswith("In October 2026 I supported 7 creators on Flattr:\n\nCréatrice 3\n")
    assert record["langs"] == ["en"]
    # Else it would stand three days back among all that its readers have read.
    assert record["createdAt"] == DUE.isoformat().replace("+00:00", "Z")
    assert "http" not in record["text"]
    links = skies.links(key)
    assert [name[:9] for name in links] == ["Créatrice"] * 5
    assert all(url.startswith(settings.APP_URL) and str(fan.share_token) in url for url in links.values())
    assert digest.state == Digest.State.POSTED
    assert digest.url == f"https://bsky.app/profile/did:plc:grace/post/{key}"
    assert sealing.unseal(on_bluesky.sealed_secret) not in {before, ""}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", ["X" * 200, "日本語" * 60, "👩🏽\u200d👧🏽\u200d👦" * 25, "Jean-Noël de l’Été " * 9])
def test_the_longest_names_fit(name: str, language: str, on_mastodon: Connection, on_bluesky: Connection) -> None:
    """In the language of the fan: 300 characters on Bluesky; 500 on Mastodon, where a link counts for 23."""
    fan = on_mastodon.owner
    fan.language = language
    for click in fan.clicks.select_related("creator__creator_profile"):
        click.creator.creator_profile.name = name
        click.creator.creator_profile.save()
    on_mastodon.owner = on_bluesky.owner = fan
    toot, post = (queries.composed(connection=each, period=OCTOBER) for each in (on_mastodon, on_bluesky))

    assert toot is not None
    assert post is not None
    assert len(post.text) <= 300
    assert len(toot.text) - sum(len(word) - 23 for word in toot.text.split() if word.startswith("http")) <= 500
    assert len(post.links) == toot.text.count("http") == 5


@pytest.mark.parametrize("name", ["@ada@social.example", "#sale", "https://evil.example/", "@" * 200])
def test_no_creators_name_calls_anybody(name: str, on_mastodon: Connection) -> None:
    """Nor leads to a topic or an address of theirs: networks would take that for the fan's own."""
    CreatorProfile.objects.update(name=name)
    toot = queries.composed(connection=on_mastodon, period=OCTOBER)

    assert toot is not None
    assert len(toot.text) < 500 + sum(len(word) - 23 for word in toot.text.split() if word.startswith("http"))
    names = [line.rpartition(": http")[0] for line in toot.text.splitlines()[2:7]]
    assert not any(re.search(r"[@#]\w|://", each) for each in names)
    assert all(each.replace("\u2060", "").rstrip("…") in name for each in names)


def test_nothing_is_drafted_unasked(fan: User, on_mastodon: Connection, on_bluesky: Connection) -> None:
    """Not before the fan asks for it, not after they stop, and not where access has ended."""
    for connection in (on_mastodon, on_bluesky):
        connections.set_digest(owner=fan, connection_id=connection.pk, wanted=False)
    assert digests.draft_digests(now=FIRST) == 0
    assert not Connection(owner=fan).posts_digest
    assert not Digest.objects.exists()


def test_who_clicked_nobody_posts_nothing(on_mastodon: Connection) -> None:
    """An undone click counts for nothing, either."""
    on_mastodon.owner.clicks.update(undone_at=given.MOMENT)

    assert digests.draft_digests(now=FIRST) == 0


def test_a_month_is_told_once(fan: User, on_mastodon: Connection, toots: Mastodon, network: Network) -> None:
    """However often drafts are made, even by a connection that is made anew; the fan reads each before."""
    assert [digests.draft_digests(now=FIRST + timedelta(days=day)) for day in range(3)] == [1, 0, 0]
    work(network)
    connections.end_connection(owner=fan, connection_id=on_mastodon.pk, network=network, now=FIRST)
    anew = Connection.objects.create(
        owner=fan,
        network=on_mastodon.network,
        server=toots.host,
        name="@other@social.example",
        sealed_secret=sealing.seal("token"),
        posts_digest=True,
        connected_at=FIRST,
    )

    assert digests.draft_digests(now=FIRST + timedelta(days=1)) == 0
    assert anew.digests.count() == 0
    (email,) = Notification.objects.filter(kind=Notification.Kind.DIGEST_DRAFTED)
    assert email.context["text"] == Digest.objects.get().text
    assert email.context["day"] == "2026-11-04"


def test_who_asks_later_begins_with_the_next_month(on_mastodon: Connection) -> None:
    """From the fourth on nothing is drafted about the month before."""
    del on_mastodon

    assert digests.draft_digests(now=FIRST + timedelta(days=3)) == 0


def test_a_fan_stops_a_post(fan: User, server: Mastodon | Bluesky, network: Network) -> None:
    """Nothing is posted then; stopping twice is stopping, and nobody else can."""
    digest = drafted()
    with pytest.raises(digests.UnknownDigest):
        digests.stop_digest(digest_id=digest.pk, fan=given.user("Mallory"), now=FIRST)
    for _ in range(2):
        digests.stop_digest(digest_id=digest.pk, fan=fan, now=FIRST)

    assert work(network).state == Digest.State.STOPPED
    assert number_of_posts(server) == 0
    with pytest.raises(digests.UnknownDigest):
        digests.hurry_digest(digest_id=digest.pk, fan=fan, now=FIRST)


def test_a_fan_posts_at_once(fan: User, server: Mastodon | Bluesky, network: Network) -> None:
    """What was posted can't be stopped any more."""
    digest = drafted()
    digests.hurry_digest(digest_id=digest.pk, fan=fan, now=FIRST)

    assert work(network, since=FIRST, hours=0).state == Digest.State.POSTED
    assert number_of_posts(server) == 1
    with pytest.raises(digests.UnknownDigest):
        digests.stop_digest(digest_id=digest.pk, fan=fan, now=FIRST)


@pytest.mark.parametrize("how", ["switched off", "ended", "locked out"])
def test_who_stops_it_meanwhile_is_heeded(how: str, fan: User, server: Mastodon | Bluesky, network: Network) -> None:
    """A draft isn't posted once its fan has switched posts off, ended the connection or was locked out."""
    digest = drafted()
    if how == "switched off":
        connections.set_digest(owner=fan, connection_id=digest.connection_id, wanted=False)
    elif how == "ended":
        connections.end_connection(owner=fan, connection_id=digest.connection_id, network=network, now=FIRST)
    else:
        User.objects.filter(pk=fan.pk).update(is_active=False)

    assert work(network).state == Digest.State.STOPPED
    assert number_of_posts(server) == 0
