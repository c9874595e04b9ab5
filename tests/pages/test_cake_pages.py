"""The cake of a fan: figures, orders, the undo of the last click, and caps, in two languages and without a script."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from buttons.models import Button, Click
from flattr.period import Period
from payouts.models import CreatorCap
from payouts.operations import caps as operations
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

NOVEMBER = Period(2026, 11)
CAKE = "/cake/"


@pytest.fixture
def fan(client: StrictClient, clock: time_machine.Traveller) -> User:
    """Return a fan with 5 EUR, logged in."""
    del clock
    person = given.funded_fan(period=NOVEMBER)
    client.force_login(person)
    return person


@pytest.fixture
def buttons(fan: User) -> list[Button]:
    """Return a song of Zoe and a program of Ada, clicked three times and, later, once."""
    made = [
        given.button(given.creator("Zoe"), title="A song"),
        given.button(given.creator("Ada"), title="A program"),
    ]
    given.click(fan, made[0], now=world.NOW - timedelta(days=1), times=3)
    given.click(fan, made[1], now=world.NOW - timedelta(hours=1))
    return made


def cap_page(button: Button) -> str:
    """Return the address of the page about the cap for the button's creator."""
    return reverse("payouts:cap", args=[button.creator.creator_profile.slug])


def titles(page: Any) -> list[str]:
    """Return the buttons of the cake in their order on the page."""
    return [each.to_text() for each in world.document(page).query(".slices .grow > a[href^='/b/']")]


@pytest.mark.usefixtures("buttons")
def test_each_slice_says_what_one_click_would_change(client: StrictClient) -> None:
    """In euros, more and less; and the page says what there is to cut, and for how long clicks change it."""
    words = world.text(client.get(CAKE))

    assert "One click more: €3.75 → €4.00" in words
    assert "One less: €3.75 → €3.33" in words
    assert "One click more: €1.25 → €2.00" in words
    assert "One less: €1.25 → €0.00" in words
    assert "Days left 16 Budget €5.00 Balance €5.00" in words
    assert "If the month ended now This is what everyone would get. There are 16 days left" in words


def test_the_last_day_is_one(fan: User, client: StrictClient, clock: time_machine.Traveller) -> None:
    """In words that fit one day."""
    clock.move_to(NOVEMBER.last_moment)
    client.force_login(fan)
    words = world.text(client.get(CAKE))

    assert "Days left 1 " in words
    assert "There is 1 day left. A month without a click costs nothing" in words
    assert fan.clicks.count() == 0


def test_clicks_of_less_than_a_cent_are_told_to_the_hundredth_of_one(fan: User, client: StrictClient) -> None:
    """Else one click more would change nothing that is seen."""
    button, other = given.button(), given.button()
    given.click(fan, button, now=world.NOW)
    given.click(fan, other, now=world.NOW, times=600)

    assert "One click more: €0.0083 → €0.0166" in world.text(client.get(CAKE))


@pytest.mark.usefixtures("buttons")
@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", ["A song", "A program"]),
        ("?sort=clicks", ["A song", "A program"]),
        ("?sort=latest", ["A program", "A song"]),
        ("?sort=creator", ["A program", "A song"]),
        ("?sort=nothing", ["A song", "A program"]),
    ],
)
def test_slices_are_sorted_as_asked(query: str, order: list[str], client: StrictClient) -> None:
    """By clicks, by age or by creator; the link of the order that is shown is marked."""
    page = client.get(CAKE + query)
    marked = world.document(page).query('[aria-label="Order of the slices"] [aria-current]')

    assert titles(page) == order
    assert len(marked) == 1


@pytest.mark.parametrize("sort", ["clicks", "latest", "creator"])
def test_long_cakes_go_on_in_each_order(sort: str, fan: User, client: StrictClient) -> None:
    """Each slice comes once; the place in one order says nothing in another one, and does no harm there."""
    creators = [given.creator(name) for name in ("Ada", "Bob")]
    made = [given.button(creators[number % 2], title=f"Song {number:03}") for number in range(34)]
    for number, each in enumerate(made):
        given.click(fan, each, now=world.NOW + timedelta(seconds=number))
    first = client.get(f"{CAKE}?sort={sort}")
    (more,) = world.document(first).query('.pages a[rel="next"]')
    address = CAKE + more.attrs["href"].partition("#")[0]
    second = client.get(address)

    assert sorted(titles(first) + titles(second)) == [each.title for each in made]
    assert len(titles(second)) == 2
    for other in {"clicks", "latest", "creator"} - {sort}:
        assert len(titles(client.get(address.replace(f"sort={sort}", f"sort={other}")))) == 32


