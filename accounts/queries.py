"""Reads about people and their promises."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.crypto import constant_time_compare

from accounts.models import (
    NOTIFICATION_ATTEMPTS_MAX,
    Closing,
    Connection,
    CreatorProfile,
    Notification,
    Subscription,
    User,
)
from accounts.sessions import BROWSER, SINCE, USED, SessionStore, session_handle
from flattr.period import Period

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


_VISITOR_FIELDS: Final = ["id", "password", "is_active"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is logged in. Of the user only what tells them apart was read; the rest is lazy."""

    user: User
    has_budget: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A browser in which a person is logged in."""

    handle: str
    browser: str
    since: date | None
    used: date | None
    is_this: bool


def sessions_of(*, user: User, session_key: str | None, now: datetime) -> list[BrowserSession]:
    """Return where the person is logged in, this browser first, then the one used last."""
    found = []
    for session in user.sessions.filter(expire_date__gt=now):
        data = session.get_decoded()
        since, used = (date.fromisoformat(data[name]) if name in data else None for name in (SINCE, USED))
        found.append(
            BrowserSession(
                handle=session_handle(session.session_key),
                browser=data.get(BROWSER, ""),
                since=since,
                used=used,
                is_this=session.session_key == session_key,
            )
        )
    return sorted(found, key=lambda each: (each.is_this, each.used or date.min, each.handle), reverse=True)


def subscription_for(*, fan: User, period: Period) -> Subscription | None:
    """Return the row that is in force in the period, or None where the fan has promised nothing yet."""
    return fan.subscriptions.filter(effective_from__lte=period).order_by("-id").first()


def active_subscription_for(*, fan: User, period: Period) -> Subscription | None:
    """Return the row that is in force in the period if it promises a budget, or None."""
    subscription = subscription_for(fan=fan, period=period)
    return subscription if subscription is not None and subscription.state == Subscription.State.ACTIVE else None


def visitors(*, session_keys: Collection[str], period: Period) -> dict[str, Visitor]:
    """Return who is logged in by each session, found with their budgets in one query; nobody where nobody is.

    The checks are those of Django's own `get_user`: the session hasn't ended, a backend of ours made it,
    the person is active, and their password is still the one that they logged in with.
    """
    keys = [key for key in session_keys if SessionStore(key).session_key is not None]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_visitors(%s, %s)", [keys, period.first_day])
        rows = cursor.fetchall()
    store = SessionStore()
    found: dict[str, Visitor] = {}
    for session_key, encoded, state, *values in rows:
        data = store.decode(encoded)
        user = User.from_db(None, _VISITOR_FIELDS, values)
        if (
            data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
            and user.is_active
            and constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
        ):
            found[session_key] = Visitor(user=user, has_budget=state == Subscription.State.ACTIVE)
    return found


def latest_subscription(*, fan: User) -> Subscription | None:
    """Return what the fan said last, whether or not it is in force yet."""
    return fan.subscriptions.order_by("-id").first()


def subscription_history(*, fan: User) -> QuerySet[Subscription]:
    """Return all that the fan ever said, newest first."""
    return fan.subscriptions.order_by("-id")


def active_subscriptions(*, period: Period) -> QuerySet[Subscription]:
    """Return the rows in force in the period, one a fan, of those fans whose budget is to be cut."""
    in_force = Subscription.objects.filter(effective_from__lte=period).order_by("fan_id", "-id").distinct("fan_id")
    return Subscription.objects.filter(
        id__in=in_force.values("id"), state=Subscription.State.ACTIVE, fan__is_active=True
    )


def due_notifications(*, now: datetime) -> QuerySet[Notification]:
    """Return the emails that are to be tried now, oldest first.

    One that failed is due 2, 6, 14 ... minutes after its writing, and never twice within a minute: an old
    one whose pauses are all past would else be given up in the few seconds that the mail server is away.
    """
    paused_enough = Q()
    for attempts in range(NOTIFICATION_ATTEMPTS_MAX):
        written_before = now - timedelta(minutes=2 ** (attempts + 1) - 2)
        paused_enough |= Q(attempts=attempts, created_at__lte=written_before)
    rested = Q(tried_at__isnull=True) | Q(tried_at__lte=now - timedelta(minutes=1))
    return Notification.objects.filter(paused_enough, rested, sent_at__isnull=True).order_by("created_at")


def creator_exists(*, slug: str) -> bool:
    """Tell whether a creator has this address."""
    return CreatorProfile.objects.filter(slug=slug).exists()


def is_creator(user: "User | AnonymousUser") -> bool:
    """Tell whether the user has a creator's page."""
    # A profile that was found stays with the user, so that it is asked for once a page.
    return user.is_authenticated and hasattr(user, "creator_profile")


def owed_notifications(*, user: User) -> QuerySet[Notification]:
    """Return the emails to the user that are still going to be sent."""
    return Notification.objects.filter(recipient=user, sent_at__isnull=True, attempts__lt=NOTIFICATION_ATTEMPTS_MAX)


def is_closing(*, user: User) -> bool:
    """Tell whether an account is closed, or being closed without a way back."""
    return Closing.objects.filter(user=user, begun_at__isnull=False).exists()


def due_closings(*, now: datetime) -> QuerySet[Closing]:
    """Return the closings of accounts that are to be gone on with, oldest first."""
    return Closing.objects.filter(due_at__lte=now, ended_at__isnull=True).order_by("due_at")


def active_connections(*, owner: User) -> QuerySet[Connection]:
    """Return the person's accounts elsewhere where we may post for them."""
    return Connection.objects.filter(owner=owner, state=Connection.State.ACTIVE).order_by("network")


def active_connection(*, owner: User, connection_id: int, is_locked: bool = False) -> Connection | None:
    """Return one of them, or None; locked until the caller's transaction ends where that is wanted."""
    own = active_connections(owner=owner).filter(pk=connection_id)
    return (own.select_for_update() if is_locked else own).first()
