"""Longer times than a month, on pages, in CSV files and in PDF files: all three have the same figures."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from accounts.models import Notification
from accounts.operations import closings as leaving
from accounts.operations import render_notification
from flattr.period import Period
from payouts.views import history, papers
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.tables import facts, rows_of, sums, table
from tests.pages.world import QueryCounter, World
from tests.papers import lines_of

pytestmark = pytest.mark.walk

NOVEMBER = Period.at(world.NOW)


@pytest.fixture
def winter(town: World, clock: time_machine.Traveller) -> World:
    """Let November and December be settled too, and look at it in January."""
    for period in (NOVEMBER, NOVEMBER.next):
        given.deposit(town.fan, amount_cents=3000, now=period.start)
        given.click(town.fan, town.button, now=world.NOW if period == NOVEMBER else period.start)
        given.click(
            town.fan, given.button(town.other_creator, title=f"A program of {period}"), now=period.start, times=6
        )
        given.settled(period, now=period.end + timedelta(minutes=10))
    clock.move_to(NOVEMBER.shift(2).start + timedelta(days=14))
    return town


def test_a_fan_sees_where_their_money_went(winter: World, client: StrictClient) -> None:
    """In all, by creator, by year and by month, with links to each; the drawing has the months."""
    client.force_login(winter.fan)
    page = client.get("/history/")
    links = [link.attrs["href"] for link in world.document(page).query("main a")]

    assert facts(page) == {
        "Given": "€90.00",
        "Of that, our fee": "€9.00",
        "Clicks": "18",
        "Creators": "2",
    }
    assert table(page, "By creator") == [
        ["Bob", "13", "€58.2143"],
        ["Ada", "5", "€31.7857"],
        ["Together", "18", "€90.0000"],
    ]
    assert [row[:4] for row in table(page, "By year")] == [["2026", "3", "18", "€90.00"]]
    assert [row[:3] for row in table(page, "By month")] == [
        ["December 2026", "7", "€30.00"],
        ["November 2026", "8", "€30.00"],
        ["October 2026", "3", "€30.00"],
    ]
    assert {"/history/2026/", "/statements/2026-12/", "/statements/2026-10.pdf", "/history.csv", "/history.pdf"} <= {
        *links
    }
    assert len(world.document(page).query("svg.chart-bars rect")) == 3
    assert "All that you have given since October 2026." in world.text(page)


@pytest.mark.parametrize(
    ("path", "title"), [("/history", "Where your money went"), ("/history/2026", "Your year 2026")]
)
def test_page_and_files_of_a_fan_agree(path: str, title: str, winter: World, client: StrictClient) -> None:
    """The CSV file's rows add up to the page's tables, and each row of these stands in the PDF file."""
    client.force_login(winter.fan)
    page, rows, paper = (
        client.get(f"{path}/"),
        rows_of(client.get(f"{path}.csv")),
        lines_of(client.get(f"{path}.pdf")),
    )
    creators, months = table(page, "By creator"), table(page, "By month")

    assert title in world.text(page)
    assert paper[1] == title
    assert sums(rows, by="creator", of="amount_eur") == {name: amount for name, _clicks, amount in creators[:-1]}
    assert sum(Decimal(row["amount_eur"]) for row in rows) == 90
    assert f"€{sum(Decimal(row['fee_eur']) for row in rows):.2f}" == facts(page)["Of that, our fee"]
    assert sum(int(row["clicks"]) for row in rows) == 18
    assert {row["month"] for row in rows} == {"2026-10", "2026-11", "2026-12"}
    for name, clicks, amount in creators:
        assert [line for line in paper if line.startswith(f"{name} {clicks} {amount}")]
    for name, clicks, amount, _files in months:
        assert f"{name} {clicks} {amount}" in paper
    for name, value in facts(page).items():
        assert f"{name} {value}" in paper


def test_a_fans_year_ends_with_its_balance(winter: World, client: StrictClient) -> None:
    """What was paid in and given, as in the book, on the page and in the file; the next year begins with the rest."""
    client.force_login(winter.fan)
    page, next_page = client.get("/history/2026/"), client.get("/history/2027/")
    paper = lines_of(client.get("/history/2026.pdf"))
    moved = table(page, "Your balance")

    assert moved == [
        ["Opening balance", "€0.00"],
        ["You paid in", "€120.00"],
        ["Your cake, given away", "-€90.00"],
        ["Closing balance", "€30.00"],
    ]
    for name, amount in moved:
        assert f"{name} {amount}" in paper
    assert table(next_page, "Your balance")[0] == ["Opening balance", "€30.00"]
    assert "You gave nothing in this year." in world.text(next_page)


def test_page_and_files_of_a_creators_year_agree(winter: World, client: StrictClient) -> None:
    """Earnings by month and by button, and the balance; the CSV file adds up to them, the PDF file has each row."""
    client.force_login(winter.creator)
    page = client.get("/earnings/2026/")
    rows, paper = rows_of(client.get("/earnings/2026.csv")), lines_of(client.get("/earnings/2026.pdf"))
    months, buttons = table(page, "By month"), table(page, "By button")

    assert facts(page)["Paid out"] == "€0.00"
    assert [row[0] for row in months] == ["October 2026", "November 2026", "December 2026", "Together"]
    assert months[0] == ["October 2026", "4", "€40.0000", "€4.0000", "€36.0000"]
    assert [row[0] for row in buttons] == ["Song & <dance>"]
    assert buttons[0][1:] == months[-1][1:]
    assert sums(rows, by="button", of="net_eur") == {name: net for name, *_rest, net in buttons}
    assert sum(Decimal(row["gross_eur"]) - Decimal(row["fee_eur"]) - Decimal(row["net_eur"]) for row in rows) == 0
    for row in (*months, *buttons, *table(page, "Your balance")):
        assert " ".join(row) in paper
    for name, value in facts(page).items():
        assert f"{name} {value}" in paper


@pytest.mark.parametrize(
    ("role", "path", "caption"),
    [("fan", "/statements/2026-10", "Where every cent went"), ("creator", "/earnings/2026-10", "By button")],
)
def test_a_month_is_a_paper_too(role: str, path: str, caption: str, town: World, client: StrictClient) -> None:
    """It says whose it is, and has the figures of the page and of the CSV file."""
    person = town.fan if role == "fan" else town.creator
    client.force_login(person)
    page, file, rows = client.get(f"{path}/"), client.get(f"{path}.pdf"), rows_of(client.get(f"{path}.csv"))
    paper = lines_of(file)

    assert paper[1] in world.text(page)
    assert f"Name {person.name}" in paper
    for row in table(page, caption)[:-1]:
        assert [line for line in paper if line.startswith(" ".join(row))]
    for row in table(page, "Your balance"):
        assert " ".join(cell for cell in row[-3:] if cell) in " ".join(paper)
    for line in rows:
        amounts = [f"€{Decimal(value):.4f}" for key, value in line.items() if key.endswith("_eur") and value]
        assert [each for each in paper if each.startswith(line["button"]) and each.endswith(" ".join(amounts))]
    assert file.headers["Content-Disposition"].startswith('inline; filename="flattr-')
    assert file.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", ["/statements/2026-10.pdf", "/history/2026.pdf", "/history.pdf", "/history.csv"])
def test_everybody_gets_their_own(path: str, winter: World, client: StrictClient) -> None:
    """No address names a person, so another fan's paper isn't there to be asked for."""
    answers = {}
    for person in (winter.fan, winter.other_fan):
        client.force_login(person)
        answers[person.name] = client.get(path).content

    assert answers["Grace"] != answers["Henry"]
    if path.endswith("pdf"):
        client.force_login(winter.other_fan)
        words = " ".join(lines_of(client.get(path)))
        assert "Henry" in words
        assert "Grace" not in words


@pytest.mark.parametrize(
    "path", ["/history/2025", "/history/0001", "/history/9998", "/earnings/2025", "/earnings/9998"]
)
def test_a_year_of_nothing_is_there_too(path: str, as_creator: StrictClient) -> None:
    """It says so; its file has a header alone, and its paper a balance."""
    page = as_creator.get(f"{path}/")

    assert ("You gave nothing in this year." in world.text(page)) or ("Nothing has been settled" in world.text(page))
    assert rows_of(as_creator.get(f"{path}.csv")) == []
    assert "Your balance" in lines_of(as_creator.get(f"{path}.pdf"))


@pytest.mark.parametrize("year", ["0000", "9999", "26", "02026", "year"])
@pytest.mark.parametrize("kind", ["history", "earnings"])
def test_a_malformed_year_is_not_there(kind: str, year: str, as_creator: StrictClient) -> None:
    """Neither as a page nor as a file."""
    assert [as_creator.get(f"/{kind}/{year}{end}").status_code for end in ("/", ".csv", ".pdf")] == [404] * 3


@pytest.mark.usefixtures("clock", "db")
@pytest.mark.parametrize(
    "path", ["/history/", "/history/2026/", "/history.pdf", "/history.csv", "/statements/2026-10.pdf"]
)
def test_who_never_gave_has_pages_and_papers(path: str, client: StrictClient) -> None:
    """Empty ones, which say so."""
    client.force_login(given.user("Iris"))
    answer = client.get(path)

    assert answer.status_code == 200
    if path == "/history/":
        assert "No month has been settled for you yet." in world.text(answer)


def test_papers_speak_the_readers_language(winter: World, client: StrictClient) -> None:
    """Words, months and amounts."""
    client.cookies["django_language"] = "fr"
    client.force_login(winter.fan)
    words = lines_of(client.get("/history/2026.pdf"))
    month = lines_of(client.get("/statements/2026-10.pdf"))

    assert "Votre année 2026" in words
    assert "décembre 2026 7 30,00 €" in words
    assert "Votre gâteau, distribué -90,00 €" in words
    assert any("Page 1 sur 1" in line for line in month)


def test_a_list_that_is_too_long_keeps_its_sums(
    winter: World, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows that a paper leaves out are one row, and the sum is that of all."""
    monkeypatch.setattr(papers, "ROWS_MAX", 1)
    client.force_login(winter.fan)
    paper = lines_of(client.get("/statements/2026-10.pdf"))

    assert "Song & <dance> Ada 2 €20.0000 €2.0000" in paper
    assert "1 more, see the CSV file 1 €10.0000 €1.0000" in paper
    assert "Together 3 €30.0000 €3.0000" in paper
    assert "1 more entry -€30.00 €0.00" in paper
    assert "Closing balance €0.00" in paper


