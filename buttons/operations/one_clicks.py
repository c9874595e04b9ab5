"""Clicks by one press on somebody's page: recorded where all speaks for a person's own will, else to be confirmed.

The page that shows the frame profits from clicks, so nothing that it does is believed. The rules are those of
the study of 2026, part 2.2: what can't be told apart from a trick is asked for in a window of ours, never dropped.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q

from accounts import operations as accounts_operations
from accounts import queries as accounts_queries
from accounts.models import User
from buttons.models import Button, Click, Confirmation, OneClick, SiteKey
from buttons.operations import buttons as buttons_operations
from buttons.operations import clicks, keys
from buttons.queries import trust
from buttons.queries.frames import CONFIRMED_LASTS
from buttons.tickets import Place
from flattr.period import Period
from flattr.transactions import durable

UNDO_WITHIN: Final = timedelta(seconds=10)
HOVER_MS_MIN: Final = trust.HOVER_MS_MIN
VISIBLE_MS_MIN: Final = 800
DAILY_FOR_BUTTON: Final = 1
DAILY_ON_SITE: Final = 5
DAILY: Final = 30
SHARE_AFTER_CLICKS: Final = 8
SHARE_MAX_PERCENT: Final = 25


class NeedsConfirmation(ValueError):
    """The click is to be confirmed in our window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What the frame saw of a press: how long the pointer was over the button and the button in view, and where."""

    hover_ms: int
    visible_ms: int
    is_proven_visible: bool
    """The browser itself told that nothing covers the frame, which Chromium alone can."""
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A click by one press, and the secret by which the browser makes the next."""

    click: Click
    secret: str


def click_at_once(*, click_id: uuid.UUID, place: Place, secret: str, press: Press, now: datetime) -> Recorded:
    """Record a click by one press; the same id again changes nothing.

    :raises NoKey: if the secret is no key for the place's site.
    :raises NeedsConfirmation: if anything speaks for a trick, or a limit is reached.
    :raises NoBudget: if the fan has no budget in force.
    :raises UnableToClick: if the click can't be recorded (see `clicks.record_click`).
    """
    key = keys.find_key(secret=secret, now=now)
    if key.origin != place.origin:
        msg = "key: it is another site's"
        raise keys.NoKey(msg)
    if accounts_queries.active_subscription_for(fan=key.fan, period=Period.at(now)) is None:
        msg = "there is no budget"
        raise clicks.NoBudget(msg)
    button = buttons_operations.open_button(place=place, now=now)
    clicks.require_clickable(fan=key.fan, button=button)
    _require_own_will(key, button, press, now)
    _reserve(key=key, button=button, click_id=click_id, press=press, now=now)
    click = clicks.record_click(
        click_id=click_id, fan=key.fan, public_id=button.public_id, origin=place.origin, now=now
    )
    return Recorded(click=click, secret=keys.renew_secret(key=key, used=secret, now=now))


def undo_at_once(*, click_id: uuid.UUID, secret: str, now: datetime) -> Click:
    """Take back the click that was just made in the frame; later it is taken back on our pages.

    :raises NoKey: if the secret is no key.
    :raises UnknownClick: if the fan made no such click on the key's site within the last ten seconds.
    :raises PeriodClosed: if its period is over.
    """
    key = keys.find_key(secret=secret, now=now)
    # A second for the way.
    since = now - UNDO_WITHIN - timedelta(seconds=1)
    if not Click.objects.filter(id=click_id, fan=key.fan, origin=key.origin, clicked_at__gte=since).exists():
        msg = "click: there is none of yours with this id that was just made"
        raise clicks.UnknownClick(msg)
    return clicks.undo_click(click_id=click_id, fan=key.fan, now=now)


def _require_own_will(key: SiteKey, button: Button, press: Press, now: datetime) -> None:
    """Raise unless fan, site and press are such that one press is enough."""
    if not trust.is_verified(origin=key.origin, creator_id=button.creator_id):
        msg = "site: it isn't verified for this creator"
        raise NeedsConfirmation(msg)
    standing = trust.standing_of(origin=key.origin)
    if not trust.lets_one_press_count(standing, now=now):
        msg = "site: each click on it is to be confirmed for now"
        raise NeedsConfirmation(msg)
    if not Confirmation.objects.filter(
        fan=key.fan,
        creator_id=button.creator_id,
        origin=key.origin,
        confirmed_at__gt=now - CONFIRMED_LASTS,
        revoked_at__isnull=True,
    ).exists():
        msg = "click: the first one for this creator on this site"
        raise NeedsConfirmation(msg)
    if press.hover_ms < HOVER_MS_MIN:
        msg = "press: the pointer wasn't over the button before"
        raise NeedsConfirmation(msg)
    is_in_view = press.is_proven_visible or standing.has_good_name
    if press.visible_ms < VISIBLE_MS_MIN or not is_in_view:
        msg = "press: the button wasn't in plain view"
        raise NeedsConfirmation(msg)


@durable
def _reserve(*, key: SiteKey, button: Button, click_id: uuid.UUID, press: Press, now: datetime) -> None:
    """Note the press if the fan's limits allow it.

    :raises NeedsConfirmation: if they don't.
    """
    accounts_operations.lock_fan(fan=key.fan)
    if OneClick.objects.filter(fan=key.fan, click_id=click_id).exists():
        return
    require_within_limits(fan=key.fan, button=button, origin=key.origin, now=now)
    OneClick.objects.create(
        fan=key.fan,
        creator_id=button.creator_id,
        button=button,
        click_id=click_id,
        origin=key.origin,
        clicked_at=now,
        hover_ms=press.hover_ms,
        x=press.x,
        y=press.y,
    )


def require_within_limits(*, fan: User, button: Button, origin: str, now: datetime) -> None:
    """Raise unless the fan may make one more click by one press for a button on a site.

    :raises NeedsConfirmation: if they may not.
    """
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = OneClick.objects.filter(fan=fan, clicked_at__gte=day).aggregate(
        all=Count("id"),
        button=Count("id", filter=Q(button=button)),
        site=Count("id", filter=Q(origin=origin)),
    )
    if today["button"] >= DAILY_FOR_BUTTON or today["site"] >= DAILY_ON_SITE or today["all"] >= DAILY:
        msg = "limit: as many clicks by one press as are allowed in a day"
        raise NeedsConfirmation(msg)
    period = Period.at(now)
    in_all = Click.objects.filter(fan=fan, period=period, undone_at__isnull=True).count()
    for_creator = OneClick.objects.filter(
        fan=fan, creator_id=button.creator_id, clicked_at__gte=period.start, undone_at__isnull=True
    ).count()
    if in_all >= SHARE_AFTER_CLICKS and (for_creator + 1) * 100 > SHARE_MAX_PERCENT * (in_all + 1):
        msg = "limit: as large a part of the month's clicks for one creator as one press may make"
        raise NeedsConfirmation(msg)
