"""Notices: one email a day about first clicks, one a week about clicks by one press, none for who wants none."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from buttons.models import Button, Confirmation
from buttons.operations import clicks, notices
from flattr.period import Period
from tests import given, pressing

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan with a budget."""
    return given.funded_fan("Grace", period=october)


def told(kind: Notification.Kind) -> list[Notification]:
    """Return the emails of a kind, oldest first."""
    return list(Notification.objects.filter(kind=kind).order_by("subject_key", "recipient"))


def first_clicks(now: datetime) -> list[Notification]:
    """Let the daily task run, twice; return the emails so far."""
    for _ in range(2):
        notices.tell_of_first_clicks(now=now)
    return told(Notification.Kind.FIRST_CLICKS)


def weeks(now: datetime) -> list[Notification]:
    """Let the weekly task run, twice; return the emails so far."""
    for _ in range(2):
        notices.tell_of_week(now=now)
    return told(Notification.Kind.WEEKLY_CLICKS)


def body_of(notification: Notification) -> str:
    """Return what is written."""
    return accounts_operations.render_notification(notification)[1]


def test_a_days_first_clicks_are_one_email(fan: User, mid_october: datetime) -> None:
    """It says for whom and where, and leads to where they are undone; it is told once."""
    song, program = pressing.verified_button(), pressing.verified_button(given.creator("Bob"))
    for button in (song, program, song):
        pressing.confirmed(fan, button, now=mid_october)
    (email,) = first_clicks(mid_october + timedelta(days=1))
    body = body_of(email)

    assert (email.recipient, email.subject_key) == (fan, "2026-10-15")
    assert f"· to Ada on {pressing.origin_of(song)}" in body
    assert f"· to Bob on {pressing.origin_of(program)}" in body
    assert body.count("· ") == 2
    assert "/clicks/" in body


def test_only_the_first_for_a_creator_on_a_site_is_told(fan: User, mid_october: datetime) -> None:
    """Not the next for the same there; again for another creator there, and for the same elsewhere."""
    button, guest = pressing.verified_button(), given.button(given.creator("Bob"))
    pressing.confirmed(fan, button, now=mid_october)
    tomorrow = mid_october + timedelta(days=1)
    pressing.confirmed(fan, button, now=tomorrow)
    assert len(first_clicks(tomorrow)) == 1
    assert len(first_clicks(tomorrow + timedelta(days=1))) == 1

    pressing.confirmed(fan, guest, now=tomorrow, origin=pressing.origin_of(button))
    assert len(first_clicks(tomorrow + timedelta(days=1))) == 2
    pressing.confirmed(fan, button, now=tomorrow + timedelta(days=1), origin="https://elsewhere.example")
    assert len(first_clicks(tomorrow + timedelta(days=2))) == 3


def test_days_end_at_midnight(fan: User, mid_october: datetime) -> None:
    """The last moment of a day (UTC) is told of the next day, and the first one of that day the day after."""
    midnight = mid_october.replace(hour=0)
    pressing.confirmed(fan, pressing.verified_button(), now=midnight - timedelta(microseconds=1))
    pressing.confirmed(fan, pressing.verified_button(given.creator("Bob")), now=midnight)

    (first,) = first_clicks(mid_october)
    assert "to Ada" in body_of(first)
    assert "to Bob" not in body_of(first)
    assert len(first_clicks(mid_october + timedelta(days=1))) == 2


def test_what_was_taken_back_is_not_told(fan: User, mid_october: datetime) -> None:
    """Who undid it knows of it."""
    click = pressing.confirmed(fan, pressing.verified_button(), now=mid_october)
    clicks.undo_click(click_id=click.id, fan=fan, now=mid_october)

    assert first_clicks(mid_october + timedelta(days=1)) == []


def test_a_long_list_is_cut(fan: User, mid_october: datetime) -> None:
    """Twenty lines, and how many more there are."""
    button = pressing.verified_button()
    Confirmation.objects.bulk_create(
        Confirmation(
            fan=fan,
            creator=button.creator,
            origin=f"https://site-{number:02}.example",
            click_id=uuid.uuid4(),
            challenge=uuid.uuid4().hex,
            confirmed_at=mid_october,
        )
        for number in range(23)
    )
    (email,) = first_clicks(mid_october + timedelta(days=1))

    assert body_of(email).count("· to Ada") == 20
    assert "· and 3 more" in body_of(email)


def test_a_week_of_one_presses_is_one_email(fan: User, mid_october: datetime) -> None:
    """On whatever day of the next week the task runs, by site, without what was taken back; each week has its own."""
    button, other = pressing.verified_button(), pressing.verified_button()
    secret = pressing.key_for(fan, button, now=mid_october)
    for each in pressing.more_buttons(button, 3):
        recorded = pressing.pressed(secret, each, now=mid_october)
        secret = recorded.secret
    clicks.undo_click(click_id=recorded.click.id, fan=fan, now=mid_october)
    pressing.pressed(pressing.key_for(fan, other, now=mid_october), other, now=mid_october)
    monday = datetime.fromisoformat("2026-10-19T07:00:00+00:00")

    assert weeks(monday - timedelta(days=1)) == []
    (email,) = weeks(monday)
    assert (email.recipient, email.subject_key) == (fan, "2026-W42")
    body = body_of(email)
    assert f"· 2 on {pressing.origin_of(button)}" in body
    assert f"· 1 on {pressing.origin_of(other)}" in body
    assert weeks(monday + timedelta(days=6)) == [email]
    assert weeks(monday + timedelta(days=7)) == [email]


@pytest.mark.parametrize("change", [{"muted": ["first_clicks", "weekly_clicks"]}, {"is_active": False}])
def test_who_wants_none_gets_none(change: dict[str, Any], fan: User, mid_october: datetime) -> None:
    """Neither daily nor weekly."""
    button: Button = pressing.verified_button()
    pressing.pressed(pressing.key_for(fan, button, now=mid_october), button, now=mid_october)
    User.objects.filter(pk=fan.pk).update(**change)

    assert first_clicks(mid_october + timedelta(days=1)) == []
    assert weeks(mid_october + timedelta(days=7)) == []


def test_nothing_clicked_is_nothing_told(mid_october: datetime) -> None:
    """No email is owed to anybody."""
    assert first_clicks(mid_october) == []
    assert weeks(mid_october) == []
