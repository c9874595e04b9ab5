"""Whoever staff make inactive takes no more clicks, wherever their buttons stand; what was given before stays."""

import dataclasses
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Connection, User
from buttons.models import Button, Click, Listing, Site
from buttons.operations import buttons as operations
from buttons.operations import clicks
from buttons.queries.digests import composed
from buttons.queries.frames import AskedFrame, frame
from flattr.period import Period
from tests import given
from tests.buttons.test_clicks import click

pytestmark = pytest.mark.django_db

NOW = given.MOMENT


def set_active(creator: User, *, active: bool) -> None:
    """Write it as the admin does."""
    creator.is_active = active
    creator.save()


@pytest.fixture
def ada() -> User:
    """Return a creator."""
    return given.creator()


def test_their_buttons_are_hidden_and_what_was_given_stays(ada: User) -> None:
    """Those of others are shown as before, and one that the creator had hidden keeps when that was."""
    fan, other = given.user("Grace"), given.button(given.creator("Zoe"), title="Another song")
    song, old = given.button(ada), given.button(ada, title="An old song")
    operations.set_hidden(button=old, hidden=True, now=NOW)
    given.click(fan, song, now=NOW)
    set_active(ada, active=False)
    for button in (song, old, other):
        button.refresh_from_db()

    assert song.hidden_at is not None
    assert timezone.now() - song.hidden_at < timedelta(minutes=1)
    assert (old.hidden_at, other.hidden_at) == (NOW, None)
    assert [listing.button for listing in Listing.objects.all()] == [other]
    assert Click.objects.get().undone_at is None
    with pytest.raises(clicks.HiddenButton):
        click(fan, song, NOW)


@pytest.mark.parametrize("is_theirs", [True, False])
def test_no_button_is_made_for_them(ada: User, *, is_theirs: bool) -> None:
    """A page that nobody clicked yet, theirs or not, has no button: neither frame nor click finds a creator."""
    song = given.button(ada)
    Site.objects.filter(buttons=song).update(verified_at=NOW if is_theirs else None)
    place = dataclasses.replace(given.place(song), url=f"{song.url}/new")
    asked = AskedFrame(place=place, creator_page=operations.creator_page(place.to), key_hash="", now=NOW)
    before = frame(asked)
    set_active(ada, active=False)

    assert before is not None
    assert frame(asked) is None
    with pytest.raises(operations.UnknownCreator):
        operations.open_button(place=place, now=NOW)
    assert Button.objects.get() == song


def test_a_button_that_they_make_or_show_meanwhile_is_hidden(ada: User) -> None:
    """Their last request may have begun before; so is one that they show."""
    song = given.button(ada)
    set_active(ada, active=False)
    operations.set_hidden(button=song, hidden=False, now=NOW)
    since = User.objects.get(pk=ada.pk).inactive_since

    assert since is not None
    assert [given.button(ada).hidden_at, song.hidden_at] == [since, since]


def test_they_are_shown_again(ada: User) -> None:
    """Once the creator is active, all are as they were; only a change of that hides or shows anything."""
    song, old = given.button(ada), given.button(ada, title="An old song")
    operations.set_hidden(button=old, hidden=True, now=NOW)
    set_active(ada, active=False)
    since = User.objects.get(pk=ada.pk).inactive_since
    ada.name = "Ada L."
    ada.save()
    still = User.objects.get(pk=ada.pk).inactive_since
    User.objects.filter(pk=ada.pk).update(inactive_since=None)
    hidden = list(Listing.objects.all())
    set_active(ada, active=True)
    song.refresh_from_db()
    old.refresh_from_db()

    assert since == still
    assert hidden == []
    assert (song.hidden_at, old.hidden_at, User.objects.get(pk=ada.pk).inactive_since) == (None, NOW, None)
    assert Listing.objects.get().button == song


@pytest.mark.django_db(transaction=True)
def test_who_makes_a_button_at_once_waits(ada: User) -> None:
    """It is hidden whichever comes first."""
    given.at_once(lambda: set_active(ada, active=False), lambda: given.button(User.objects.get(pk=ada.pk)))

    assert Button.objects.get().hidden_at is not None


def test_no_post_names_them(ada: User) -> None:
    """A fan's monthly post leads to creators who have a page."""
    fan = given.user("Grace")
    fan.visibility = "public"
    fan.save()
    given.click(fan, given.button(ada), now=NOW)
    given.click(fan, given.button(given.creator("Zoe")), now=NOW)
    connection = Connection(owner=fan)
    before = composed(connection=connection, period=Period.at(NOW))
    set_active(ada, active=False)
    after = composed(connection=connection, period=Period.at(NOW))

    assert before is not None
    assert after is not None
    assert "Ada" in before.text
    assert ("Ada" in after.text, "Zoe" in after.text) == (False, True)
