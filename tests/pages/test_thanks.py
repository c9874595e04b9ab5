"""A creator's thanks: written on the page about oneself, read by who has just clicked."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import CreatorProfile, User
from buttons.models import Button
from flattr.period import Period
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.framing import confirm, window

pytestmark = pytest.mark.django_db(transaction=True)

THANKS = "You <b>keep</b> me painting.\n\nSee https://ada.example/ & come again!"


@pytest.fixture
def button() -> Button:
    """Return a button of a creator who thanks."""
    creator = given.creator("Ada")
    CreatorProfile.objects.update(thanks=THANKS)
    return given.button(creator)


@pytest.fixture
def fan(client: StrictClient) -> User:
    """Return a fan with a budget this month, who is logged in."""
    user = given.funded_fan(period=Period.at(timezone.now()))
    client.force_login(user)
    return user


def thanks_on(page: object) -> list[str]:
    """Return the words of the creator's thanks on a page."""
    return [" ".join(each.to_text(separator=" ").split()) for each in world.document(page).query(".creators-thanks")]


def test_thanks_are_read_after_a_click_as_plain_text(button: Button, fan: User, client: StrictClient) -> None:
    """Not before it; afterwards on the click's page, with tags as text and addresses as no links."""
    here = reverse("buttons:click", args=[button.public_id])
    before = client.get(here)
    after = client.post(here, {"click_id": world.new_id(), "origin": ""}, follow=True)
    (quote,) = world.document(after).query(".creators-thanks")

    assert thanks_on(before) == []
    assert thanks_on(after) == ["You <b>keep</b> me painting. See https://ada.example/ & come again! Ada"]
    assert quote.query("a, b") == []
    assert button.clicks.get().fan == fan


def test_our_window_thanks_too(button: Button, fan: User, client: StrictClient) -> None:
    """Where the click was asked for by a frame on a site."""
    done = confirm(client, window(client, button))

    assert thanks_on(done) == ["You <b>keep</b> me painting. See https://ada.example/ & come again! Ada"]
    assert button.clicks.get().fan == fan


def test_who_thanks_nobody_has_no_empty_thanks(button: Button, fan: User, client: StrictClient) -> None:
    """The page has nothing then, instead of quotation marks around nothing."""
    CreatorProfile.objects.update(thanks="")
    here = reverse("buttons:click", args=[button.public_id])
    after = client.post(here, {"click_id": world.new_id(), "origin": ""}, follow=True)

    assert thanks_on(after) == []
    assert fan.clicks.count() == 1


@pytest.mark.parametrize(("length", "status"), [(500, 302), (501, 200)])
def test_thanks_have_a_length(length: int, status: int, client: StrictClient) -> None:
    """500 characters are kept; one more is refused at its field, and nothing is changed."""
    creator = given.creator("Ada")
    client.force_login(creator)
    sent = client.post("/creator/", {"name": "Ada", "text": "", "links": "", "thanks": "x" * length})
    profile = CreatorProfile.objects.get()

    assert sent.status_code == status
    assert profile.thanks == ("x" * length if status == 302 else "")
    if status == 200:
        (field,) = world.document(sent).query('textarea[aria-invalid="true"]')
        assert field.attrs["name"] == "thanks"