def test_a_creator_who_has_left_keeps_their_row(winter: World, client: StrictClient) -> None:
    """What they were given stays in the fan's history, without a name and without a way to their page."""
    leaver = winter.other_creator
    leaver.creator_profile.name = leaving.NOBODY
    leaver.creator_profile.save()
    leaver.is_active = False
    leaver.save()
    client.force_login(winter.fan)
    page, months = client.get("/history/"), client.get(f"/history/to/{leaver.creator_profile.slug}/")

    assert [row[0] for row in table(page, "By creator")] == [leaving.NOBODY, "Ada", "Together"]
    assert [row[0] for row in months_on(months)] == ["December 2026", "November 2026", "October 2026"]
    assert f"/@{leaver.creator_profile.slug}" not in page.content.decode() + months.content.decode()


def test_a_creator_has_a_history_of_their_own(winter: World, client: StrictClient) -> None:
    """By month, with the sums of the list that leads there, and the way to their page; another fan sees their own."""
    client.force_login(winter.fan)
    (link,) = [
        each for each in world.document(client.get("/history/")).query("#creators a") if each.to_text() == "Ada"
    ]
    page = client.get(link.attrs["href"])

    assert facts(page) == {"Given": "€31.79", "Of that, our fee": "€3.18", "Clicks": "5"}
    assert months_on(page) == [
        ["December 2026", "1", "€4.2857"],
        ["November 2026", "2", "€7.5000"],
        ["October 2026", "2", "€20.0000"],
    ]
    assert f"/@{winter.creator.creator_profile.slug}/" in [
        each.attrs["href"] for each in world.document(page).query("main a")
    ]
    client.force_login(winter.other_fan)
    assert [row[0] for row in months_on(client.get(link.attrs["href"]))] == ["October 2026"]
    client.force_login(winter.staff)
    assert "You have given nothing to Ada yet." in world.text(client.get(link.attrs["href"]))
    assert client.get("/history/to/nobody/").status_code == 404


