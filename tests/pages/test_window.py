"""Our window, which a frame opens: it makes the button with its first click, where the site is verified."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from buttons import tickets
from buttons.models import Button, Click, Confirmation, Site, SiteKey
from buttons.tickets import Place
from flattr.period import Period
from tests import given, pressing
from tests.client import StrictClient
from tests.pages import world
from tests.pages.framing import confirm, query_of, send, window, window_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def creator() -> User:
    """Return a creator whose site ada.example is verified."""
    user = given.creator("Ada")
    Site.objects.create(creator=user, host="ada.example", verified_at=timezone.now())
    return user


@pytest.fixture
def fan(client: StrictClient) -> User:
    """Return a fan with a budget this month, who is logged in."""
    user = given.funded_fan(period=Period.at(timezone.now()))
    client.force_login(user)
    return user


def address_of(creator: User, url: str) -> str:
    """Return the address of the window that a frame on a page opens."""
    place = Place(to=creator.creator_profile.slug, url=url, origin="https://ada.example")
    query = urlencode({"to": place.to, "url": place.url, "site": place.origin})
    return f"{reverse('buttons:window', args=[tickets.mint(place=place)])}?{query}"


def test_a_page_of_a_verified_site_gets_its_button_by_its_first_click(
    creator: User, fan: User, client: StrictClient
) -> None:
    """Looking makes none; the first click makes it, the second finds it, and it is called by its address."""
    address = "https://ada.example/songs/first%20light/"
    client.get(address_of(creator, address))
    assert not Button.objects.exists()

    for _ in range(2):
        assert client.post(address_of(creator, address)).status_code == 200

    button = Button.objects.get()
    assert (button.url, button.title) == (address, "ada.example/songs/first light")
    assert button.site == Site.objects.get()
    assert Click.objects.filter(button=button, fan=fan, origin="https://ada.example").count() == 2


def test_a_page_whose_address_holds_what_is_no_text_can_be_clicked(
    creator: User, fan: User, client: StrictClient
) -> None:
    """Its button is called without that: nothing breaks, and no text around it is turned."""
    assert client.post(address_of(creator, "https://ada.example/%00a%E2%80%AEb%0A")).status_code == 200
    assert Button.objects.get().title == "ada.example/\ufffda\ufffdb\ufffd"
    assert Click.objects.filter(fan=fan).count() == 1


def test_a_page_of_any_other_site_is_for_the_creators_own_page(
    creator: User, fan: User, client: StrictClient
) -> None:
    """Nobody makes buttons in another's name: what is clicked there is the creator."""
    client.post(address_of(creator, "https://stranger.example/"))

    button = Button.objects.get()
    assert (button.title, button.site) == ("Ada", None)
    assert button.url.endswith(f"/@{creator.creator_profile.slug}/")
    assert Click.objects.get(fan=fan).button == button


def test_a_press_too_late_or_for_nobody_makes_nothing(creator: User, fan: User, client: StrictClient) -> None:
    """A ticket of another page is none, and neither is one for a creator who isn't there."""
    del fan
    moved = address_of(creator, "https://ada.example/1").replace("ada.example%2F1", "ada.example%2F2")
    place = Place(to="nobody", url="https://ada.example/", origin="")
    query = urlencode({"to": place.to, "url": place.url, "site": ""})
    nobody = f"{reverse('buttons:window', args=[tickets.mint(place=place)])}?{query}"

    assert [client.post(address).status_code for address in (moved, nobody)] == [404, 404]
    assert not Button.objects.exists()


def test_a_page_that_opens_our_window_gets_no_key_for_it(button: Button, fan: User, client: StrictClient) -> None:
    """Its server has a ticket and knows the secret behind the challenge; the fan means this one click and no more.

    With the key, the server itself could press in the fan's name, and say that all of it was in plain view.
    """
    del fan
    verifier = world.new_id()
    opened = window(client, button, verifier=verifier, opener=pressing.origin_of(button) + "/song")

    assert confirm(client, opened).status_code == 200
    asked = {"verifier": verifier, "page": query_of(button), "site": pressing.origin_of(button)}
    assert send(client, "redeem", asked).status_code == 202
    assert not SiteKey.objects.exists()


def test_no_challenge_is_taken_from_the_address_when_a_click_is_confirmed(
    button: Button, fan: User, client: StrictClient
) -> None:
    """What our own page didn't put into its form counts for nothing."""
    del fan
    client.post(window_of(button, challenge=pressing.challenge_of(world.new_id())))

    assert Click.objects.count() == 1
    assert not Confirmation.objects.exists()