def test_the_last_click_can_be_undone_at_once(buttons: list[Button], client: StrictClient) -> None:
    """Right after it and as long as the month runs, wherever its slice stands; then the one before is offered."""
    page = client.get(CAKE)
    (form,) = [each for each in world.document(page).query("form") if each.query("#undo-last")]
    undone = client.post(form.attrs["action"], {"next": CAKE}, follow=True)

    assert "Your last click: A program Undo" in world.text(page)
    assert world.messages(undone) == ["One click for “A program” is undone."]
    assert "Your last click: A song Undo" in world.text(undone)
    assert Click.objects.filter(undone_at__isnull=False).get().button == buttons[1]


def test_a_cap_is_set_changed_and_lifted(buttons: list[Button], client: StrictClient) -> None:
    """The cake says what the cap does now, the page what it means; each step says what was done."""
    song = buttons[0]
    asked = client.get(cap_page(song))
    done = client.post(cap_page(song), {"most_cents": "2,50", "next": "/cake/?sort=latest"}, follow=True)
    words = world.text(done)

    assert "If the month ended now, Zoe would get €3.75 for your 3 clicks." in world.text(asked)
    assert done.redirect_chain == [("/cake/?sort=latest", 302)]
    assert world.messages(done) == ["Zoe gets at most €2.50 of your cake a month."]
    assert "3 clicks · €2.50 · Share · Cap €2.50" in words
    assert "Zoe At most €2.50 a month. Without the cap it would be €3.75 now: €1.25 go to the others" in words
    assert "One click more: €2.50 → €2.50" in words
    assert "One click is worth €2.50" in words

    again = client.get(cap_page(song))
    assert world.document(again).query("#id_most_cents")[0].attrs["value"] == "2.50"
    changed = client.post(cap_page(song), {"most_cents": "4"}, follow=True)
    assert "Zoe At most €4.00 a month. Not reached: €3.75 now." in world.text(changed)
    lifted = client.post(f"{cap_page(song)}lift/", follow=True)

    assert world.messages(lifted) == ["There is no cap for Zoe any more."]
    assert "Your caps" not in world.text(lifted)
    assert client.post(f"{cap_page(song)}lift/").status_code == 302
    assert [each.most_cents for each in CreatorCap.objects.all()] == [None]


def test_where_everybody_is_full_the_page_says_what_stays(buttons: list[Button], client: StrictClient) -> None:
    """The rest stays in the balance."""
    for each in buttons:
        client.post(cap_page(each), {"most_cents": "1"})

    assert "Everybody whom you clicked is at their cap, so €3.00 would stay in your balance." in world.text(
        client.get(CAKE)
    )


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "This field is required."),
        ("0", "Please choose between €0.01 and €500.00."),
        ("500.01", "Please choose between €0.01 and €500.00."),
        ("much", "“much” is not an amount such as 5 or 5.50."),
        ("$5", "Please give the amount in euros."),
    ],
)
def test_a_bad_cap_is_refused_beside_its_field(
    typed: str, error: str, buttons: list[Button], client: StrictClient
) -> None:
    """What was typed stays there, and nothing is capped."""
    page = client.post(cap_page(buttons[0]), {"most_cents": typed})
    (field,) = world.document(page).query("#id_most_cents")
    (told,) = world.document(page).query(".errorlist")

    assert page.status_code == 200
    assert told.to_text().strip() == error
    assert field.attrs["aria-invalid"] == "true"
    assert told.attrs["id"] in field.attrs["aria-describedby"].split()
    assert not CreatorCap.objects.exists()


