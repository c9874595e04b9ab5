"""Every month: asked for after a click, changed, stopped and undone on plain pages, in both languages."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from buttons.models import Button, Click, StandingClick
from buttons.operations import buttons as buttons_operations
from buttons.operations import standing
from flattr.period import Period
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter
from tests.standing import made, make_all, repeat

pytestmark = pytest.mark.django_db

NOVEMBER = Period(2026, 11)
CAKE = "/cake/"


@pytest.fixture(autouse=True)
def _now(clock: time_machine.Traveller) -> None:
    """Let it be the middle of November."""


@pytest.fixture
def button() -> Button:
    """Return a creator's button."""
    return given.button(given.creator("Ada"), title="A song")


def page_of(button: Button) -> str:
    """Return the button's public page."""
    return reverse("buttons:button", args=[button.public_id])


def form_of(button: Button, name: str = "set_every_month") -> str:
    """Return where one of the forms goes."""
    return reverse(f"buttons:{name}", args=[button.public_id])


def test_a_click_every_month_is_asked_for_changed_and_stopped(
    subscriber: User, button: Button, client: StrictClient
) -> None:
    """From the button's page it is set, said in plain words, changed and stopped again."""
    asked = client.get(page_of(button))
    assert "Again every month?" in world.text(asked)
    done = client.post(form_of(button), {"term_months": "3", "next": page_of(button)}, follow=True)

    assert world.messages(done) == [
        "“A song” has this month’s click, and gets one at the start of every month from now on."
    ]
    assert "You click this button every month, the last time in January 2027; then it ends by itself." in (
        world.text(done)
    )
    assert "1 click so far" in world.text(done)
    (chosen,) = world.document(done).query("option[selected]")
    assert chosen.attrs["value"] == "3"
    changed = client.post(form_of(button), {"term_months": ""}, follow=True)
    assert "You click this button every month, until you stop it." in world.text(changed)
    stopped = client.post(form_of(button, "stop_every_month"), follow=True)

    assert world.messages(stopped) == ["Stopped. This month’s click stays; you can undo it until the month ends."]
    assert "Again every month?" in world.text(stopped)
    again = client.post(form_of(button, "stop_every_month"), follow=True)
    assert world.messages(again) == ["This button isn’t clicked every month."]
    assert made(subscriber, NOVEMBER) == 1


def test_the_question_follows_a_click(subscriber: User, button: Button, client: StrictClient) -> None:
    """After a click it is asked, and whoever says yes gets no second click this month."""
    click_page = reverse("buttons:click", args=[button.public_id])
    assert "Again every month?" not in world.text(client.get(click_page))
    thanked = client.post(click_page, {"click_id": world.new_id()}, follow=True)
    assert "Again every month?" in world.text(thanked)
    done = client.post(form_of(button), {"term_months": "12", "next": click_page}, follow=True)

    assert done.request["PATH_INFO"] == click_page
    assert world.messages(done) == ["“A song” gets a click at the start of every month from now on."]
    assert made(subscriber, NOVEMBER) == 1


def test_the_cake_lists_what_is_clicked_every_month(
    subscriber: User, button: Button, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """Each with its term and this month's click, which can be undone for itself."""
    other = given.button(given.creator("Bob"), title="A program")
    repeat(subscriber, button, term_months=3, now=world.NOW)
    repeat(subscriber, other, now=world.NOW)
    with django_assert_max_num_queries(12):
        shown = client.get(CAKE)
    text = world.text(shown)

    assert "A song Ada The last time in January 2027; then it ends by itself." in text
    assert "A program Bob Until you stop it." in text
    assert text.index("A program Bob Until") < text.index("A song Ada The last time")
    (stop, _other) = world.document(shown).query(".monthly form[action$='/stop/']")
    stopped = client.post(stop.attrs["action"], {"next": CAKE}, follow=True)
    assert stopped.request["PATH_INFO"] == CAKE
    assert "A program Bob Until you stop it." not in world.text(stopped)


def test_one_months_click_is_undone_as_any_other(subscriber: User, button: Button, client: StrictClient) -> None:
    """By minus one on the cake; it isn't made again, and the button stays in the list."""
    repeat(subscriber, button, now=world.NOW)
    undo = world.document(client.get(CAKE)).query("form[action$='/undo/']")[0]
    undone = client.post(undo.attrs["action"], {"next": CAKE}, follow=True)
    make_all(world.NOW)

    assert world.messages(undone) == ["One click for “A song” is undone."]
    assert "A song Ada Until you stop it." in world.text(undone)
    assert made(subscriber, NOVEMBER) == 0


def test_the_cake_says_what_is_still_to_come(
    subscriber: User, button: Button, client: StrictClient, clock: time_machine.Traveller
) -> None:
    """In a month's first seconds a click is about to be made; a button that is hidden rests."""
    repeat(subscriber, button, now=world.NOW)
    clock.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    client.force_login(subscriber)
    assert "This month’s click is about to be made." in world.text(client.get(CAKE))
    make_all(NOVEMBER.end)
    assert "This month’s click is about to be made." not in world.text(client.get(CAKE))
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)
    assert "It is hidden, so it rests." in world.text(client.get(CAKE))


