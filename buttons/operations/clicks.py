"""Writes about clicks: given once an id, undone until their period closes."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from django.db import IntegrityError, connection
from psycopg2 import errorcodes

from accounts.models import User
from buttons.models import Button, Click, ClickVisibility, Confirmation, Introduction, OneClick
from buttons.operations import periods
from flattr.period import Period
from flattr.transactions import durable, required, savepoint, single_statement

R = TypeVar("R")

_RECORD: Final = "SELECT * FROM buttons_record_clicks(%s::uuid[], %s::bigint[], %s, %s::timestamptz[], %s, %s)"
"""Looks at the buttons and records the clicks: one way to the database, and one commit (see `migrations/0006`)."""


class UnableToClick(ValueError):
    """The click can't be recorded."""


class OwnButton(UnableToClick):
    """The fan is the button's creator."""


class HiddenButton(UnableToClick):
    """The button is hidden."""


class PeriodClosed(UnableToClick):
    """The period is over; its clicks are what they are."""


class ClickIdTaken(UnableToClick):
    """The id belongs to the fan's click on another button."""


class ClickUndone(UnableToClick):
    """The fan took the click with this id back, so it counts no more."""


class NoBudget(UnableToClick):
    """The fan has no budget in force, so a click would weigh nothing."""


class UnknownButton(ValueError):
    """There is no such button."""


Refusal = UnableToClick | UnknownButton
"""Why a click wasn't recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedClick:
    """What a click is made of. `origin` is the scheme and host of the page that the fan came from, or empty."""

    click_id: uuid.UUID
    fan: User
    public_id: str
    origin: str
    now: datetime


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
        msg = "button: it is hidden"
        raise HiddenButton(msg)


def record_click(*, click_id: uuid.UUID, fan: User, public_id: str, origin: str, now: datetime) -> Click:
    """Give the button one slice of the fan's cake of this month; the same id again changes nothing.

    :raises UnknownButton: if no button has this public id.
    :raises OwnButton: if the fan made the button.
    :raises HiddenButton: if the button is hidden.
    :raises PeriodClosed: if the month was closed in this very moment.
    :raises ClickIdTaken: if the id stands for another click.
    :raises ClickUndone: if the fan has taken the click with this id back.
    """
    period = Period.at(now)
    wanted = WantedClick(click_id=click_id, fan=fan, public_id=public_id, origin=origin, now=now)
    (refusal,) = record_clicks(wanted=[wanted], period=period)
    try:
        if refusal is not None:
            raise refusal
    finally:
        # Else it and this call would keep each other until garbage is collected.
        del refusal
    # Where two months meet, two hosts may have recorded it in both.
    clicks = Click.objects.select_related("button").filter(id=click_id, fan=fan)
    return clicks.filter(period__in=[period, period.previous]).latest("period")


def record_clicks(*, wanted: Sequence[WantedClick], period: Period) -> list[Refusal | None]:
    """Record several clicks of one period at once, as `record_click` does; return why each is refused, or None.

    :raises PeriodClosed: if the period was closed in this very moment; then none of them is recorded.
    """

    def run(parameters: list[Any]) -> list[tuple[Any, ...]]:
        return with_partition(partial(_run_alone, parameters), period=period)

    return _recorded(wanted, period, run)


@required
def record_clicks_within(*, wanted: Sequence[WantedClick], period: Period) -> list[Refusal | None]:
    """Record several clicks as `record_clicks` does, as a part of a use case that `with_partition` does.

    :raises PeriodClosed: if the period is closed; then nothing of the use case can be kept.
    """
    return _recorded(wanted, period, _run)


def _recorded(
    wanted: Sequence[WantedClick], period: Period, run: Callable[[list[Any]], list[tuple[Any, ...]]]
) -> list[Refusal | None]:
    """Run the statement and tell by the place of each click why it is refused."""
    parameters = [
        [str(each.click_id) for each in wanted],
        [each.fan.pk for each in wanted],
        [each.public_id for each in wanted],
        [each.now for each in wanted],
        [each.origin for each in wanted],
        period.first_day,
    ]
    try:
        rows = {place: values for place, *values in run(parameters)}
    except IntegrityError as error:
        if not _is_closed(error):
            raise
        msg = f"period: {period} is closed"
        raise PeriodClosed(msg) from error
    return [_refusal(each, period, rows.get(place)) for place, each in enumerate(wanted, start=1)]


def with_partition(use_case: Callable[[], R], *, period: Period) -> R:
    """Do a whole use case that records clicks of a period, once more where the period had no partition.

    A partition is made by itself and not before it is missed, as all clicks of the period wait for that.
    """
    try:
        return use_case()
    except IntegrityError as error:
        if not _lacks_partition(error):
            raise
        durable(periods.make_partition)(period=period)
        return use_case()


def _run_alone(parameters: list[Any]) -> list[tuple[Any, ...]]:
    with single_statement():
        return _run(parameters)


def _run(parameters: list[Any]) -> list[tuple[Any, ...]]:
    """Return for each click its place, whether it is new, and its button's values."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _refusal(wanted: WantedClick, period: Period, row: Sequence[Any] | None) -> Refusal | None:
    if row is None:
        return UnknownButton(f"button: there is none with the public id {wanted.public_id!r}")
    is_new, *values = row
    if is_new:
        return None
    button = Button.from_db(None, ["id", "creator_id", "hidden_at"], values)
    try:
        require_clickable(fan=wanted.fan, button=button)
        _require_recorded_before(wanted, period, button)
    except UnableToClick as refusal:
        # What is returned shall not keep the calls alive that it came through, which have the others' clicks.
        return refusal.with_traceback(None)
    return None


