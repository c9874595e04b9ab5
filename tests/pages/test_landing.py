"""The start page: what it says in numbers is true, and it costs the database next to nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.urls import reverse

from flattr.period import Period
from payouts.models import SettlementLine
from payouts.queries import examples, totals
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

OCTOBER = Period(2026, 10)
NOVEMBER = Period(2026, 11)


def told(client: StrictClient) -> dict[str, str]:
    """Return the totals that the page shows."""
    page = world.document(client.get("/"))
    return {row.query("dt")[0].to_text(): row.query("dd")[0].to_text() for row in page.query(".totals div")}


def test_the_example_is_a_month_as_it_would_be_settled() -> None:
    """Somebody who clicks so, with such a budget, has the same lines after the month's end."""
    example = examples.example_month()
    fan = given.funded_fan(budget_cents=example.budget_micros // 10_000, period=OCTOBER)
    for part in example.parts:
        given.click(fan, given.button(), now=given.MOMENT, times=part.clicks)
    given.settled(OCTOBER, now=datetime(2026, 11, 1, 0, 10, tzinfo=UTC))

    settled = sorted(SettlementLine.objects.values_list("clicks", "amount_micros", "fee_micros"), reverse=True)
    assert [(part.clicks, part.amount_micros, part.fee_micros) for part in example.parts] == settled


def test_the_example_loses_no_cent() -> None:
    """What creators keep and what we take is what was given; each slice is worth the same."""
    example = examples.example_month()

    assert example.net_micros + example.fee_micros == example.budget_micros
    assert {part.amount_micros // part.clicks for part in example.parts} == {example.click_micros}
    assert example.click_micros * example.clicks == example.budget_micros


def test_the_page_shows_the_example_by_the_fees_that_are_set(client: StrictClient, settings: Any) -> None:
    """Nothing of it is typed in."""
    settings.PLATFORM_FEE_BASIS_POINTS = 2000
    settings.CARD_FEE_CENTS = 40
    said = world.text(client.get("/"))

    assert "A song 5 clicks €2.50 €0.50 €2.00" in said
    assert "the card company keeps €0.48 of that" in said


def test_the_totals_are_those_of_all() -> None:
    """What was given and not what waits, creators whose pages are open, clicks of this month that stand."""
    world.build()

    assert totals.totals(period=NOVEMBER) == totals.Totals(
        given_micros=60_000_000, creators=2, clicks=1, clicks_are_exact=True
    )


@time_machine.travel(world.NOW, tick=False)
def test_nobody_is_told_of_nothing(client: StrictClient) -> None:
    """Before the first settlement there are no totals; after it they are there."""
    before = told(client)
    caches["process"].clear()
    world.build()

    assert before == {}
    assert told(client) == {"given since the beginning": "€60", "creators": "2", "click this month": "1"}


def test_many_clicks_are_as_many_as_the_database_takes_them_for(
    client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody counts them one by one, and the page says that it is about so many."""
    world.build()
    monkeypatch.setattr(totals, "EXACT_UNTIL", -1)
    found = totals.totals(period=NOVEMBER)

    assert not found.clicks_are_exact
    assert "clicks this month, about" in told(client)


def test_the_totals_are_asked_for_once_in_ten_minutes(django_assert_num_queries: world.QueryCounter) -> None:
    """By one query; whoever comes next costs nothing."""
    with django_assert_num_queries(1):
        first = totals.totals(period=NOVEMBER)
    with django_assert_num_queries(0):
        assert totals.totals(period=NOVEMBER) == first


def test_whoever_has_an_account_is_led_to_what_is_theirs(client: StrictClient) -> None:
    """A visitor to signing up, a fan to the cake, a creator to the earnings as well."""

    def leads_to(page: Any) -> set[str]:
        return {link.attrs["href"] for link in world.document(page).query("main a")}

    signup, cake, earnings = (reverse(name) for name in ("account_signup", "payouts:cake", "payouts:earnings"))
    assert signup in leads_to(client.get("/"))
    client.force_login(given.user())
    assert {signup, cake, earnings} & leads_to(client.get("/")) == {cake}
    client.force_login(given.creator())
    assert {signup, cake, earnings} & leads_to(client.get("/")) == {cake, earnings}
