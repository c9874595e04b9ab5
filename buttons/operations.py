"""Writes about buttons and clicks."""

import re
import uuid
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from django.core.cache import cache
from django.db import IntegrityError, connection
from psycopg2 import errorcodes

from accounts.models import User
from buttons import queries
from buttons.models import Button, Click, ClosedPeriod, Site
from flattr.period import Period
from flattr.transactions import durable, on_commit, required, savepoint

_HOST_LENGTH_MAX: Final = 253
_NEVER_IN_URLS: Final = re.compile(r"[\s\x00-\x1f\x7f]")
URL_BYTES_MAX: Final = 2000
"""How long an address may be: the index that keeps it unique takes no more than about 2,700 bytes."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


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


class UnknownClick(ValueError):
    """The fan has no such click."""


class BadUrl(ValueError):
    """The address is not one that a button can stand for."""


class UrlTooLong(BadUrl):
    """The address is one that the database has no room for."""


class ButtonExists(ValueError):
    """The creator has a button for that address already."""


def canonical_url(url: str) -> str:
    """Return the one spelling of a web address: host in lower case, no default port, no fragment.

    :raises BadUrl: if it is not a plain http or https address with a host.
    :raises UrlTooLong: if it has more than 2,000 bytes.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        msg = f"url: {url!r} is malformed"
        raise BadUrl(msg) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        msg = f"url: {url!r} is not an http or https address"
        raise BadUrl(msg)
    if parts.username is not None or parts.password is not None:
        msg = "url: an address with a login in it can't be shown to others"
        raise BadUrl(msg)
    if _NEVER_IN_URLS.search(url.strip()) or len(parts.hostname) > _HOST_LENGTH_MAX:
        msg = "url: it has spaces or control characters, or a host too long to be one"
        raise BadUrl(msg)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    address = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    if len(address.encode()) > URL_BYTES_MAX:
        msg = f"url: longer than {URL_BYTES_MAX} bytes"
        raise UrlTooLong(msg)
    return address


@durable
def create_button(
    *,
    creator: User,
    url: str,
    title: str,
    description: str = "",
    category: str = Button.Category.OTHER,
    tags: tuple[str, ...] = (),
    language: str = "",
) -> Button:
    """Create a button for one address, and its site when it is the first there.

    :raises BadUrl: if the address can't be one.
    :raises ButtonExists: if the creator has a button for it.
    """
    address = canonical_url(url)
    site, _ = Site.objects.get_or_create(creator=creator, host=urlsplit(address).hostname or "")
    try:
        with savepoint():
            return Button.objects.create(
                creator=creator,
                site=site,
                url=address,
                title=title,
                description=description,
                category=category,
                tags=list(tags),
                language=language,
            )
    except IntegrityError as error:
        msg = f"url: you have a button for {address} already"
        raise ButtonExists(msg) from error


@durable
def set_hidden(*, button: Button, hidden: bool, now: datetime) -> None:
    """Hide a button, which keeps its clicks but takes no new ones, or show it again."""
    button.hidden_at = (button.hidden_at or now) if hidden else None
    button.save(update_fields=["hidden_at"])


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


@durable
def record_click(*, click_id: uuid.UUID, fan: User, button: Button, origin: str, now: datetime) -> Click:
    """Give the button one slice of the fan's cake of this month; the same id again changes nothing.

    `origin` is the scheme and host of the page that the fan came from, or empty.

    :raises OwnButton: if the fan made the button.
    :raises HiddenButton: if the button is hidden.
    :raises PeriodClosed: if the month was closed in this very moment.
    :raises ClickIdTaken: if the id stands for another click.
    :raises ClickUndone: if the fan has taken the click with this id back.
    """
    require_clickable(fan=fan, button=button)
    click = Click(
        id=click_id,
        fan=fan,
        button=button,
        creator_id=button.creator_id,
        period=Period.at(now),
        clicked_at=now,
        origin=origin,
    )
    try:
        with savepoint():
            click.save(force_insert=True)
    except IntegrityError as error:
        if _is_closed(error):
            msg = f"period: {click.period} is closed"
            raise PeriodClosed(msg) from error
        existing = Click.objects.filter(id=click_id, fan=fan, button=button).first()
        if existing is None:
            msg = "click: this id stands for another click"
            raise ClickIdTaken(msg) from error
        if existing.undone_at is not None:
            msg = "click: you took it back"
            raise ClickUndone(msg) from error
        return existing
    on_commit(partial(_let_count_follow, button, by=1))
    return click


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
    on_commit(partial(_let_count_follow, click.button, by=-1))
    return click


@required
def close_period(*, period: Period, now: datetime) -> None:
    """Close a period to clicks for good; closing it twice changes nothing.

    Every click holds a shared lock on its period until it is committed (see the trigger in
    `migrations/0002`), so taking that lock alone here waits for the last click under way.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(buttons_period_lock(%s))", [period.first_day])
    ClosedPeriod.objects.bulk_create([ClosedPeriod(period=period, closed_at=now)], ignore_conflicts=True)


@required
def keep_period_open(*, period: Period) -> bool:
    """Keep a period from being closed until the transaction ends, as a click does; return False if it is closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(buttons_period_lock(%s))", [period.first_day])
    return not ClosedPeriod.objects.filter(period=period).exists()


@required
def import_clicks(*, clicks: list[Click]) -> int:
    """Add many clicks in one go, as an import does, and return how many were new; the others are left as they are.

    :raises PeriodClosed: if their period is closed.
    """
    ids = [click.id for click in clicks]
    known = Click.objects.filter(id__in=ids).count()
    try:
        with savepoint():
            Click.objects.bulk_create(clicks, batch_size=5000, ignore_conflicts=True)
    except IntegrityError as error:
        if not _is_closed(error):
            raise
        msg = f"period: {clicks[0].period} is closed"
        raise PeriodClosed(msg) from error
    return len(clicks) - known


def _let_count_follow(button: Button, *, by: int) -> None:
    """Move the cached count by a change, so that the next page shows it to the fan who made it.

    Dropping the count instead would have a popular button counted anew after each of its clicks. A count
    that is being taken in this very moment may miss the change or hold it twice, for a minute.
    """
    key = queries.count_key(button=button)
    try:
        if cache.incr(key, by) == by:
            # It was 0, or it ran out just before: then Redis began a new number, which would never run
            # out. Either way, the next page counts.
            cache.delete(key)
    except ValueError:
        # Nothing is cached, so the next page counts anyway.
        return


def _is_closed(error: IntegrityError) -> bool:
    """Tell the trigger's refusal from a repeated id, by the error code that the trigger chose."""
    return getattr(error.__cause__, "pgcode", None) == errorcodes.INTEGRITY_CONSTRAINT_VIOLATION
