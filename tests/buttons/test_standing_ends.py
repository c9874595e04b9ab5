"""Before a standing click's term ends its fan is told: once, of all that end together, unless they want no email."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from buttons import tasks
from buttons.models import Button
from buttons.operations import notices, standing
from flattr.period import Period
from tests import given
from tests.client import StrictClient
from tests.pages import world
from tests.standing import make_all, repeat

pytestmark = pytest.mark.django_db

DECEMBER = Period(2026, 12)
LAST_WEEK = datetime(2026, 12, 25, tzinfo=UTC)
"""A week before a term of three months ends that was set in October."""


@pytest.fixture
def fan() -> User:
    """Return somebody who clicks."""
    return given.user("Grace")


@pytest.fixture
def button() -> Button:
    """Return a button of somebody else."""
    return given.button()


def told(now: datetime) -> list[Notification]:
    """Let the task run at that time, twice; return all emails about ends so far."""
    with time_machine.travel(now, tick=False):
        for _ in range(2):
            tasks.tell_of_ends()
    return list(Notification.objects.filter(kind=Notification.Kind.STANDING_ENDS).order_by("created_at"))


def body_of(notification: Notification) -> str:
    """Return what is written."""
    return accounts_operations.render_notification(notification)[1]


def test_the_end_is_told_a_week_before(fan: User, button: Button) -> None:
    """Not a moment earlier, and once, however often and on how many days the task runs."""
    repeat(fan, button, term_months=3)
    assert told(LAST_WEEK - timedelta(microseconds=1)) == []

    (email,) = told(LAST_WEEK)
    assert (email.recipient, email.subject_key) == (fan, "2026-12")
    assert "December 2026 is its last month:\n\n· A song by Ada\n" in body_of(email)
    assert told(DECEMBER.last_moment) == [email]


def test_a_late_worker_still_tells(fan: User, button: Button) -> None:
    """The last moment of the month is soon enough to go on; after it there is nothing to go on with."""
    repeat(fan, button, term_months=3)
    assert len(told(DECEMBER.last_moment)) == 1

    other = given.user("Henry")
    repeat(other, button, term_months=3)
    make_all(DECEMBER.end)
    assert [email.recipient for email in told(DECEMBER.end)] == [fan]
    assert [email.recipient for email in told(DECEMBER.next.last_moment)] == [fan]


def test_several_that_end_together_are_one_email(fan: User) -> None:
    """Each has its line, in the order in which they were set; those that go on have none."""
    for number, term_months in enumerate((3, 6, 3, None)):
        button = given.button(given.creator(f"Ada{number}"), title=f"Song {number}")
        repeat(fan, button, term_months=term_months)
    (email,) = told(LAST_WEEK)

    assert [line for line in body_of(email).splitlines() if line.startswith("· ")] == [
        "· Song 0 by Ada0",
        "· Song 2 by Ada2",
    ]


def test_of_very_many_the_email_lists_some(fan: User) -> None:
    """It says how many it leaves out."""
    creator = given.creator()
    for number in range(notices.LISTED_MAX + 2):
        repeat(fan, given.button(creator, title=f"Song {number:02}"), term_months=3)
    (email,) = told(LAST_WEEK)

    assert body_of(email).count("· ") == notices.LISTED_MAX + 1
    assert "· and 2 more" in body_of(email)


def test_each_fan_has_an_email_and_each_end_too(fan: User, button: Button) -> None:
    """Another fan's is another email, and so is the end of another term of the same fan."""
    repeat(fan, button, term_months=3)
    repeat(fan, given.button(), term_months=6)
    repeat(given.user("Henry"), button, term_months=3)

    assert {email.recipient.name for email in told(LAST_WEEK)} == {"Grace", "Henry"}
    assert {email.subject_key for email in told(Period(2027, 3).last_moment)} == {"2026-12", "2027-03"}


@pytest.mark.parametrize("change", [{"muted": ["standing_ends"]}, {"is_active": False}])
def test_whoever_wants_none_gets_none(change: dict[str, Any], fan: User, button: Button) -> None:
    """Neither those who turned it off nor closed accounts."""
    repeat(fan, button, term_months=3)
    User.objects.filter(pk=fan.pk).update(**change)

    assert told(LAST_WEEK) == []


def test_what_ended_was_renewed_or_rests_is_not_told(fan: User, button: Button) -> None:
    """Stopped, set anew, going on until stopped, or hidden: there is nothing to go on with, or it goes on."""
    stopped, renewed, endless, hidden = (given.button(title=f"Song {number}") for number in range(4))
    for each in (button, stopped, renewed, endless, hidden):
        repeat(fan, each, term_months=3)
    standing.stop_standing_click(fan=fan, public_id=stopped.public_id, now=given.MOMENT)
    repeat(fan, renewed, term_months=3, now=DECEMBER.start)
    repeat(fan, endless, term_months=None, now=DECEMBER.start)
    hidden.hidden_at = given.MOMENT
    hidden.save()
    (email,) = told(LAST_WEEK)

    assert body_of(email).count("· ") == 1
    assert "· A song by Ada" in body_of(email)


def test_the_link_leads_to_where_it_is_renewed(fan: User, button: Button, client: StrictClient) -> None:
    """The fan's cake lists it with a form; whoever sends that has it going on, and is told of the next end alone."""
    repeat(fan, button, term_months=3)
    (email,) = told(LAST_WEEK)
    assert "/cake/#every-month" in body_of(email)
    with time_machine.travel(LAST_WEEK, tick=False):
        client.force_login(fan)
        page = client.get("/cake/")
        assert "The last time in December 2026" in world.text(page)
        assert world.document(page).query("#every-month")
        (form,) = world.document(page).query(f'form[action="/b/{button.public_id}/every-month/"]')
        assert form.query("select[name=term_months]")
        client.post(form.attrs["action"], {"term_months": "6", "next": "/cake/"})

    assert told(DECEMBER.last_moment) == [email]
    make_all(DECEMBER.end)
    assert [each.subject_key for each in told(Period(2027, 5).last_moment)] == ["2026-12", "2027-05"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "· A song by Ada"), ("fr", "· A song, de Ada")],
)
def test_it_is_sent_as_text_and_html(
    language: str, words: str, fan: User, button: Button, mailoutbox: list[Any]
) -> None:
    """In the fan's language, with a way to do without such emails."""
    User.objects.filter(pk=fan.pk).update(language=language)
    repeat(fan, button, term_months=3)
    told(LAST_WEEK)
    accounts_operations.send_notifications(now=LAST_WEEK)
    (message,) = mailoutbox
    html = message.alternatives[0][0]

    assert words in message.body
    assert words.removeprefix("· ") in html
    assert "/cake/#every-month" in html
    assert "List-Unsubscribe" in message.extra_headers


def test_many_fans_take_few_queries(button: Button) -> None:
    """The rows are read as one, and written by the thousand."""
    for number in range(12):
        repeat(given.user(f"Fan {number}"), button, term_months=3)
    with CaptureQueriesContext(connection) as queries:
        notices.tell_of_ends(now=LAST_WEEK)

    assert len(queries) < 8
    assert Notification.objects.count() == 12