def test_too_many_caps_are_refused_beside_the_field(
    buttons: list[Button], client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says what to do about it."""
    monkeypatch.setattr(operations, "CAPS_MAX", 1)
    client.post(cap_page(buttons[0]), {"most_cents": "1"})
    page = client.post(cap_page(buttons[1]), {"most_cents": "1"})

    assert "You have 1 caps, which is as many as one may have. Lift another one first." in world.text(page)


def test_in_the_moment_of_closing_a_cap_is_asked_for_again(
    fan: User, buttons: list[Button], client: StrictClient, clock: time_machine.Traveller
) -> None:
    """A process whose clock is late says so, and changes nothing."""
    given.settled(NOVEMBER, now=NOVEMBER.end)
    clock.move_to(NOVEMBER.last_moment)
    client.force_login(fan)
    page = client.post(cap_page(buttons[0]), {"most_cents": "1"})
    lifted = client.post(f"{cap_page(buttons[0])}lift/", follow=True)

    assert "The month has just ended. Please try again." in world.text(page)
    assert world.messages(lifted) == ["The month has just ended. Please try again."]


def test_nobody_caps_themselves_or_who_is_not_there(fan: User, client: StrictClient) -> None:
    """Such pages aren't there."""
    own = given.creator("Iris")
    client.force_login(own)
    path = reverse("payouts:cap", args=[own.creator_profile.slug])

    assert [client.get(path).status_code, client.post(path, {"most_cents": "1"}).status_code] == [404, 404]
    assert client.post(f"{path}lift/").status_code == 404
    assert client.get("/cake/caps/nobody/").status_code == 404
    assert client.post("/cake/caps/nobody/lift/").status_code == 404
    assert fan.caps.count() == 0


def test_a_creators_page_leads_to_the_cap(buttons: list[Button], client: StrictClient) -> None:
    """And back; nobody else than a fan is offered it."""
    path = reverse("buttons:creator", args=[buttons[0].creator.creator_profile.slug])
    (link,) = world.document(client.get(path)).query("a[href^='/cake/caps/']")
    done = client.post(link.attrs["href"], {"most_cents": "1", "next": path})
    client.force_login(buttons[0].creator)
    own = client.get(path)
    client.logout()

    assert link.to_text() == "Cap what Zoe gets of your cake"
    assert done.headers["Location"] == path
    for page in (own, client.get(path)):
        assert world.document(page).query("a[href^='/cake/caps/']") == []


def test_a_cap_is_its_fans_alone(buttons: list[Button], client: StrictClient) -> None:
    """Another fan and the creator see nothing of it."""
    client.post(cap_page(buttons[0]), {"most_cents": "1"})
    for person in (given.funded_fan("Henry", period=NOVEMBER), buttons[0].creator):
        client.force_login(person)

        assert "Your caps" not in world.text(client.get(CAKE))


def test_the_cake_is_in_french(buttons: list[Button], client: StrictClient) -> None:
    """With its caps and figures."""
    client.post(cap_page(buttons[0]), {"most_cents": "1"})
    client.cookies["django_language"] = "fr"
    words, about = world.text(client.get(CAKE)), world.text(client.get(cap_page(buttons[0])))

    assert "Un clic de plus : 4,00 € → 4,00 €" in words
    assert "Au plus 1,00 € par mois. Sans plafond, ce serait 3,75 € pour l’instant" in words
    assert "Il vaut à partir de novembre 2026" in about


def test_many_slices_and_caps_need_few_queries(
    fan: User, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """However many there are, in each order."""
    for number in range(15):
        button = given.button(given.creator(f"Ada-{number}"))
        given.click(fan, button, now=world.NOW)
        operations.set_cap(fan=fan, creator=button.creator, most_cents=1 + number, now=world.NOW)
    for sort in ("clicks", "creator"):
        with django_assert_max_num_queries(12):
            client.get(f"{CAKE}?sort={sort}")
    with django_assert_max_num_queries(12):
        client.get(cap_page(button))


def test_a_month_without_clicks_says_that_nothing_is_lost(
    fan: User, buttons: list[Button], client: StrictClient, clock: time_machine.Traveller
) -> None:
    """And shows the caps that wait."""
    client.post(cap_page(buttons[0]), {"most_cents": "1"})
    clock.move_to(NOVEMBER.next.start + timedelta(days=2))
    client.force_login(fan)
    words = world.text(client.get(CAKE))

    assert "Nothing to cut yet No click yet this month." in words
    assert "what you have paid in stays yours" in words
    assert "Zoe At most €1.00 a month. Not clicked this month." in words
