"""What is trending: whose clicks count, how they fade, and that counting twice is as counting once."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F

from accounts.models import User
from buttons import tasks
from buttons.models import Button, Click, HeatCount, Listing, OriginStanding, Site
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks, trending
from buttons.queries.discovery import HALF_LIFE
from flattr.transactions import durable_block
from payouts.queries import due
from tests import given, pressing

pytestmark = pytest.mark.django_db

NOW = given.MOMENT
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NEARLY = timedelta(minutes=1)
"""What a button begins with is a little of its heat, too."""


@pytest.fixture
def button() -> Button:
    """Return a button on a verified site, made a month ago."""
    made = pressing.verified_button()
    Button.objects.filter(pk=made.pk).update(created_at=NOW - timedelta(days=30))
    Listing.objects.filter(pk=made.pk).update(created_at=NOW - timedelta(days=30), hot_at=NOW - timedelta(days=45))
    return made


def click(fan: User, button: Button, *, now: datetime, origin: str | None = None) -> Click:
    """Let the fan click on the button's site, or elsewhere."""
    return clicks.record_click(
        click_id=uuid.uuid4(),
        fan=fan,
        public_id=button.public_id,
        origin=pressing.origin_of(button) if origin is None else origin,
        now=now,
    )


def hot_at(button: Button) -> datetime:
    """Return the button's heat."""
    return Listing.objects.get(button=button).hot_at


def is_cold(button: Button) -> bool:
    """Tell whether no click was counted for the button."""
    return Listing.objects.filter(
        button=button, hot_at__lte=F("created_at") - trending.COUNTED_BACK + NEARLY
    ).exists()


def test_one_fans_click_is_as_hot_as_its_moment(button: Button) -> None:
    """The next ones of that fan in the month add nothing."""
    fan = given.user()
    for minutes in range(3):
        click(fan, button, now=NOW + minutes * MINUTE)
    trending.count_heat(now=NOW + HOUR)
    click(fan, button, now=NOW + HOUR)
    trending.count_heat(now=NOW + 2 * HOUR)

    assert abs(hot_at(button) - NOW) < NEARLY


def test_twice_as_many_fans_are_as_hot_as_a_click_one_half_life_later(button: Button) -> None:
    """So much for each doubling: four fans of one moment are two half-lives."""
    for number in range(4):
        click(given.user(str(number)), button, now=NOW)
    trending.count_heat(now=NOW + HOUR)

    assert abs(hot_at(button) - (NOW + 2 * HALF_LIFE)) < NEARLY


def test_what_many_clicked_last_week_is_colder_than_what_some_click_now(button: Button) -> None:
    """After four half-lives eight fans count for half of one."""
    other = pressing.verified_button()
    for number in range(8):
        click(given.user(str(number)), button, now=NOW - 4 * HALF_LIFE)
    trending.count_heat(now=NOW - HOUR)
    click(given.user(), other, now=NOW)
    trending.count_heat(now=NOW + HOUR)

    assert hot_at(button) < hot_at(other)


def test_a_second_count_adds_nothing(button: Button) -> None:
    """Neither at the same moment, nor later, nor with a clock that goes back, nor two at once."""
    click(given.user(), button, now=NOW)
    trending.count_heat(now=NOW + HOUR)
    before = hot_at(button)
    for later in (HOUR, 2 * HOUR, MINUTE):
        trending.count_heat(now=NOW + later)

    assert abs(hot_at(button) - before) < NEARLY
    assert HeatCount.objects.get().counted_until == NOW + 2 * HOUR - trending.COUNTED_AFTER


@pytest.mark.django_db(transaction=True)
def test_two_workers_count_a_click_once(button: Button) -> None:
    """Whoever comes second finds it counted."""
    click(given.user(), button, now=NOW)
    results = given.queued(
        *[lambda: trending.count_heat(now=NOW + HOUR)] * 2,
        behind=lambda: HeatCount.objects.create(counted_until=NOW - HOUR),
    )

    assert results == [None, None]
    assert abs(hot_at(button) - NOW) < NEARLY


def test_a_click_that_is_taken_back_cools(button: Button) -> None:
    """Before it was counted as after, and a new one of that fan doesn't count again in that month."""
    fan, other = given.user("a"), given.user("b")
    first, second = click(fan, button, now=NOW), click(other, button, now=NOW)
    clicks.undo_click(click_id=second.id, fan=other, now=NOW + MINUTE)
    trending.count_heat(now=NOW + HOUR)
    counted = hot_at(button)
    clicks.undo_click(click_id=first.id, fan=fan, now=NOW + HOUR)
    click(fan, button, now=NOW + HOUR)
    trending.count_heat(now=NOW + 2 * HOUR)

    assert abs(counted - NOW) < NEARLY
    assert is_cold(button)


