"""Writes about clicks: given once an id, undone until their period closes."""

import uuid
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.core.cache import cache
from django.db import IntegrityError, connection
from psycopg2 import errorcodes

from accounts.models import User
from buttons import queries
from buttons.models import Button, Click
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import durable, on_commit, required, savepoint, single_statement

_RECORD: Final = "SELECT * FROM buttons_record_click(%s, %s, %s, %s, %s, %s)"
"""Looks at the button and records the click: one way to the database, and one commit (see `migrations/0005`)."""


class UnableToClick(ValueError):
    """The click can't be recorded."""


class OwnButton(UnableToClick):
    """The fan is the button's creator."""


class HiddenButton(UnableToClick):
    """The creator has hidden the button."""


class PeriodClosed(UnableToClick):
    """The period is over; its clicks are what they are."""


class ClickIdTaken(UnableToClick):
    """The id belongs to another fan's click or to a click on another button."""


class ClickUndone(UnableToClick):
    """The fan took the click with this id back, so it counts no more."""


class UnknownButton(ValueError):
    """There is no such button."""


class UnknownClick(ValueError):
    """The fan has no such click."""


def require_clickable(*, fan: User | None, button: Button) -> None:
    """Raise if no click of the fan on the button counts, whatever they do first; None is somebody not logged in.

    :raises OwnButton: if the fan made the button.
    :raises HiddenButton: if the button is hidden.
    """
    if fan is not None and button.creator_id == fan.pk:
        msg = "button: you can't click your own button"
        raise OwnButton(msg)
    if button.hidden_at is not None:
        msg = "button: its creator has hidden it"
        raise HiddenButton(msg)


def record_click(*, click_id: uuid.UUID, fan: User, public_id: str, origin: str, now: datetime) -> Click:
    """Give the button one slice of the fan's cake of this month; the same id again changes nothing.

    `origin` is the scheme and host of the page that the fan came from, or empty.

    :raises UnknownButton: if no button has this public id.
    :raises OwnButton: if the fan made the button.
    :raises HiddenButton: if the button is hidden.
    :raises PeriodClosed: if the month was closed in this very moment.
    :raises ClickIdTaken: if the id stands for another click.
    :raises ClickUndone: if the fan has taken the click with this id back.
    """
    click = Click(id=click_id, fan=fan, period=Period.at(now), clicked_at=now, origin=origin)
    try:
        is_new = _record(click, public_id)
    except IntegrityError as error:
        if not _is_closed(error):
            raise
        msg = f"period: {click.period} is closed"
        raise PeriodClosed(msg) from error
    if not is_new:
        require_clickable(fan=fan, button=click.button)
        return _recorded_before(click)
    on_commit(partial(_let_count_follow, public_id, by=1))
    return click


def _record(click: Click, public_id: str) -> bool:
    """Run the statement, and tell whether the click is new; this will give it the button, the rest of which is lazy.

    :raises UnknownButton: if no button has this public id.
    """
    parameters = [click.id, click.fan_id, public_id, click.period.first_day, click.clicked_at, click.origin]
    try:
        row = _run(parameters)
    except IntegrityError as error:
        if not _lacks_partition(error):
            raise
        durable(periods.make_partition)(period=click.period)
        row = _run(parameters)
    if row is None:
        msg = f"button: there is none with the public id {public_id!r}"
        raise UnknownButton(msg)
    is_new, *values = row
    click.button = Button.from_db(None, ["id", "public_id", "creator_id", "title", "hidden_at"], values)
    click.creator_id = click.button.creator_id
    return bool(is_new)


def _run(parameters: list[Any]) -> tuple[Any, ...] | None:
    with single_statement(), connection.cursor() as cursor:
        cursor.execute(_RECORD, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _recorded_before(click: Click) -> Click:
    """Return the click that has this id, if it is the same one and stands."""
    existing = Click.objects.filter(
        id=click.id, fan=click.fan, button_id=click.button_id, period__in=[click.period.previous, click.period]
    ).first()
    if existing is None:
        msg = "click: this id stands for another click"
        raise ClickIdTaken(msg)
    if existing.undone_at is not None:
        msg = "click: you took it back"
        raise ClickUndone(msg)
    return existing


@durable
def undo_click(*, click_id: uuid.UUID, fan: User, now: datetime) -> Click:
    """Take a click back; taking it back twice changes nothing.

    :raises UnknownClick: if the fan has no such click.
    :raises PeriodClosed: if its period is over.
    """
    click = (
        Click.objects.select_for_update(of=("self",)).select_related("button").filter(id=click_id, fan=fan).first()
    )
    if click is None:
        msg = "click: there is none of yours with this id"
        raise UnknownClick(msg)
    if click.undone_at is not None:
        return click
    if now >= click.period.end:
        msg = f"period: {click.period} is closed, its clicks can't be undone"
        raise PeriodClosed(msg)
    click.undone_at = now
    try:
        with savepoint():
            click.save(update_fields=["undone_at"])
    except IntegrityError as error:
        if not _is_closed(error):
            raise
        msg = f"period: {click.period} is closed, its clicks can't be undone"
        raise PeriodClosed(msg) from error
    on_commit(partial(_let_count_follow, click.button.public_id, by=-1))
    return click


@required
def import_clicks(*, clicks: list[Click]) -> int:
    """Add many clicks in one go, as an import does, and return how many were new; the others are left as they are.

    :raises PeriodClosed: if their period is closed.
    """
    ids = [click.id for click in clicks]
    known = Click.objects.filter(id__in=ids).count()
    try:
        with savepoint():
            for period in {click.period for click in clicks}:
                periods.make_partition(period=period)
            Click.objects.bulk_create(clicks, batch_size=5000, ignore_conflicts=True)
    except IntegrityError as error:
        if not _is_closed(error):
            raise
        msg = f"period: {clicks[0].period} is closed"
        raise PeriodClosed(msg) from error
    return len(clicks) - known


def _let_count_follow(public_id: str, *, by: int) -> None:
    """Move the cached count by a change, so that the next page shows it to the fan who made it.

    Dropping the count instead would have a popular button counted anew after each of its clicks. A count
    that is being taken in this very moment may miss the change or hold it twice, for a minute.
    """
    key = queries.count_key(public_id=public_id)
    with suppress(ValueError):
        # It is raised where nothing is cached: then the next page counts anyway.
        cache.incr(key, by)


def _is_closed(error: IntegrityError) -> bool:
    """Tell the trigger's refusal from others, by the error code that the trigger chose."""
    return getattr(error.__cause__, "pgcode", None) == errorcodes.INTEGRITY_CONSTRAINT_VIOLATION


def _lacks_partition(error: IntegrityError) -> bool:
    """Tell that the period has no partition yet, which PostgreSQL reports as a check on no constraint of ours."""
    cause = error.__cause__
    is_check = getattr(cause, "pgcode", None) == errorcodes.CHECK_VIOLATION
    return is_check and getattr(getattr(cause, "diag", None), "constraint_name", None) is None