def test_months_are_leafed_through(winter: World, client: StrictClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of years of months goes on by links."""
    monkeypatch.setattr(history, "MONTHS_ON_A_PAGE", 2)
    client.force_login(winter.fan)
    for path in ("/statements/", "/history/"):
        first = client.get(path)
        (onward,) = world.document(first).query('nav[aria-label="Pages of months"] a[rel=next]')
        second = client.get(path + onward.attrs["href"].partition("#")[0])

        assert "November 2026" in [row[0] for row in months_on(first)]
        assert [row[0] for row in months_on(second)] == ["October 2026"]


def months_on(page: Any) -> list[list[str]]:
    """Return the rows of the table of months."""
    return [
        [cell.to_text() for cell in row.query("th, td")] for row in world.document(page).query("#months tbody tr")
    ]


@pytest.mark.parametrize(
    "path",
    [
        *[f"/history{end}" for end in ("/", "/to/SLUG/", ".csv", ".pdf", "/2026/", "/2026.csv", "/2026.pdf")],
        *[f"/earnings/2026{end}" for end in ("/", ".csv", ".pdf")],
        "/earnings/2026-11.pdf",
        "/statements/2026-11.pdf",
        "/statements/",
    ],
)
def test_long_times_need_few_queries(
    path: str, winter: World, client: StrictClient, django_assert_max_num_queries: QueryCounter
) -> None:
    """However many months, buttons and creators there are, at most twelve."""
    client.force_login(winter.fan if "earnings" not in path else winter.other_creator)
    with django_assert_max_num_queries(12):
        assert client.get(path.replace("SLUG", winter.creator.creator_profile.slug)).status_code == 200


def test_statements_lead_to_years_and_files(as_creator: StrictClient) -> None:
    """Each page has its files, and the way to its year; earnings lead to the years that there are."""
    for path, ways in {
        reverse("payouts:statement", args=["2026-10"]): {"/statements/2026-10.pdf", "/history/2026/"},
        reverse("payouts:earnings_of", args=["2026-10"]): {"/earnings/2026-10.pdf", "/earnings/2026/"},
        reverse("payouts:earnings"): {"/earnings/2026/"},
    }.items():
        links = {link.attrs["href"] for link in world.document(as_creator.get(path)).query("main a")}
        assert ways <= links


def test_the_email_about_a_month_leads_to_its_page_and_paper(town: World, client: StrictClient) -> None:
    """Its reader is shown the month by each link of it, and reads the month in words."""
    town.fan.language = "fr"
    town.fan.save()
    client.force_login(town.fan)
    (told,) = Notification.objects.filter(recipient=town.fan, kind=Notification.Kind.MONTH_SETTLED)
    subject, body = render_notification(told)
    paths = [url.removeprefix(settings.APP_URL) for url in re.findall(r"https?://\S+", body)]

    assert "octobre 2026" in subject
    assert "En octobre 2026" in body
    assert paths == ["/statements/2026-10/", "/statements/2026-10.pdf"]
    assert [client.get(path).status_code for path in paths] == [200, 200]
