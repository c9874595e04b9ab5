"""Monthly posts name nobody of whom their fan doesn't want everybody to know, whenever the fan says so."""

from datetime import timedelta

import pytest

from accounts.models import Connection, User, Visibility
from buttons.models import Digest
from buttons.operations import digests
from buttons.queries import digests as queries
from flattr.outside.network import Network
from flattr.period import Period
from payouts.operations import visibility
from tests import given
from tests.networks.mastodon import Mastodon
from tests.networks.posting import DUE, FIRST, drafted, number_of_posts, work

pytestmark = pytest.mark.django_db

OCTOBER = Period(2026, 10)


def creator_of(fan: User, name: str) -> User:
    """Return one of those whom the fan clicked."""
    return fan.clicks.filter(creator__creator_profile__name=name)[0].creator


def choose(fan: User, name: str, by: Visibility) -> None:
    """Let the fan choose for one creator."""
    visibility.choose_visibility(fan=fan, creator=creator_of(fan, name), visibility=by, now=FIRST)


@pytest.mark.parametrize("by", [Visibility.CREATORS, Visibility.ANONYMOUS])
def test_creators_whom_the_fan_keeps_to_themselves_are_not_named(
    by: Visibility, fan: User, on_mastodon: Connection
) -> None:
    """Nor are they counted, even where they were clicked most."""
    choose(fan, "Créatrice 3", by)
    post = queries.composed(connection=on_mastodon, period=OCTOBER)

    assert post is not None
    assert "I supported 6 creators" in post.text
    assert "Créatrice 3" not in post.text


@pytest.mark.parametrize("by", [Visibility.CREATORS, Visibility.ANONYMOUS])
def test_who_isnt_public_names_those_alone_whom_they_choose(
    by: Visibility, fan: User, on_mastodon: Connection
) -> None:
    """Without a choice for a creator there is nothing to say, and nothing is drafted."""
    visibility.set_visibility(user=fan, visibility=by, name="Grace", now=FIRST)
    on_mastodon.refresh_from_db()
    assert queries.composed(connection=on_mastodon, period=OCTOBER) is None
    assert digests.draft_digests(now=FIRST) == 0
    choose(fan, "Créatrice 5", Visibility.PUBLIC)
    post = queries.composed(connection=on_mastodon, period=OCTOBER)

    assert post is not None
    assert "I supported 1 creator on Flattr:\n\nCréatrice 5" in post.text


def choose_for_clicks(fan: User, name: str, by: Visibility, *, number: int | None = None) -> None:
    """Let the fan choose for so many of the clicks that a creator got, or for all of them."""
    for click in fan.clicks.filter(creator=creator_of(fan, name)).order_by("id")[:number]:
        visibility.choose_visibility_of_click(
            fan=fan, period=click.period, click_id=click.id, visibility=by, now=FIRST
        )


@pytest.mark.parametrize("by", [Visibility.CREATORS, Visibility.ANONYMOUS])
def test_clicks_that_the_fan_hides_are_told_by_nothing(by: Visibility, fan: User, on_mastodon: Connection) -> None:
    """A creator whose clicks are all hidden isn't named, and one that is hidden moves nobody to the front."""
    post = queries.composed(connection=on_mastodon, period=OCTOBER)
    assert post is not None
    assert post.text.index("Créatrice 3") < post.text.index("Créatrice 0")
    choose_for_clicks(fan, "Créatrice 3", by, number=1)
    post = queries.composed(connection=on_mastodon, period=OCTOBER)
    assert post is not None
    assert "I supported 7 creators" in post.text
    assert post.text.index("Créatrice 3") > post.text.index("Créatrice 2")
    choose_for_clicks(fan, "Créatrice 3", by)
    post = queries.composed(connection=on_mastodon, period=OCTOBER)

    assert post is not None
    assert "I supported 6 creators" in post.text
    assert "Créatrice 3" not in post.text


@pytest.mark.parametrize("by", [Visibility.CREATORS, Visibility.ANONYMOUS])
def test_one_click_of_which_everybody_may_know_names_its_creator(
    by: Visibility, fan: User, on_mastodon: Connection
) -> None:
    """It goes before what is chosen for the creator and for all; the post says nothing else."""
    visibility.set_visibility(user=fan, visibility=by, name="Grace", now=FIRST)
    choose(fan, "Créatrice 3", Visibility.ANONYMOUS)
    choose_for_clicks(fan, "Créatrice 3", Visibility.PUBLIC, number=1)
    on_mastodon.refresh_from_db()
    post = queries.composed(connection=on_mastodon, period=OCTOBER)

    assert post is not None
    assert "I supported 1 creator on Flattr:\n\nCréatrice 3" in post.text
    assert queries.composed(connection=on_mastodon, period=OCTOBER.next) is None


def test_a_post_that_waits_keeps_to_what_is_said_of_a_click(
    fan: User, on_mastodon: Connection, toots: Mastodon, network: Network
) -> None:
    """Hidden after it was drafted, a click is named by nothing that is posted."""
    del on_mastodon
    assert "Créatrice 4" in drafted().text
    choose_for_clicks(fan, "Créatrice 4", Visibility.CREATORS)
    work(network)
    ((_key, post),) = toots.posts.items()

    assert "Créatrice 4" not in post["status"]
    assert "I supported 6 creators" in post["status"]


def test_a_post_that_waits_is_written_anew(
    fan: User, on_mastodon: Connection, toots: Mastodon, network: Network
) -> None:
    """What was drafted before the fan changed their mind names nobody whom they hide now."""
    assert "Créatrice 3" in drafted().text
    choose(fan, "Créatrice 3", Visibility.CREATORS)
    work(network)
    ((_key, post),) = toots.posts.items()

    assert "Créatrice 3" not in post["status"]
    assert "I supported 6 creators" in post["status"]
    assert on_mastodon.pk == Digest.objects.get().connection_id


def test_a_post_that_waits_ends_where_it_would_say_nothing(
    fan: User, on_mastodon: Connection, toots: Mastodon, network: Network
) -> None:
    """Who becomes anonymous needs to do nothing else."""
    drafted()
    visibility.set_visibility(user=fan, visibility=Visibility.ANONYMOUS, name="Grace", now=FIRST)
    digest = work(network)

    assert digest.state == Digest.State.STOPPED
    assert number_of_posts(toots) == 0
    assert on_mastodon.posts_digest


def test_a_post_that_may_be_there_already_isnt_changed_but_ended(
    fan: User, on_mastodon: Connection, toots: Mastodon, network: Network
) -> None:
    """Another text under the same key would be another post."""
    del on_mastodon
    drafted()
    Digest.objects.update(attempts=1, due_at=DUE + timedelta(hours=1))
    choose(fan, "Créatrice 3", Visibility.ANONYMOUS)

    assert work(network).state == Digest.State.STOPPED
    assert number_of_posts(toots) == 0


def test_a_change_that_says_nothing_new_leaves_posts_alone(fan: User, on_mastodon: Connection) -> None:
    """A choice for somebody whom the post doesn't name keeps even one that is tried already."""
    del on_mastodon
    drafted()
    Digest.objects.update(attempts=1)
    visibility.choose_visibility(fan=fan, creator=given.creator(), visibility=Visibility.ANONYMOUS, now=FIRST)

    assert Digest.objects.get().state == Digest.State.WAITING
