"""Lists that don't fit: somebody leafs through all of them by links, and each row comes once."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Subscription, User
from buttons.models import Button
from flattr import pages
from flattr.period import Period
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NOVEMBER = Period.at(world.NOW)
LONG = pages.SIZE + 2


def navigation(page: Any, label: str) -> dict[str, str]:
    """Return the addresses that the navigation of that name leads to, by the texts of its links."""
    return {link.to_text(): link.attrs["href"] for link in world.document(page).query(f'nav[aria-label="{label}"] a')}


def leafed(client: StrictClient, path: str, *, label: str, onward: str = "More") -> Iterator[Any]:
    """Yield page after page of a list, as its links lead on."""
    address: str | None = path
    while address is not None:
        page = client.get(address)
        yield page
        further = navigation(page, label).get(onward)
        address = None if further is None else path + further.partition("#")[0]


def texts(page: Any, selector: str) -> list[str]:
    """Return the texts of the elements."""
    return [" ".join(each.to_text().split()) for each in world.document(page).query(selector)]


@pytest.fixture
def creator() -> User:
    """Return a creator of more buttons than a page has."""
    person = given.creator("Cleo")
    for number in range(LONG):
        given.button(person, title=f"Song {number:02}")
    return person


@pytest.fixture
def fan(creator: User) -> User:
    """Return a fan who clicked all of them, the tenth three times."""
    person = given.funded_fan(budget_cents=2000, period=NOVEMBER)
    for number, button in enumerate(Button.objects.filter(creator=creator).order_by("id")):
        given.click(person, button, now=world.NOW + timedelta(seconds=number), times=3 if number == 10 else 1)
    return person


SONGS = [f"Song {number:02}" for number in reversed(range(LONG))]
BY_CLICKS = ["Song 10", *[song for song in SONGS if song != "Song 10"]]


def test_everybody_sees_all_buttons_of_a_creator(
    creator: User, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """Newest first, with links that say which list they are of and lead to it."""
    path = reverse("buttons:creator", args=[creator.creator_profile.slug])
    with django_assert_max_num_queries(12):
        first, second = leafed(client, path, label="Pages of buttons", onward="Older")

    assert texts(first, ".card h3") + texts(second, ".card h3") == SONGS
    assert list(navigation(first, "Pages of buttons")) == ["Older"]
    assert navigation(second, "Pages of buttons") == {"Newest": "?#buttons"}
    assert world.document(second).query("#buttons")


def test_links_are_in_the_readers_language(creator: User, client: StrictClient) -> None:
    """In French too."""
    client.cookies["django_language"] = "fr"
    page = client.get(reverse("buttons:creator", args=[creator.creator_profile.slug]))

    assert list(navigation(page, "Pages de boutons")) == ["Plus anciens"]


@pytest.mark.usefixtures("fan")
def test_creators_see_all_of_theirs(
    creator: User, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """The most clicked first, those alike by their age."""
    client.force_login(creator)
    with django_assert_max_num_queries(12):
        first, second = leafed(client, reverse("buttons:own"), label="Pages of buttons")

    assert texts(first, "tbody th") + texts(second, "tbody th") == BY_CLICKS
    assert texts(first, "tbody td")[:4] == ["3", "1", "1", "1"]


def test_a_fan_sees_all_of_the_cake(
    fan: User, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """What the other pages show is one slice of the drawing; one click more leads back to the same page."""
    client.force_login(fan)
    with django_assert_max_num_queries(48):
        first, second, third, last = leafed(client, reverse("payouts:cake"), label="Pages of the cake")
    songs = [each for page in (first, second, third, last) for each in texts(page, ".slices .grow > a")]
    drawn = texts(last, "svg title")
    (form, _) = world.document(last).query('form[action$="/click/"]')
    back = form.query("input[name=next]")[0].attrs["value"]

    assert songs == BY_CLICKS
    assert drawn == ["Song 01: 1", "Song 00: 1", f"Everything else: {LONG}"]
    assert len(texts(first, "svg title")) == pages.SIZE // 3 + 1
    again = client.post(form.attrs["action"], {"click_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "next": back})
    assert again.headers["Location"] == back
    assert texts(client.get(back), ".slices .grow > a") == ["Song 00"]


@pytest.mark.parametrize("name", ["payouts:statement", "payouts:earnings_of"])
def test_all_lines_of_a_month_are_shown(
    name: str, fan: User, creator: User, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """The most given first; the sums below are those of the month on each page, and the file has all lines."""
    given.settled(NOVEMBER, now=NOVEMBER.end)
    client.force_login(fan if name == "payouts:statement" else creator)
    path = reverse(name, args=[NOVEMBER])
    with django_assert_max_num_queries(24):
        first, second = leafed(client, path, label="Pages of buttons")
    found = texts(first, "#lines tbody th") + texts(second, "#lines tbody th")
    file = client.get(reverse(f"{name.replace('earnings_of', 'earnings')}_csv", args=[NOVEMBER]))

    assert found[0] == "Song 10"
    assert sorted(found) == sorted(SONGS)
    assert texts(first, "#lines tfoot") == texts(second, "#lines tfoot")
    assert len(file.content.decode().splitlines()) == LONG + 1


def test_all_gifts_and_movements_of_a_month_are_shown(
    client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """Each list leafs by itself, and the balance of each page begins with that of the page before."""
    ada = given.creator("Ada")
    fans = [given.user(f"Fan {number}") for number in range(LONG // 10 + 1)]
    for fan in fans:
        given.deposit(fan, amount_cents=2000, now=NOVEMBER.start)
    for number in range(LONG):
        moment = NOVEMBER.start + timedelta(minutes=number)
        given.gift(fans[number // 10], ada, amount_cents=200, now=moment, note=f"No. {number:02}")
    client.force_login(ada)
    path = reverse("payouts:earnings_of", args=[NOVEMBER])
    with django_assert_max_num_queries(24):
        first, second = leafed(client, path, label="Pages of the balance")
    gifts = leafed(client, path, label="Pages of gifts")
    balances = [texts(page, '[aria-labelledby="entries"] tbody tr') for page in (first, second)]

    assert [len(rows) for rows in balances] == [pages.SIZE + 2, LONG - pages.SIZE + 2]
    assert (balances[0][0], balances[0][-1]) == ("Opening balance €0.00", "Carried forward €172.80")
    assert (balances[1][0], balances[1][-1]) == ("Brought forward €172.80", "Closing balance €176.40")
    notes = [re.findall(r"No\. \d+", row) for page in gifts for row in texts(page, "#gifts tbody tr")]
    assert notes == [[f"No. {number:02}"] for number in range(LONG)]


def test_a_fan_sees_all_payments_refunds_and_promises(client: StrictClient) -> None:
    """Each list leafs by itself, and the newest promise is in force on every page."""
    fan = given.user()
    for number in range(14):
        given.deposit(fan, amount_cents=1000 + number, now=world.NOW + timedelta(seconds=number))
    for number in range(13):
        given.refund(fan, amount_cents=10 + number, now=world.NOW + timedelta(seconds=number))
    for number in range(25):
        given.subscription(fan, budget_cents=200 + number, period=NOVEMBER)
    client.force_login(fan)
    path = reverse("payouts:subscription")
    first, second = leafed(client, path, label="Pages of payments", onward="Older")
    refunds = list(leafed(client, path, label="Pages of refunds", onward="Older"))
    promises = list(leafed(client, path, label="Pages of what you said", onward="Older"))

    assert "€10.00" in " ".join(texts(second, ".list")[:1])
    assert "€10.00" not in " ".join(texts(first, ".list")[:1])
    assert len(texts(second, ".list")[0].split(" · ")) == 2 * 2 + 1
    assert [world.text(page).count("€0.10") for page in refunds] == [0, 1]
    assert [bool(world.document(page).query("details[open]")) for page in promises] == [False, True]
    assert all("Your budget is €2.24 a month." in world.text(page) for page in promises)
    assert Subscription.objects.filter(fan=fan).count() == 25


def test_a_creator_sees_all_payouts(client: StrictClient) -> None:
    """The newest first."""
    creator = given.creator()
    given.earned(creator, micros=400_000_000, period=NOVEMBER.previous, now=NOVEMBER.start)
    for number in range(25):
        given.payout(creator, amount_cents=1000 + number, now=world.NOW + timedelta(seconds=number))
    client.force_login(creator)
    found = list(leafed(client, reverse("payouts:earnings"), label="Pages of payouts", onward="Older"))

    amounts = [amount for page in found for amount in texts(page, ".list strong")]
    assert amounts == [f"€10.{number:02}" for number in reversed(range(25))]


@pytest.mark.parametrize("after", ["x", "%00", "W10:x", "-1", "é", "5" * 3000])
def test_an_address_that_is_not_ours_begins_the_list(after: str, client: StrictClient) -> None:
    """On every page with a long list."""
    person = given.creator()
    client.force_login(person)
    for path in (
        reverse("buttons:creator", args=[person.creator_profile.slug]),
        reverse("buttons:own"),
        reverse("payouts:cake"),
        reverse("payouts:subscription"),
        reverse("payouts:earnings"),
        reverse("payouts:statement", args=[NOVEMBER]),
        reverse("payouts:earnings_of", args=[NOVEMBER]),
    ):
        names = ("after", "payments", "refunds", "history", "payouts", "entries", "gifts")
        query = "&".join(f"{name}={after}" for name in names)
        assert client.get(f"{path}?{query}").status_code == 200
