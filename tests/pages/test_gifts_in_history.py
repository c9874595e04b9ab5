"""Gifts and co-authors' shares in longer times than a month: pages, CSV and PDF files have them, and agree."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from flattr.period import Period
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.pages.tables import facts, rows_of, sums, table
from tests.pages.world import World
from tests.papers import lines_of
from tests.payouts.sharing import share

NOVEMBER = Period.at(world.NOW)
DECEMBER = NOVEMBER.next


@pytest.fixture
def generous(town: World, clock: time_machine.Traveller) -> World:
    """Let Grace give Ada 5 EUR beside November's cake, Bob have 25 % of Ada's song, and 2 EUR in December."""
    share(town.button, town.other_creator, 25, now=NOVEMBER.shift(-1).start)
    given.deposit(town.fan, amount_cents=500, now=world.NOW)
    given.gift(town.fan, town.creator, amount_cents=500, now=world.NOW)
    given.settled(NOVEMBER, now=DECEMBER.start + timedelta(minutes=10))
    given.deposit(town.fan, amount_cents=5000, now=DECEMBER.start + timedelta(hours=1))
    given.gift(town.fan, town.other_creator, amount_cents=200, now=DECEMBER.start + timedelta(hours=2))
    clock.move_to(DECEMBER.start + timedelta(days=1))
    return town


@pytest.mark.parametrize("path", ["/history", "/history/2026"])
def test_gifts_are_a_part_of_what_was_given(path: str, generous: World, client: StrictClient) -> None:
    """By creator and by month, on the page and in both files, also in a month that isn't settled yet."""
    client.force_login(generous.fan)
    page = client.get(f"{path}/")
    rows, paper = rows_of(client.get(f"{path}.csv")), lines_of(client.get(f"{path}.pdf"))
    creators, months = table(page, "By creator"), table(page, "By month")

    assert (facts(page)["Given"], facts(page)["Of that, gifts"]) == ("€67.00", "€7.00")
    assert [row[:4] for row in months[:2]] == [
        ["December 2026", "0", "€2.00", "€2.00"],
        ["November 2026", "1", "€35.00", "€5.00"],
    ]
    assert creators == [
        ["Ada", "3", "€55.0000", "€5.0000"],
        ["Bob", "1", "€12.0000", "€2.0000"],
        ["Together", "4", "€67.0000", "€7.0000"],
    ]
    assert sums(rows, by="creator", of="gifts_eur") == {"Ada": "€5.0000", "Bob": "€2.0000"}
    assert sums(rows, by="creator", of="amount_eur") == {"Ada": "€55.0000", "Bob": "€12.0000"}
    for row in months:
        assert " ".join(row[:4]) in paper
    for name, value in facts(page).items():
        assert f"{name} {value}" in paper


def test_the_history_to_one_creator_has_gifts(generous: World, client: StrictClient) -> None:
    """In its facts and months; the list of statements leads to a month in which nothing but a gift was given."""
    client.force_login(generous.fan)
    page = client.get(f"/history/to/{generous.other_creator.creator_profile.slug}/")
    links = [each.attrs["href"] for each in world.document(client.get("/statements/")).query("main a")]

    assert facts(page)["Of that, gifts"] == "€2.00"
    assert table(page, "By month")[0] == ["December 2026", "0", "€2.0000", "€2.0000"]
    assert "/statements/2026-12.pdf" in links


def test_a_creators_year_knows_gifts_and_co_authors(generous: World, client: StrictClient) -> None:
    """What was shared counts in the month's net, gifts stand apart, and both are in all files and in the balance."""
    for person, shared, net, gift in (
        (generous.creator, "-€6.7500", "€20.2500", ["November 2026", "1", "€5.0000", "€0.5000", "€4.5000"]),
        (generous.other_creator, "€6.7500", "€6.7500", ["December 2026", "1", "€2.0000", "€0.2000", "€1.8000"]),
    ):
        client.force_login(person)
        page = client.get("/earnings/2026/")
        rows, paper = rows_of(client.get("/earnings/2026.csv")), lines_of(client.get("/earnings/2026.pdf"))
        months, gifts = table(page, "By month"), table(page, "Gifts beside the cake")
        brought = [Decimal(row[-1].replace("€", "")) for row in (months[-1], *gifts)]

        assert [months[1][-2:], gifts] == [[shared, net], [gift]]
        assert facts(page)["Shared"] == shared.removesuffix("00")
        assert sum(Decimal(row["net_eur"]) for row in rows) == sum(brought)
        assert ["Given to you beside the cake, after our fee", gift[-1].removesuffix("00")] in table(
            page, "Your balance"
        )
        for row in (*months, *gifts):
            assert " ".join(row) in paper
        for name, value in facts(page).items():
            assert f"{name} {value}" in paper


def test_the_papers_of_a_month_have_gifts_and_shares(generous: World, client: StrictClient) -> None:
    """The fan's lists each gift, the creators' their sums and what was shared, and entries speak to either side."""
    words, net = {}, {}
    for person, path in (
        (generous.fan, "/statements/2026-11"),
        (generous.creator, "/earnings/2026-11"),
        (generous.other_creator, "/earnings/2026-11"),
    ):
        client.force_login(person)
        words[person.name] = " ".join(lines_of(client.get(f"{path}.pdf")))
        net[person.name] = [row.get("net_eur") for row in rows_of(client.get(f"{path}.csv"))]

    assert "Ada €5.00 €0.50" in words["Grace"]
    assert "You gave beside the cake, after our fee -€4.50" in words["Grace"]
    assert "Our fee on what you gave beside the cake -€0.50" in words["Grace"]
    assert net["Ada"] == ["27.000000", "-6.750000", "4.500000"]
    assert "To your co-authors €6.75" in words["Ada"]
    assert "Your co-authors’ part of what your buttons earned -€6.75" in words["Ada"]
    assert "November 2026 1 €5.0000 €0.5000 €4.5000" in words["Ada"]
    assert net["Bob"] == ["6.750000"]
    assert "As a co-author of others €6.75" in words["Bob"]
    assert "Your part of what other creators’ buttons earned €6.75" in words["Bob"]


@pytest.mark.parametrize(
    "path", ["/earnings/2026/", "/earnings/2026.csv", "/earnings/2026.pdf", "/earnings/2026-11.pdf"]
)
def test_they_need_few_queries(
    path: str, generous: World, client: StrictClient, django_assert_max_num_queries: world.QueryCounter
) -> None:
    """However many gifts and shares there are, at most twelve."""
    client.force_login(generous.creator)
    with django_assert_max_num_queries(12):
        assert client.get(path).status_code == 200
