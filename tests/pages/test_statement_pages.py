"""A fan's month on a page and as a file: what was given to whom, and every entry of the balance."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.models import CreatorProfile
from flattr.period import Period
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import QueryCounter, World

pytestmark = pytest.mark.walk

OCTOBER = Period(2026, 10)
OF_CAPS = ["cap_eur", "by_clicks_eur", "kept_in_balance_eur"]


def rows_of(response: Any) -> list[list[str]]:
    """Return the rows of a CSV download."""
    return list(csv.reader(StringIO(response.content.decode())))


def test_a_statement_shows_where_every_cent_went(as_fan: StrictClient) -> None:
    """Each button with its clicks and amount, the sum, the worth of a click, and the digest."""
    page = as_fan.get(reverse("payouts:statement", args=["2026-10"]))
    words = world.text(page)
    table = world.document(page).query("table")[0]
    lines = [[cell.to_text() for cell in row.query("th, td")] for row in table.query("tbody tr")]

    assert lines == [
        ["Song & <dance>", "Ada", "2", "€20.0000"],
        ["A program", "Bob", "1", "€10.0000"],
    ]
    assert "Given €30.00" in words
    assert "One click was worth €10.00" in words
    assert len(world.document(page).query("main code")[0].to_text()) == 64


def test_a_statement_shows_the_balance_entry_by_entry(as_fan: StrictClient) -> None:
    """It opens with nothing, takes the deposit in, gives the cake away, and closes with what is left."""
    page = as_fan.get(reverse("payouts:statement", args=["2026-10"]))
    table = world.document(page).query("table")[-1]
    amounts = [[cell.to_text() for cell in row.query("td.number")] for row in table.query("tbody tr")]

    assert amounts[0] == ["€0.00"]
    assert amounts[1] == ["€30.00", "€30.00"]
    assert amounts[-1] == ["€0.00"]
    assert sum(row[0].startswith("-€") for row in amounts) >= 1


@pytest.mark.parametrize("month", ["2026-11", "2026-09", "0001-01", "9998-12"])
def test_a_month_without_a_settlement_has_a_page_too(month: str, as_fan: StrictClient) -> None:
    """It says that nothing was settled; its file has a header alone."""
    page = as_fan.get(reverse("payouts:statement", args=[month]))
    file = as_fan.get(reverse("payouts:statement_csv", args=[month]))

    assert "Nothing has been settled for you in this month." in world.text(page)
    assert rows_of(file) == [["button", "address", "creator", "clicks", "amount_eur", "fee_eur", *OF_CAPS]]


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "0000-01", "9999-12", "2026-1", "last"])
@pytest.mark.parametrize("kind", ["statements", "earnings"])
def test_a_malformed_month_is_not_there(month: str, kind: str, as_creator: StrictClient) -> None:
    """Neither as a page nor as a file."""
    assert as_creator.get(f"/{kind}/{month}/").status_code == 404
    assert as_creator.get(f"/{kind}/{month}.csv").status_code == 404


def test_the_months_are_listed(as_fan: StrictClient) -> None:
    """The settled month with its sums and files, the one that is still running, and the way to all together."""
    page = as_fan.get(reverse("payouts:statement_list"))
    links = [link.attrs["href"] for link in world.document(page).query("main a")]

    assert links == [
        "/statements/2026-11/",
        "/statements/2026-10/",
        "/statements/2026-10.pdf",
        "/statements/2026-10.csv",
        "/history/",
    ]
    assert "October 2026 3 €30.00" in world.text(page)


def test_a_fan_of_no_month_is_told_when(client: StrictClient, clock: time_machine.Traveller, db: None) -> None:
    """An empty list says what will fill it."""
    del clock, db
    client.force_login(given.user())
    page = client.get(reverse("payouts:statement_list"))

    assert "No month has been settled for you yet." in world.text(page)


def test_a_statement_is_downloaded_as_a_file(as_fan: StrictClient) -> None:
    """The same lines as on the page, to the micro, as a private attachment with a name of its own."""
    file = as_fan.get(reverse("payouts:statement_csv", args=["2026-10"]))
    lines = rows_of(file)

    assert [[title, *rest] for title, _url, *rest in lines] == [
        ["button", "creator", "clicks", "amount_eur", "fee_eur", *OF_CAPS],
        ["Song & <dance>", "Ada", "2", "20.000000", "2.000000", "", "", ""],
        ["A program", "Bob", "1", "10.000000", "1.000000", "", "", ""],
    ]
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert file.headers["Content-Disposition"] == 'attachment; filename="flattr-2026-10.csv"'
    assert file.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}"])
def test_no_text_of_a_stranger_runs_as_a_formula(start: str, town: World, as_fan: StrictClient) -> None:
    """Spreadsheets would run it; an apostrophe in front keeps it a text, for titles and names alike."""
    town.button.title = f'{start}HYPERLINK("https://evil.example","A song")'
    town.button.save()
    CreatorProfile.objects.filter(user=town.creator).update(name=f"{start}1+1, Ada")
    _header, line, _other = rows_of(as_fan.get(reverse("payouts:statement_csv", args=["2026-10"])))
    as_fan.force_login(town.creator)
    _header, earned = rows_of(as_fan.get(reverse("payouts:earnings_csv", args=["2026-10"])))

    assert line[0] == earned[0] == f"'{town.button.title}"
    assert line[2] == f"'{start}1+1, Ada"


def test_no_part_of_a_text_runs_as_a_formula(town: World, as_fan: StrictClient) -> None:
    """Where decimals have a comma, spreadsheets take semicolons for the ends of cells, quoted or not."""
    town.button.title = "A song; or two;=1+1\n@2;-3"
    town.button.save()
    _header, line, _other = rows_of(as_fan.get(reverse("payouts:statement_csv", args=["2026-10"])))

    assert line[0] == "A song; or two;'=1+1\n'@2;'-3"


@pytest.mark.parametrize(
    "name",
    [
        "payouts:cake",
        "payouts:statement",
        "payouts:statement_csv",
        "payouts:statement_pdf",
        "payouts:statement_list",
        "payouts:subscription",
    ],
)
def test_a_page_of_thirty_buttons_needs_few_queries(
    name: str,
    town: World,
    client: StrictClient,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: QueryCounter,
) -> None:
    """However much a fan clicked, a page asks the database at most twelve times."""
    november, mid_december = OCTOBER.next, world.NOW.replace(month=12)
    fan = given.funded_fan("Iris", budget_cents=3000, period=november)
    buttons = [given.button(given.creator("Ada")) for _ in range(30)]
    for button in buttons:
        given.click(fan, button, now=world.NOW)
        given.click(fan, button, now=mid_december)
    given.settled(november, now=november.end + timedelta(minutes=10))
    given.deposit(fan, amount_cents=3000, now=mid_december)
    clock.move_to(mid_december)
    client.force_login(fan)
    arguments = ["2026-11"] if "statement" in name and "list" not in name else []
    with django_assert_max_num_queries(12):
        page = client.get(reverse(name, args=arguments))

    assert town.fan != fan
    if name in {"payouts:cake", "payouts:statement"}:
        assert len(world.document(page).query("path.slice")) == 30
