"""Who sees a single click: chosen after it was made, in lists of clicks, and in the settings, without a script."""

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User, Visibility
from buttons.models import Button, Click, ClickVisibility
from flattr.period import Period
from payouts.operations import visibility
from payouts.queries import personal_data
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.framing import confirm, window
from tests.pages.world import QueryCounter, World

pytestmark = pytest.mark.django_db

ACTIVITY = "/clicks/"
OCTOBERS = "/statements/2026-10/clicks/"
SETTINGS = "/settings/visibility/"


def path_of(click: Click) -> str:
    """Return where a choice for a click goes."""
    return reverse("payouts:choose_visibility_of_click", args=[click.period, click.id])


def page_of(creator: User) -> str:
    """Return the creator's public page."""
    return reverse("buttons:creator", args=[creator.creator_profile.slug])


def forms(page: Any) -> list[dict[str, str]]:
    """Return what the forms about single clicks on a page would send as they stand, and where to."""
    return [
        {
            "action": form.attrs["action"],
            "next": form.query('input[name="next"]')[0].attrs["value"],
            "visibility": next((each.attrs["value"] for each in form.query("option[selected]")), ""),
        }
        for form in world.document(page).query(f'form[action^="{SETTINGS}clicks/"]')
    ]


def send(client: StrictClient, form: dict[str, str], by: str) -> Any:
    """Choose in a form, and go where it leads."""
    return client.post(form["action"], {"next": form["next"], "visibility": by}, follow=True)


def test_after_a_click_its_fan_says_who_sees_it(
    town: World, as_fan: StrictClient, clock: time_machine.Traveller
) -> None:
    """The page that thanks asks for it, and says it from then on; the next click is as usual again."""
    path, ids = reverse("buttons:click", args=[town.button.public_id]), [world.new_id(), world.new_id()]
    clock.shift(1)
    thanked = as_fan.post(path, {"click_id": ids[0]}, follow=True)
    assert "Who sees your last click? As usual: nobody" in world.text(thanked)
    (form,) = forms(thanked)
    saved = send(as_fan, form, "public")
    assert (saved.request["PATH_INFO"], world.messages(saved)) == (path, ["Saved."])
    assert "Who sees your last click? Everybody" in world.text(saved)
    assert [each["visibility"] for each in forms(saved)] == ["public"]
    clock.shift(1)
    again = as_fan.post(path, {"click_id": ids[1]}, follow=True)

    assert "Who sees your last click? As usual: nobody" in world.text(again)
    assert str(ClickVisibility.objects.get().click_id) == ids[0]


def test_who_clicked_nothing_is_not_asked(town: World, as_fan: StrictClient, client: StrictClient) -> None:
    """Nor is who looks at the page of a button, or isn't logged in."""
    path = reverse("buttons:click", args=[Button.objects.get(title="A program").public_id])
    assert forms(as_fan.get(path)) == []
    client.logout()

    assert forms(client.get(reverse("buttons:click", args=[town.button.public_id]))) == []


@pytest.mark.usefixtures("clock")
def test_our_window_asks_too(presser: User, button: Button, client: StrictClient) -> None:
    """After a click that a frame asked for; saving leads to the list of clicks, as the window has no way back."""
    client.force_login(presser)
    done = confirm(client, window(client, button))
    (form,) = forms(done)
    saved = send(client, form, "anonymous")

    assert "Who sees your last click? As usual: nobody" in world.text(done)
    assert saved.request["PATH_INFO"] == ACTIVITY
    assert ClickVisibility.objects.get().visibility == "anonymous"


