"""Who sees whom one supports: chosen on plain pages, and kept on everybody else's."""

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User, Visibility
from buttons.models import VisibilityChoice
from flattr.period import Period
from payouts.operations import visibility
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter, World

pytestmark = pytest.mark.django_db

SETTINGS = "/settings/visibility/"
LIST = "/supporters/"


def page_of(creator: User) -> str:
    """Return the creator's public page."""
    return reverse("buttons:creator", args=[creator.creator_profile.slug])


def form_of(creator: User) -> str:
    """Return where a choice for one creator goes."""
    return reverse("payouts:choose_visibility", args=[creator.creator_profile.slug])


def be_seen(fan: User, by: Visibility = Visibility.PUBLIC) -> None:
    """Let the fan be seen by others."""
    visibility.set_visibility(user=fan, visibility=by, name=fan.name, now=world.NOW)


def test_a_fan_chooses_to_be_seen_and_is_at_once(town: World, as_fan: StrictClient) -> None:
    """The name stands on the creator's page and on the button's, with the month since when, and no amount."""
    (checked,) = world.document(as_fan.get(SETTINGS)).query("input[checked]")
    assert checked.attrs["value"] == "anonymous"
    assert "Supporters of Ada" not in world.text(as_fan.get(page_of(town.creator)))
    saved = as_fan.post(SETTINGS, {"visibility": "public", "name": "Grace Hopper"}, follow=True)
    assert world.messages(saved) == ["Saved."]
    as_fan.logout()

    for page in (page_of(town.creator), reverse("buttons:button", args=[town.button.public_id])):
        text = world.text(as_fan.get(page))
        assert "Supporters of Ada Grace Hopper since October 2026" in text
        assert "Henry" not in text
        assert "€" not in text


def test_whoever_is_seen_by_creators_alone_stands_on_no_public_page(
    town: World, as_creator: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """Their list tells the creator who lets them see it, since when, and who else may; nobody's amount."""
    assert "Nobody yet." in world.text(as_creator.get(LIST))
    be_seen(town.fan, Visibility.CREATORS)
    be_seen(town.other_fan)
    with django_assert_max_num_queries(12):
        listed = world.text(as_creator.get(LIST))
    assert "Grace October 2026 October 2026 1 only you" in listed
    assert "Henry October 2026 October 2026 1 everybody" in listed
    assert "€" not in listed
    with django_assert_max_num_queries(12):
        text = world.text(as_creator.get(page_of(town.creator)))

    assert "Henry since October 2026" in text
    assert "Grace" not in text
    assert "Supporters who let you see their names" in world.text(as_creator.get("/earnings/"))


def test_a_choice_for_one_creator_is_made_on_their_page(town: World, as_fan: StrictClient) -> None:
    """It overrides the one for all, is listed in the settings, and can be taken back there."""
    be_seen(town.fan)
    asked = as_fan.get(page_of(town.creator))
    assert "Who sees that you support Ada? everybody" in world.text(asked)
    done = as_fan.post(form_of(town.creator), {"visibility": "anonymous", "next": page_of(town.creator)}, follow=True)
    assert done.request["PATH_INFO"] == page_of(town.creator)
    assert "Who sees that you support Ada? nobody" in world.text(done)
    assert "Grace since" not in world.text(done)
    assert "Grace since" in world.text(as_fan.get(page_of(town.other_creator)))
    listed = as_fan.get(SETTINGS)
    (form,) = world.document(listed).query(".list form")
    assert form.attrs["action"] == form_of(town.creator)
    as_fan.post(form.attrs["action"], {"visibility": "", "next": SETTINGS})

    assert "Grace since" in world.text(as_fan.get(page_of(town.creator)))
    assert "On the page of each creator" in world.text(as_fan.get(SETTINGS))


def test_bad_input_is_told_and_changes_nothing(town: World, as_fan: StrictClient) -> None:
    """Errors stand at their fields; unknown choices and creators are refused."""
    nameless = as_fan.post(SETTINGS, {"visibility": "public", "name": "  "})
    assert nameless.status_code == 422
    assert "Whoever may be seen needs a name." in world.text(nameless)
    unknown = as_fan.post(SETTINGS, {"visibility": "friends", "name": "Grace"})
    assert unknown.status_code == 422
    assert as_fan.post(SETTINGS, {"visibility": "public", "name": "x" * 81}).status_code == 422
    refused = as_fan.post(form_of(town.creator), {"visibility": "friends"}, follow=True)
    assert "Choose everybody, creators only or nobody." in world.messages(refused)
    assert as_fan.post(reverse("payouts:choose_visibility", args=["nobody"])).status_code == 404
    town.fan.refresh_from_db()

    assert (town.fan.visibility, town.fan.name) == ("anonymous", "Grace")
    assert not VisibilityChoice.objects.exists()


def test_who_has_no_name_is_led_to_giving_one(fan: User, client: StrictClient) -> None:
    """A choice for one creator needs a name, too."""
    User.objects.filter(pk=fan.pk).update(name="")
    led = client.post(form_of(given.creator()), {"visibility": "creators"}, follow=True)

    assert led.request["PATH_INFO"] == SETTINGS
    assert world.messages(led) == ["Whoever may be seen needs a name."]


def test_creators_arent_asked_about_themselves(town: World, as_creator: StrictClient) -> None:
    """Their own page has no such form, and one that was made up is not found."""
    assert "Who sees that" not in world.text(as_creator.get(page_of(town.creator)))
    assert as_creator.post(form_of(town.creator), {"visibility": "public"}).status_code == 404


def test_names_are_shown_as_they_are_typed(town: World, client: StrictClient) -> None:
    """Whatever a fan calls themselves is text, and no markup."""
    visibility.set_visibility(user=town.fan, visibility=Visibility.PUBLIC, name="<b>Grace</b> & Co", now=world.NOW)

    assert "<b>Grace</b> & Co since October 2026" in world.text(client.get(page_of(town.creator)))


def test_long_lists_come_in_pages(town: World, client: StrictClient) -> None:
    """Twenty-four supporters at a time on a public page, apart from the pages of buttons."""
    for number in range(24):
        person = given.funded_fan(f"Fan {number}", period=Period(2026, 10))
        given.click(person, town.button, now=world.NOW)
        be_seen(person)
    given.settled(Period(2026, 11), now=Period(2026, 11).end)
    be_seen(town.fan)
    first = client.get(page_of(town.creator))
    (link,) = world.document(first).query("a[rel=next][href*=supporters]")
    second = client.get(page_of(town.creator) + link.attrs["href"].partition("#")[0])

    assert [len(world.document(page).query(".supporters .since")) for page in (first, second)] == [24, 1]
    assert "Grace" in world.text(first)


def test_the_page_of_posts_says_whom_they_name(
    fan: User, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """Who isn't public is told so before they ask for posts."""
    del clock
    told = "Posts name only creators of whom everybody may know that you support them."
    assert told in world.text(client.get("/connections/"))
    be_seen(fan)
    assert told not in world.text(client.get("/connections/"))


def test_french(town: World, as_fan: StrictClient) -> None:
    """All of it is said in French."""
    be_seen(town.fan)
    as_fan.cookies["django_language"] = "fr"
    User.objects.filter(pk=town.fan.pk).update(language="fr")

    assert "Qui voit qui vous soutenez" in world.text(as_fan.get(SETTINGS))
    assert "Soutiens de Ada Grace depuis octobre 2026" in world.text(as_fan.get(page_of(town.creator)))