def test_a_click_taken_back_after_the_count_read_it_counts_until_the_next_one(button: Button) -> None:
    """What was taken back after the moment until which is counted stood until then."""
    fan = given.user()
    made = click(fan, button, now=NOW)
    clicks.undo_click(click_id=made.id, fan=fan, now=NOW + HOUR - MINUTE)
    trending.count_heat(now=NOW + HOUR)
    counted = hot_at(button)
    trending.count_heat(now=NOW + 2 * HOUR)

    assert abs(counted - NOW) < NEARLY
    assert is_cold(button)


def test_the_next_month_a_fan_counts_again(button: Button) -> None:
    """A fan who comes back each month keeps what they love warm."""
    fan = given.user()
    november = datetime(2026, 11, 1, 0, 5, tzinfo=NOW.tzinfo)
    click(fan, button, now=NOW)
    click(fan, button, now=november)
    trending.count_heat(now=NOW + HOUR)
    trending.count_heat(now=november + HOUR)

    assert hot_at(button) > november


@pytest.mark.parametrize(
    ("where", "counts"),
    [
        ("", False),
        ("https://elsewhere.example", False),
        ("http://{host}", False),
        ("https://{host}:8443", False),
        (settings.APP_URL, True),
        ("https://{host}", True),
    ],
)
def test_clicks_count_where_the_creator_has_proven_the_site(button: Button, where: str, counts: bool) -> None:  # noqa: FBT001  One of the examples.
    """And on our own pages; not from nowhere, or from a site that nobody or somebody else has proven."""
    host = pressing.origin_of(button).removeprefix("https://")
    click(given.user(), button, now=NOW, origin=where.format(host=host))
    Site.objects.create(creator=given.creator("Bob"), host="elsewhere.example", verified_at=NOW)
    trending.count_heat(now=NOW + HOUR)

    assert is_cold(button) is not counts


@pytest.mark.parametrize("fields", [{"frozen_at": NOW}, {"demoted_until": NOW + timedelta(days=9)}])
def test_a_site_of_bad_name_warms_nothing(button: Button, fields: dict[str, Any]) -> None:
    """Where no press counts by itself, none counts here."""
    OriginStanding.objects.create(origin=pressing.origin_of(button), **fields)
    click(given.user(), button, now=NOW)
    trending.count_heat(now=NOW + HOUR)

    assert is_cold(button)


def test_the_first_count_goes_back_two_weeks_in_steps(button: Button) -> None:
    """Days that nobody counted are counted one by one, so that a count that is killed keeps what it has."""
    click(given.user("a"), button, now=NOW - timedelta(days=20))
    click(given.user("b"), button, now=NOW - timedelta(days=10))
    trending.count_heat(now=NOW)

    assert abs(hot_at(button) - (NOW - timedelta(days=10))) < 2 * HOUR


def test_a_hidden_button_is_counted_for_no_more(button: Button) -> None:
    """It loses its heat, and begins anew once it is shown again."""
    click(given.user(), button, now=NOW)
    buttons_operations.set_hidden(button=button, hidden=True, now=NOW)
    trending.count_heat(now=NOW + HOUR)
    buttons_operations.set_hidden(button=button, hidden=False, now=NOW)

    assert is_cold(button)


def test_a_late_count_raises_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """After six hours without a count; before the first one there is nothing to miss."""
    monkeypatch.setattr("buttons.tasks.timezone.now", lambda: NOW)

    def subjects(now: datetime) -> list[str]:
        return [subject for subject, _ in due.overdue(now=now) if subject == "trending"]

    assert subjects(NOW) == []
    tasks.count_heat()
    assert subjects(NOW + 5 * HOUR) == []
    assert subjects(NOW + 7 * HOUR) == ["trending"]


def test_there_is_one_count() -> None:
    """A second row, which would count all again, is refused."""
    HeatCount.objects.create(counted_until=NOW)

    with pytest.raises(Exception, match="heat_count_is_one"), durable_block():
        HeatCount.objects.create(id=2, counted_until=NOW)
    assert str(HeatCount.objects.get()) == "2026-10-15 12:00"
