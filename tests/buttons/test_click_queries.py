"""Reading clicks: what a fan clicked, what a button and a creator got."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import caches

from buttons import queries
from buttons.operations import clicks
from flattr.period import Period
from tests import given

pytestmark = pytest.mark.django_db


def test_a_fan_sees_the_most_clicked_first(october: Period, mid_october: datetime) -> None:
    """Each button comes once, with its clicks and the one that an undo would take back."""
    fan, once, twice = given.user(), given.button(), given.button()
    given.click(fan, twice, now=mid_october)
    given.click(fan, once, now=mid_october)
    (newest,) = given.click(fan, twice, now=mid_october + timedelta(hours=1))
    given.click(given.user(), once, now=mid_october, times=5)
    given.click(fan, once, now=october.end)
    found = queries.clicked_buttons(fan=fan, period=october)

    assert [(each.button_id, each.creator_id, each.clicks) for each in found] == [
        (twice.pk, twice.creator_id, 2),
        (once.pk, once.creator_id, 1),
    ]
    assert found[0].latest_click_id == str(newest.id)
    assert queries.fan_clicks_on(fan=fan, button=twice, period=october) == 2


def test_undone_clicks_are_seen_nowhere(october: Period, mid_october: datetime) -> None:
    """A button whose clicks were all undone is not in the cake."""
    fan, button = given.user(), given.button()
    (made,) = given.click(fan, button, now=mid_october)
    clicks.undo_click(click_id=made.id, fan=fan, now=mid_october)

    assert queries.clicked_buttons(fan=fan, period=october) == []
    assert queries.fan_clicks_on(fan=fan, button=button, period=october) == 0
    assert queries.click_count(public_id=button.public_id) == 0


def test_only_large_numbers_of_fans_may_be_some_minutes_old(
    october: Period, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To tell very many fans apart takes longer than a page should; clicks and small numbers are always true."""
    monkeypatch.setattr(queries, "EXACT_UNTIL", 3)
    creator = given.creator()
    loud, quiet = given.button(creator, title="Loud"), given.button(creator, title="Quiet")
    for times in (3, 1):
        given.click(given.user(), loud, now=mid_october, times=times)
        given.click(given.user(), quiet, now=mid_october)
        found = queries.creator_clicks(creator=creator, period=october)

    assert [(each.button, each.clicks, each.fans) for each in found] == [(loud, 4, 1), (quiet, 2, 2)]
    caches["process"].clear()
    assert [each.fans for each in queries.creator_clicks(creator=creator, period=october)] == [2, 2]


def test_a_creator_sees_clicks_and_fans_of_each_button(october: Period, mid_october: datetime) -> None:
    """The most clicked come first, those without clicks last; other months don't count."""
    creator = given.creator()
    quiet, loud = given.button(creator, title="Quiet"), given.button(creator, title="Loud")
    fans = [given.user() for _ in range(2)]
    for fan in fans:
        given.click(fan, loud, now=mid_october, times=2)
    given.click(fans[0], quiet, now=october.end)
    found = queries.creator_clicks(creator=creator, period=october)

    assert [(each.button, each.clicks, each.fans) for each in found] == [
        (loud, 4, 2),
        (quiet, 0, 0),
    ]
