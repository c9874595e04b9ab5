"""The remembered count of clicks: cheap for everybody, and yet the fan sees their own click at once."""

import time
from datetime import datetime

import pytest
from django.core.cache import caches
from pytest_django import DjangoAssertNumQueries

from buttons import queries
from buttons.models import Button
from buttons.operations import clicks
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def button(mid_october: datetime) -> Button:
    """Return a button with three clicks of somebody else."""
    made = given.button()
    given.click(given.user(), made, now=mid_october, times=3)
    return made


def one_more(button: Button, now: datetime) -> None:
    """Add a click of somebody."""
    given.click(given.user(), button, now=now)


def test_a_count_elsewhere_may_be_half_a_minute_old(
    button: Button, mid_october: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """While it is remembered nothing is asked; the exact count shows a click at once, the others then."""
    with django_assert_num_queries(1):
        assert queries.cached_click_count(public_id=button.public_id) == 3
    one_more(button, mid_october)
    with django_assert_num_queries(0):
        assert queries.cached_click_count(public_id=button.public_id) == 3
    assert queries.click_count(public_id=button.public_id) == 4
    caches["process"].delete(button.public_id)
    assert queries.cached_click_count(public_id=button.public_id) == 4


def test_a_count_is_let_go_after_half_a_minute(
    button: Button, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It doesn't live on for being asked for."""
    queries.cached_click_count(public_id=button.public_id)
    one_more(button, mid_october)
    started = time.time()
    for seconds, count in ((1, 3), (29, 3), (31, 4)):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: started + seconds)
        assert queries.cached_click_count(public_id=button.public_id) == count


def test_our_own_pages_show_a_click_and_its_undo_at_once(button: Button, mid_october: datetime) -> None:
    """Whoever clicks sees it counted, and pages elsewhere that this process answers see it too."""
    assert queries.cached_click_count(public_id=button.public_id) == 3
    fan = given.user("Grace")
    (click,) = given.click(fan, button, now=mid_october)
    assert queries.shown_click_count(public_id=button.public_id) == 4
    assert queries.cached_click_count(public_id=button.public_id) == 4
    clicks.undo_click(click_id=click.pk, fan=fan, now=mid_october)
    assert queries.shown_click_count(public_id=button.public_id) == 3


def test_a_large_count_is_not_taken_anew_for_each_look(
    button: Button,
    mid_october: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """It is counted twice a minute, as nobody sees one click more in it."""
    monkeypatch.setattr(queries, "EXACT_UNTIL", 3)
    assert queries.shown_click_count(public_id=button.public_id) == 3
    one_more(button, mid_october)
    with django_assert_num_queries(0):
        assert queries.shown_click_count(public_id=button.public_id) == 3


def test_what_is_not_there_has_no_count(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """And nobody remembers made-up names."""
    for ask in (queries.cached_click_count, queries.shown_click_count):
        with django_assert_num_queries(1):
            assert ask(public_id="nothing") is None


def test_a_name_too_long_for_any_button_is_no_key() -> None:
    """The cache would warn of each, which is an error here, and Python would remember each warning."""
    for ask in (queries.cached_click_count, queries.shown_click_count):
        assert ask(public_id="a" * 1000) is None
