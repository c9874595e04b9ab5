"""Forgetting: what limits, statistics and notices need is kept, all else is deleted, and clicks are the month's."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from buttons import tasks
from buttons.models import (
    Click,
    ClickReport,
    Confirmation,
    OneClick,
    OriginDay,
    OriginDecision,
    OriginStanding,
    SiteKey,
)
from buttons.operations import forgetting, keys
from flattr.period import Period
from tests import given, pressing

pytestmark = pytest.mark.django_db


def test_what_is_needed_is_kept_and_what_is_not_is_deleted(october: Period, mid_october: datetime) -> None:
    """Each kind of row is there for as long as something asks for it, and gone soon after; clicks stay."""
    fan, button = given.funded_fan(period=october), pressing.verified_button()
    pressing.pressed(pressing.key_for(fan, button, now=mid_october), button, now=mid_october)
    OriginDay.objects.create(origin="https://a.example", day=mid_october.date(), opened=1)
    ClickReport.objects.create(fan=fan, origin="https://a.example", click_id=uuid.uuid4(), reported_at=mid_october)
    kept: dict[int, list[Any]] = {90: [SiteKey], 92: [Confirmation, OneClick], 366: [OriginDay, ClickReport]}
    OriginDay.objects.exclude(origin="https://a.example").delete()
    for days, models in kept.items():
        last = mid_october + timedelta(days=days)
        forgetting.forget(now=last - timedelta(seconds=1))
        assert [model._default_manager.count() for model in models] == [1] * len(models), days
        for _ in range(2):
            forgetting.forget(now=last + timedelta(days=1))
        assert [model._default_manager.count() for model in models] == [0] * len(models), days

    assert Click.objects.count() == 2


def test_revoked_keys_are_deleted(october: Period, mid_october: datetime) -> None:
    """They say nothing any more; good ones stay."""
    fan, button = given.funded_fan(period=october), pressing.verified_button()
    pressing.key_for(fan, button, now=mid_october)
    good = pressing.key_for(fan, pressing.verified_button(), now=mid_october)
    keys.revoke_keys(fan=fan, origin=pressing.origin_of(button), now=mid_october)
    forgetting.forget(now=mid_october)

    assert SiteKey.objects.get() == keys.find_key(secret=good, now=mid_october)


@pytest.mark.parametrize("number", [{"clicked": 1}, {"opened": 1}, {"reports": 1}, {"has_good_name": True}, {}])
def test_a_standing_that_says_nothing_is_deleted(number: dict[str, int], mid_october: datetime) -> None:
    """One with a number or a decision stays."""
    OriginStanding.objects.create(origin="https://a.example", **number)
    decided = OriginStanding.objects.create(origin="https://b.example")
    OriginDecision.objects.create(standing=decided, verdict="demoted", reason="So.", decided_at=mid_october)
    forgetting.forget(now=mid_october)

    assert OriginStanding.objects.count() == 1 + bool(number)
    assert str(decided) == "https://b.example"


def test_the_tasks_run_at_the_present_moment(october: Period, mid_october: datetime) -> None:
    """Each reads the clock and makes one call."""
    fan, button = given.funded_fan(period=october), pressing.verified_button()
    pressing.pressed(pressing.key_for(fan, button, now=mid_october), button, now=mid_october)
    with time_machine.travel(mid_october + timedelta(days=1), tick=False):
        tasks.tell_of_first_clicks()
        tasks.judge_origins()
    with time_machine.travel(mid_october + timedelta(days=7), tick=False):
        tasks.tell_of_week()
    with time_machine.travel(mid_october + timedelta(days=100), tick=False):
        tasks.forget()

    assert set(fan.notifications.values_list("kind", flat=True)) == {"first_clicks", "weekly_clicks"}
    assert OriginStanding.objects.get().clicked == 1
    assert not Confirmation.objects.exists()
