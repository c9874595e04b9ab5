"""What caps held back of a settled month, on its page and in its files: told as it was, whatever is said later."""

import csv
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from flattr.period import Period
from payouts.operations import caps
from tests import given, papers
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter

pytestmark = pytest.mark.django_db

OCTOBER = Period(2026, 10)
AFTER = OCTOBER.end


@pytest.fixture
def fan(clock: time_machine.Traveller) -> User:
    """Return a fan with 5 EUR in October who capped Ada at 1 EUR, and clicked two buttons of hers and Bob's twice."""
    clock.move_to(world.NOW)
    person, ada = given.funded_fan("Iris", period=OCTOBER), given.creator("Ada")
    for each, times in ((given.button(ada, title="Song"), 1), (given.button(ada, title="Dance"), 1)):
        given.click(person, each, now=OCTOBER.start, times=times)
    given.click(person, given.button(given.creator("Bob"), title="Program"), now=OCTOBER.start, times=2)
    cap(person, "Ada", 100)
    return person


def cap(fan: User, name: str, most_cents: int | None, *, now: datetime = OCTOBER.start) -> None:
    """Let the fan cap the creator of that name."""
    creator = User.objects.get(creator_profile__name=name)
    caps.set_cap(fan=fan, creator=creator, most_cents=most_cents, now=now)


def shown(client: StrictClient, fan: User) -> Any:
    """Return the fan's page of October."""
    client.force_login(fan)
    return client.get(reverse("payouts:statement", args=["2026-10"]))


def held(page: Any) -> list[list[str]]:
    """Return the rows of the table of caps."""
    rows = world.document(page).query("#caps tbody tr")
    return [[" ".join(cell.to_text().split()) for cell in row.query("th, td")] for row in rows]


def file_of(client: StrictClient) -> list[dict[str, str]]:
    """Return October's file."""
    file = client.get(reverse("payouts:statement_csv", args=["2026-10"]))
    return list(csv.DictReader(StringIO(file.content.decode())))


def paper_of(client: StrictClient) -> list[str]:
    """Return the lines of October's paper."""
    return papers.lines_of(client.get(reverse("payouts:statement_pdf", args=["2026-10"])))


def test_a_cap_that_held_back_is_told(fan: User, client: StrictClient) -> None:
    """For whom, by which cap, how much, and where that went: page, file and paper say the same."""
    given.settled(OCTOBER, now=AFTER)
    page = shown(client, fan)

    assert held(page) == [["Ada", "€1.00", "€2.5000", "€1.5000"]]
    assert "What was held back went to your other slices, by your clicks." in world.text(page)
    assert "stayed in your balance" not in world.text(page)
    assert {
        row["button"]: (row["amount_eur"], row["cap_eur"], row["by_clicks_eur"], row["kept_in_balance_eur"])
        for row in file_of(client)
    } == {
        "Program": ("4.000000", "", "", ""),
        "Song": ("0.500000", "1.000000", "1.250000", ""),
        "Dance": ("0.500000", "1.000000", "1.250000", ""),
    }
    lines = paper_of(client)
    assert "Ada 2 €1.0000 €2.5000 €1.5000" in lines[lines.index("What your caps held back") :]
    assert "What was held back went to your other slices, by your clicks." in lines


def test_what_stayed_in_the_balance_is_told(fan: User, client: StrictClient) -> None:
    """Where everybody is at their cap nobody else could get it; the closing balance has the same sum.

    Bob's cap made no slice smaller: he got more than by his clicks alone.
    """
    cap(fan, "Bob", 300)
    given.settled(OCTOBER, now=AFTER)
    page = shown(client, fan)
    words = "Everybody whom you clicked was at their cap, so €1.0000 stayed in your balance."

    assert held(page) == [["Ada", "€1.00", "€2.5000", "€1.5000"]]
    assert f"What was held back went to your other slices, by your clicks. {words}" in world.text(page)
    assert "Closing balance €1.00" in world.text(page)
    assert words in paper_of(client)
    *buttons, kept = file_of(client)
    assert [row["kept_in_balance_eur"] for row in buttons] == ["", "", ""]
    assert {name: text for name, text in kept.items() if text} == {"kept_in_balance_eur": "1.000000"}


@pytest.mark.parametrize("most_cents", [1, 450, None])
def test_a_cap_changed_later_changes_no_month_before(most_cents: int | None, fan: User, client: StrictClient) -> None:
    """Lower, higher or lifted: October stays as it was settled."""
    given.settled(OCTOBER, now=AFTER)
    before = (held(shown(client, fan)), file_of(client))
    cap(fan, "Ada", most_cents, now=world.NOW)

    assert held(shown(client, fan)) == before[0] == [["Ada", "€1.00", "€2.5000", "€1.5000"]]
    assert file_of(client) == before[1]


@pytest.mark.parametrize("most_cents", [250, 251, 50_000])
def test_a_cap_that_held_nothing_back_is_not_told(most_cents: int, fan: User, client: StrictClient) -> None:
    """One that is just reached made no slice smaller; nor did one that was set when the month was over."""
    cap(fan, "Ada", most_cents)
    cap(fan, "Bob", 1, now=AFTER)
    given.settled(OCTOBER, now=AFTER)
    page = shown(client, fan)

    assert held(page) == []
    assert "held back" not in world.text(page)
    assert {row["cap_eur"] for row in file_of(client)} == {""}
    assert "What your caps held back" not in paper_of(client)


def test_what_there_was_to_cut_is_remembered(fan: User, client: StrictClient) -> None:
    """Money that came or went since, and a budget that changed, are nothing to a settled month."""
    cap(fan, "Bob", 100)
    given.settled(OCTOBER, now=AFTER)
    given.deposit(fan, amount_cents=5000, now=AFTER)
    given.subscription(fan, budget_cents=1000, period=OCTOBER.next)

    page = shown(client, fan)
    assert held(page) == [["Ada", "€1.00", "€2.5000", "€1.5000"], ["Bob", "€1.00", "€2.5000", "€1.5000"]]
    assert "went to your other slices" not in world.text(page)
    assert "so €3.0000 stayed in your balance" in world.text(page)


def test_a_page_of_a_hundred_caps_needs_few_queries(
    fan: User, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """However many caps a fan has, a statement asks the database at most twelve times."""
    for number in range(30):
        creator = given.creator(f"Creator{number:02}")
        given.click(fan, given.button(creator), now=OCTOBER.start)
        cap(fan, creator.name, 1)
    given.settled(OCTOBER, now=AFTER)
    client.force_login(fan)
    for name in ("payouts:statement", "payouts:statement_csv", "payouts:statement_pdf"):
        with django_assert_max_num_queries(12):
            client.get(reverse(name, args=["2026-10"]))

    assert len(held(shown(client, fan))) == 30
