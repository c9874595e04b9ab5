"""Clicks by a session: many at once are each what they would be alone."""

import asyncio
import gc
import uuid
import weakref
from collections.abc import Awaitable
from datetime import datetime, timedelta
from functools import partial

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from accounts.models import User
from buttons.models import Button, Click
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks, visits
from flattr.period import Period
from tests import given


def session_of(user: User) -> str:
    """Log the user in and return the session's key."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


async def visit(session_key: str, button: Button, now: datetime, *, click_id: uuid.UUID | None = None) -> str:
    """Click by a session; return the name of the refusal, or nothing."""
    try:
        await visits.click_by_session(
            session_key=session_key,
            click_id=click_id or uuid.uuid4(),
            public_id=button.public_id,
            origin="https://artist.example",
            now=now,
        )
    except (clicks.UnableToClick, clicks.UnknownButton) as refusal:
        return type(refusal).__name__
    return ""


@async_to_sync
async def at_once(*visits_: Awaitable[str]) -> list[str]:
    """Let all come while the first is under way."""
    return await asyncio.gather(*visits_)


@pytest.mark.django_db(transaction=True)
def test_clicks_that_come_together_are_what_each_would_be_alone(october: Period, mid_october: datetime) -> None:
    """Good ones count once, whoever else is refused beside them and for whatever reason."""
    fans = [given.funded_fan(period=october) for _ in range(3)]
    sessions = [session_of(fan) for fan in fans]
    button, hidden = given.button(fans[0]), given.button()
    buttons_operations.set_hidden(button=hidden, hidden=True, now=mid_october)
    poor, double = session_of(given.user()), uuid.uuid4()
    outcomes = at_once(
        visit(sessions[0], button, mid_october),
        visit(sessions[1], button, mid_october, click_id=double),
        visit(sessions[1], button, mid_october, click_id=double),
        visit(sessions[2], button, mid_october),
        visit(sessions[2], button, mid_october),
        visit(sessions[2], hidden, mid_october),
        visit(sessions[2], Button(public_id="nothing"), mid_october),
        visit(poor, button, mid_october),
        visit("made-up", button, mid_october),
    )

    assert outcomes == [
        "OwnButton", "", "", "", "", "HiddenButton", "UnknownButton", "NoBudget", "NobodyLoggedIn"
    ]  # fmt: skip
    assert sorted(Click.objects.values_list("fan_id", "button_id")) == [
        (fans[1].pk, button.pk),
        (fans[2].pk, button.pk),
        (fans[2].pk, button.pk),
    ]


@pytest.mark.django_db(transaction=True)
def test_clicks_of_two_months_come_together(october: Period) -> None:
    """At midnight each counts in its own month."""
    fan = given.funded_fan(period=october)
    session, button = session_of(fan), given.button()
    moments = [october.end - timedelta(microseconds=1), october.end] * 4
    assert set(at_once(*[visit(session, button, now) for now in moments])) == {""}
    assert sorted(Click.objects.values_list("period", flat=True)) == [october] * 4 + [october.next] * 4


@pytest.mark.django_db
def test_several_clicks_are_refused_one_by_one(october: Period, mid_october: datetime) -> None:
    """Each outcome stands in the place of its click, also for ids that were used before."""
    fan, button, other = given.funded_fan(period=october), given.button(), given.button()
    (known,) = given.click(fan, button, now=mid_october)
    (undone,) = given.click(fan, button, now=mid_october)
    clicks.undo_click(click_id=undone.id, fan=fan, now=mid_october)

    def wanted(click_id: uuid.UUID, public_id: str) -> clicks.WantedClick:
        return clicks.WantedClick(click_id=click_id, fan=fan, public_id=public_id, origin="", now=mid_october)

    outcomes = clicks.record_clicks(
        wanted=[
            wanted(known.id, other.public_id),
            wanted(undone.id, button.public_id),
            wanted(uuid.uuid4(), "nothing"),
            wanted(known.id, button.public_id),
            wanted(uuid.uuid4(), other.public_id),
        ],
        period=october,
    )
    assert [type(outcome) for outcome in outcomes] == [
        clicks.ClickIdTaken, clicks.ClickUndone, clicks.UnknownButton, type(None), type(None)
    ]  # fmt: skip
    assert Click.objects.filter(button=other).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_record_the_same_ids_side_by_side_never_wait_for_each_other(mid_october: datetime) -> None:
    """An id may be two fans' own; in whatever order two processes are given them, they meet them in one order."""
    fans, button, period = [given.user(), given.user()], given.button(), Period.at(mid_october)
    for _ in range(40):
        click_id = uuid.uuid4()
        wanted = [
            clicks.WantedClick(click_id=click_id, fan=fan, public_id=button.public_id, origin="", now=mid_october)
            for fan in fans
        ]
        outcomes = given.at_once(
            partial(clicks.record_clicks, wanted=wanted, period=period),
            partial(clicks.record_clicks, wanted=wanted[::-1], period=period),
        )
        assert outcomes == [[None, None]] * 2


@pytest.mark.django_db
def test_a_refusal_keeps_nothing_alive(october: Period, mid_october: datetime) -> None:
    """It is gone with its answer, and its request with it: nothing is left for the collector of garbage."""
    fan = given.funded_fan(period=october)
    session, own, hidden = session_of(fan), given.button(fan), given.button()
    buttons_operations.set_hidden(button=hidden, hidden=True, now=mid_october)

    async def refusal_of(key: str, button: Button) -> weakref.ref[Exception] | None:
        try:
            await visits.click_by_session(
                session_key=key, click_id=uuid.uuid4(), public_id=button.public_id, origin="", now=mid_october
            )
        except (clicks.UnableToClick, clicks.UnknownButton) as refusal:
            return weakref.ref(refusal)
        return None

    async def leave_some() -> None:
        asked = [("made-up", own), (session, own), (session, hidden), (session, Button(public_id="nothing"))]
        left = [await refusal_of(*each) for each in asked]
        # The last one's future is let go of where the loop goes on.
        await asyncio.sleep(0)
        assert [each is not None and each() for each in left] == [None] * len(asked)

    gc.disable()
    try:
        async_to_sync(leave_some)()
    finally:
        gc.enable()