def test_the_list_of_clicks_has_each_with_who_sees_it(
    town: World, as_fan: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """It is changed there and taken back there; what is usual is said as it is for the click's creator."""
    visibility.choose_visibility(fan=town.fan, creator=town.creator, visibility=Visibility.CREATORS, now=world.NOW)
    with django_assert_max_num_queries(12):
        listed = as_fan.get(ACTIVITY)
    (form,) = forms(listed)
    assert "Who sees this click? As usual: only the creators themselves" in world.text(listed)
    changed = send(as_fan, form, "anonymous")
    assert (changed.request["PATH_INFO"], world.messages(changed)) == (ACTIVITY, ["Saved."])
    assert "Who sees this click? Nobody" in world.text(changed)
    back = send(as_fan, form, "")

    assert "As usual: only the creators themselves" in world.text(back)
    assert not ClickVisibility.objects.exists()


def test_a_click_of_a_month_that_is_over_is_shown_and_hidden_at_once(
    town: World, as_fan: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """Its statement leads to the month's clicks; nothing can be undone there any more."""
    statement = as_fan.get("/statements/2026-10/")
    (link,) = world.document(statement).query(f'a[href="{OCTOBERS}"]')
    assert link.to_text() == "Each single click, and who sees it"
    with django_assert_max_num_queries(12):
        listed = as_fan.get(OCTOBERS)
    assert len(forms(listed)) == 3
    assert "Undo" not in world.text(listed)
    program = Click.objects.get(fan=town.fan, button__title="A program")
    (form,) = (each for each in forms(listed) if each["action"] == path_of(program))
    assert "Grace" not in world.text(as_fan.get(page_of(town.other_creator)))
    assert as_fan.post(path_of(program)).headers["Location"] == OCTOBERS
    send(as_fan, form, "public")
    assert "Grace since October 2026" in world.text(as_fan.get(page_of(town.other_creator)))
    assert "Grace" not in world.text(as_fan.get(page_of(town.creator)))
    send(as_fan, form, "creators")
    assert "Grace" not in world.text(as_fan.get(page_of(town.other_creator)))
    as_fan.force_login(town.other_creator)

    assert "Grace October 2026 October 2026 1 only you" in world.text(as_fan.get("/supporters/"))


def test_a_month_without_clicks_says_so(town: World, as_creator: StrictClient) -> None:
    """Nobody sees the clicks of others there."""
    del town

    assert "There are no clicks of yours here." in world.text(as_creator.get(OCTOBERS))


def test_the_settings_list_what_was_chosen_for_clicks(
    town: World, as_fan: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """The latest first, with the month and the way back."""
    assert "For a single click you can choose something else" in world.text(as_fan.get(SETTINGS))
    made = list(Click.objects.filter(fan=town.fan, period=Period(2026, 10)).order_by("id"))
    for each in made:
        as_fan.post(path_of(each), {"visibility": "creators"})
    with django_assert_max_num_queries(12):
        listed = as_fan.get(SETTINGS)
    assert [each["action"] for each in forms(listed)] == [path_of(each) for each in reversed(made)]
    assert "Song & <dance> Ada, October 2026" in world.text(listed)
    (link, *_) = world.document(listed).query(f'a[href="{OCTOBERS}"]')
    for form in forms(listed):
        send(as_fan, form, "")

    assert link.to_text() in {"Song & <dance>", "A program"}
    assert forms(as_fan.get(SETTINGS)) == []


def test_long_lists_come_in_pages(town: World, as_fan: StrictClient) -> None:
    """Of choices twenty-four, of clicks forty-eight at a time."""
    made = given.click(town.fan, town.button, now=world.NOW, times=49)
    for each in made[:25]:
        as_fan.post(path_of(each), {"visibility": "anonymous"})
    for path, sizes in ((SETTINGS, [24, 1]), (ACTIVITY, [48, 2])):
        first = as_fan.get(path)
        (onward,) = world.document(first).query("a[rel=next]")
        second = as_fan.get(path + onward.attrs["href"].partition("#")[0])
        assert [len(forms(page)) for page in (first, second)] == sizes


def test_other_peoples_clicks_are_not_found(town: World, as_fan: StrictClient, client: StrictClient) -> None:
    """Nor is a click that is undone, or was never made, or in another month; nothing changes."""
    others = Click.objects.filter(fan=town.other_fan).first()
    assert others is not None
    away = [path_of(others), path_of(Click(period=Period(2026, 11)))]
    away.append(reverse("payouts:choose_visibility_of_click", args=["2026-10", town.click.id]))
    assert [as_fan.post(path, {"visibility": "public"}).status_code for path in away] == [404] * 3
    assert as_fan.post(f"{SETTINGS}clicks/2026-13/{town.click.id}/", {"visibility": "public"}).status_code == 404
    as_fan.post(reverse("buttons:undo", args=[town.click.id]))
    assert as_fan.post(path_of(town.click), {"visibility": "public"}).status_code == 404
    assert as_fan.get(path_of(town.click)).status_code == 405
    client.logout()
    asked = client.post(path_of(town.click), {"visibility": "public"})

    assert asked.headers["Location"].startswith("/accounts/login/")
    assert not ClickVisibility.objects.exists()


def test_bad_input_is_told_and_changes_nothing(town: World, as_fan: StrictClient) -> None:
    """An unknown choice is refused, and who has no name is led to giving one."""
    refused = as_fan.post(path_of(town.click), {"visibility": "friends"}, follow=True)
    assert world.messages(refused) == ["Choose everybody, creators only or nobody."]
    User.objects.filter(pk=town.fan.pk).update(name="")
    led = as_fan.post(path_of(town.click), {"visibility": "public"}, follow=True)
    assert (led.request["PATH_INFO"], world.messages(led)) == (SETTINGS, ["Whoever may be seen needs a name."])

    assert not ClickVisibility.objects.exists()


def test_choices_are_in_the_persons_data(town: World, as_fan: StrictClient) -> None:
    """And in nobody else's."""
    as_fan.post(path_of(town.click), {"visibility": "creators"})
    rows = [personal_data.tables_of(user=each)["visibility_of_clicks"] for each in (town.fan, town.creator)]

    assert [[(row["period"], row["visibility"]) for row in each] for each in rows] == [[("2026-11", "creators")], []]


def test_french(town: World, as_fan: StrictClient) -> None:
    """All of it is said in French."""
    as_fan.cookies["django_language"] = "fr"
    User.objects.filter(pk=town.fan.pk).update(language="fr")
    path = reverse("buttons:click", args=[town.button.public_id])

    assert "Qui voit votre dernier clic ? Comme d’habitude : personne" in world.text(as_fan.get(path))
    assert "Qui voit ce clic ? Comme d’habitude : personne" in world.text(as_fan.get(OCTOBERS))