def _require_recorded_before(wanted: WantedClick, period: Period, button: Button) -> None:
    """Raise unless the click that has this id is the same one and stands."""
    existing = Click.objects.filter(
        id=wanted.click_id, fan=wanted.fan, button=button, period__in=[period.previous, period]
    ).first()
    if existing is None:
        msg = "click: this id stands for another click"
        raise ClickIdTaken(msg)
    if existing.undone_at is not None:
        msg = "click: you took it back"
        raise ClickUndone(msg)


@durable
def undo_click(*, click_id: uuid.UUID, fan: User, now: datetime) -> Click:
    """Take a click back; taking it back twice changes nothing.

    :raises UnknownClick: if the fan has no such click.
    :raises PeriodClosed: if its period is over.
    """
    # An id may have been used in a month long over, whose click isn't meant.
    clicks = Click.objects.select_for_update(of=("self",)).select_related("button").filter(id=click_id, fan=fan)
    click = clicks.order_by("-period").first()
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
            # An id is the fan's own, so it alone doesn't tell the row.
            Click.objects.filter(id=click.id, fan=fan, period=click.period).update(undone_at=now)
            # What is taken back often on a site speaks against it.
            OneClick.objects.filter(fan=fan, click_id=click.id).update(undone_at=now)
            Confirmation.objects.filter(fan=fan, click_id=click.id).update(undone_at=now)
            # Nobody was brought by a link whose click is taken back.
            Introduction.objects.filter(fan=fan, creator=click.creator_id, click_id=click.id).delete()
            ClickVisibility.objects.filter(fan=fan, period=click.period, click_id=click.id).delete()
    except IntegrityError as error:
        if not _is_closed(error):
            raise
        msg = f"period: {click.period} is closed, its clicks can't be undone"
        raise PeriodClosed(msg) from error
    return click


@required
def import_clicks(*, clicks: list[Click]) -> int:
    """Add many clicks in one go, as an import does, and return how many were new; the others are left as they are.

    :raises PeriodClosed: if their period is closed.
    """
    # The id alone doesn't tell: it may be another fan's, too.
    keys = {(click.id, click.fan_id, click.period) for click in clicks}
    found = Click.objects.filter(id__in=[click.id for click in clicks]).values_list("id", "fan_id", "period")
    known = len(keys.intersection(found))
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


def _is_closed(error: IntegrityError) -> bool:
    """Tell the trigger's refusal from others, by the error code that the trigger chose."""
    return getattr(error.__cause__, "pgcode", None) == errorcodes.INTEGRITY_CONSTRAINT_VIOLATION


def _lacks_partition(error: IntegrityError) -> bool:
    """Tell that the period has no partition yet, which PostgreSQL reports as a check on no constraint of ours."""
    cause = error.__cause__
    is_check = getattr(cause, "pgcode", None) == errorcodes.CHECK_VIOLATION
    return is_check and getattr(getattr(cause, "diag", None), "constraint_name", None) is None
