"""The cached count of clicks: cheap for everybody, and yet the fan sees their own click at once."""

from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCacheClient
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from accounts.models import User
from buttons import queries
from buttons.models import Button, Click
from buttons.operations import clicks
from flattr.period import Period
from flattr.transactions import durable
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan() -> User:
    """Return somebody who clicks."""
    return given.user("Grace")


@pytest.fixture
def button(mid_october: datetime) -> Button:
    """Return a button with three clicks of somebody else."""
    made = given.button()
    given.click(given.user(), made, now=mid_october, times=3)
    return made


def import_one(fan: User, button: Button, now: datetime) -> None:
    """Add a click by an import, which leaves cached counts alone."""
    click = Click(fan=fan, button=button, creator=button.creator, period=Period.at(now), clicked_at=now)
    durable(clicks.import_clicks)(clicks=[click])


def test_a_count_may_be_a_minute_old(fan: User, button: Button, mid_october: datetime) -> None:
    """What came by an import shows once the cache has let go of the old count; the exact count shows it at once."""
    assert queries.cached_click_count(public_id=button.public_id) == 3
    import_one(fan, button, mid_october)

    assert queries.cached_click_count(public_id=button.public_id) == 3
    assert queries.click_count(public_id=button.public_id) == 4
    cache.delete(queries.count_key(public_id=button.public_id))
    assert queries.cached_click_count(public_id=button.public_id) == 4


def test_a_cached_count_follows_a_click_and_its_undo(
    fan: User,
    button: Button,
    mid_october: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """It moves when the change is committed, not before, and nothing is counted anew."""
    assert queries.cached_click_count(public_id=button.public_id) == 3
    with django_capture_on_commit_callbacks(execute=True):
        (click,) = given.click(fan, button, now=mid_october)
        assert queries.cached_click_count(public_id=button.public_id) == 3
    with django_assert_num_queries(0):
        assert queries.cached_click_count(public_id=button.public_id) == 4
    with django_capture_on_commit_callbacks(execute=True):
        clicks.undo_click(click_id=click.pk, fan=fan, now=mid_october)
    with django_assert_num_queries(0):
        assert queries.cached_click_count(public_id=button.public_id) == 3


def test_a_repeat_moves_no_count(
    fan: User,
    button: Button,
    mid_october: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """The same click again, and its undo again, are one change each."""
    assert queries.cached_click_count(public_id=button.public_id) == 3
    with django_capture_on_commit_callbacks(execute=True):
        (click,) = given.click(fan, button, now=mid_october)
        clicks.record_click(click_id=click.pk, fan=fan, public_id=button.public_id, origin="", now=mid_october)
    assert queries.cached_click_count(public_id=button.public_id) == 4
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            clicks.undo_click(click_id=click.pk, fan=fan, now=mid_october)
    assert queries.cached_click_count(public_id=button.public_id) == 3


def test_what_is_not_cached_is_counted_by_the_next_look(
    fan: User,
    button: Button,
    mid_october: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """A click finds nothing to move, and leaves nothing behind."""
    with django_capture_on_commit_callbacks(execute=True):
        given.click(fan, button, now=mid_october)

    assert cache.get(queries.count_key(public_id=button.public_id)) is None
    assert queries.cached_click_count(public_id=button.public_id) == 4


def test_a_count_that_runs_out_under_a_click_is_taken_anew(
    fan: User,
    button: Button,
    mid_october: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Redis then starts a number at 0 that would never run out; it doesn't stay."""

    def incr_too_late(self: RedisCacheClient, key: str, delta: int) -> Any:
        redis = self.get_client(key, write=True)
        redis.delete(key)
        return redis.incr(key, delta)

    monkeypatch.setattr(RedisCacheClient, "incr", incr_too_late)
    queries.cached_click_count(public_id=button.public_id)
    with django_capture_on_commit_callbacks(execute=True):
        (click,) = given.click(fan, button, now=mid_october)
    assert queries.cached_click_count(public_id=button.public_id) == 4
    with django_capture_on_commit_callbacks(execute=True):
        clicks.undo_click(click_id=click.pk, fan=fan, now=mid_october)
    assert queries.cached_click_count(public_id=button.public_id) == 3


@pytest.mark.usefixtures("redis_away")
def test_clicks_count_while_redis_is_away(
    fan: User,
    button: Button,
    mid_october: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Recording and undoing go on, and the count follows in this process's memory."""
    with django_capture_on_commit_callbacks(execute=True):
        (click,) = given.click(fan, button, now=mid_october)
    assert queries.cached_click_count(public_id=button.public_id) == 4
    with django_capture_on_commit_callbacks(execute=True):
        clicks.undo_click(click_id=click.pk, fan=fan, now=mid_october)
    assert queries.cached_click_count(public_id=button.public_id) == 3