def test_long_lists_come_in_pages(subscriber: User, client: StrictClient) -> None:
    """Twenty-four at a time, the newest first."""
    creator = given.creator()
    for number in range(25):
        repeat(subscriber, given.button(creator, title=f"Song {number}"), now=world.NOW)
    first = client.get(CAKE)
    links = world.document(first).query("nav.pages a[rel=next][href*=monthly]")
    second = client.get(CAKE + links[0].attrs["href"].partition("#")[0])

    shown = [len(world.document(page).query(".monthly > li")) for page in (first, second)]
    assert shown == [24, 1]


def test_whoever_has_no_budget_is_led_to_one(fan: User, button: Button, client: StrictClient) -> None:
    """The click waits without a weight, as any other, and the page says so."""
    done = client.post(form_of(button), {"term_months": "", "next": page_of(button)}, follow=True)

    assert done.request["PATH_INFO"] == "/subscription/"
    assert world.messages(done)[1] == "Without a budget these clicks weigh nothing. Set one, and they count."
    assert world.hidden_value(done, "next") == page_of(button)
    assert made(fan, NOVEMBER) == 1


@pytest.mark.parametrize("term", ["1", "0", "-3", "many", "3.5", "99999999999999999999"])
def test_bad_terms_are_refused(term: str, subscriber: User, button: Button, client: StrictClient) -> None:
    """The message names the field and what can be chosen; nothing is written."""
    refused = client.post(form_of(button), {"term_months": term}, follow=True)

    assert world.messages(refused) == ["Term: choose 3, 6 or 12 months, or until you stop it."]
    assert not Click.objects.filter(fan=subscriber).exists()
    assert not StandingClick.objects.exists()


def test_ones_own_and_hidden_buttons_are_refused(subscriber: User, button: Button, client: StrictClient) -> None:
    """Creators aren't asked, and a form that was made up is refused; a button that isn't there is not found."""
    buttons_operations.set_hidden(button=button, hidden=True, now=world.NOW)
    click_page = reverse("buttons:click", args=[button.public_id])
    hidden = client.post(form_of(button), {"next": click_page}, follow=True)
    assert "This button is hidden." in world.messages(hidden)
    assert client.post(reverse("buttons:set_every_month", args=["nothing"])).status_code == 404
    client.force_login(button.creator)
    own = client.post(form_of(button), follow=True)

    assert world.messages(own) == ["This button is yours, so you can't click it."]
    assert "every month" not in world.text(own)
    assert not StandingClick.objects.filter(fan__in=[subscriber, button.creator]).exists()


def test_nobody_changes_what_is_somebody_elses(subscriber: User, button: Button, client: StrictClient) -> None:
    """Forms speak of the one who sends them alone, and strangers are asked to log in."""
    repeat(subscriber, button, now=world.NOW)
    client.force_login(given.user("Henry"))
    client.post(form_of(button, "stop_every_month"))
    assert "every month, until" not in world.text(client.get(page_of(button)))
    assert "Every month" not in world.text(client.get(CAKE))
    client.logout()
    asked = client.post(form_of(button, "stop_every_month"))

    assert asked.headers["Location"].startswith("/accounts/login/")
    assert "every month" not in world.text(client.get(page_of(button)))
    assert StandingClick.objects.get().stopped_at is None


def test_french(subscriber: User, button: Button, client: StrictClient) -> None:
    """All of it is said in French."""
    repeat(subscriber, button, term_months=6, now=world.NOW)
    subscriber.language = "fr"
    subscriber.save()
    client.cookies["django_language"] = "fr"
    shown = world.text(client.get(page_of(button)))
    cake = world.text(client.get(CAKE))

    assert "Vous cliquez ce bouton chaque mois, pour la dernière fois en avril 2027" in shown
    assert "Chaque mois Ils reçoivent d’eux-mêmes un clic au début de chaque mois." in cake
    assert "every" not in cake


def test_a_term_is_said_by_its_last_month(subscriber: User, button: Button) -> None:
    """A year from November ends with October."""
    outcome = standing.set_standing_click(fan=subscriber, public_id=button.public_id, term_months=12, now=world.NOW)

    assert outcome.standing.last_period == Period(2027, 10)
