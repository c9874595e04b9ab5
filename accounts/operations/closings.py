"""Closing an account: asked for, taken back by logging in, and what is forgotten of a person at the end."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.db.models import Q

from accounts import operations, queries
from accounts.models import (
    CLOSED_DOMAIN,
    Closing,
    Connection,
    CreatorProfile,
    Notification,
    Session,
    Subscription,
    User,
    Visibility,
)
from flattr.period import Period
from flattr.transactions import durable, required

GRACE: Final = timedelta(days=14)
"""For how long logging in takes the wish back."""
NOBODY: Final = "–"
"""What a person who is gone is called in other people's statements."""

_State = Subscription.State


@required
def ask(*, user: User, now: datetime) -> Closing:
    """Note that the user wants the account closed after the days of grace, log them out, and tell them; once."""
    closing, is_new = Closing.objects.get_or_create(user=user, defaults={"asked_at": now, "due_at": now + GRACE})
    if is_new:
        _tell(user, Notification.Kind.CLOSING_ASKED, closing=closing, now=now)
    Session.objects.filter(user=user).delete()
    return closing


@durable
def take_back(*, user: User, now: datetime) -> bool:
    """Keep the account of a user who logged in; return whether they had wanted it closed."""
    closing = Closing.objects.select_for_update().filter(user=user, begun_at__isnull=True).first()
    if closing is not None:
        stop(closing=closing, reasons=[], now=now)
    return closing is not None


@required
def stop(*, closing: Closing, reasons: list[str], now: datetime) -> None:
    """Keep the account open and tell its user, with the reasons where they didn't want that."""
    _tell(closing.user, Notification.Kind.CLOSING_STOPPED, closing=closing, now=now, reasons=reasons)
    closing.delete()


@required
def begin(*, closing: Closing, now: datetime) -> None:
    """Let nobody log in any more, end what was promised, and close the public page. There is no way back."""
    user = closing.user
    closing.begun_at = now
    closing.save(update_fields=["begun_at"])
    user.is_active = False
    user.save(update_fields=["is_active"])
    Session.objects.filter(user=user).delete()
    latest = queries.latest_subscription(fan=user)
    if latest is not None and latest.state != _State.CANCELLED:
        operations.promise(
            fan=user,
            budget_cents=latest.budget_cents,
            term_months=latest.term_months,
            state=_State.CANCELLED,
            effective_from=max(Period.at(now).next, latest.effective_from),
            now=now,
        )
    CreatorProfile.objects.filter(user=user).update(
        slug=f"closed-{secrets.token_hex(8)}", name=NOBODY, text="", links=[], thanks=""
    )


@required
def say_goodbye(*, closing: Closing, now: datetime) -> bool:
    """Owe the user a last email; return whether it is gone, or will never go."""
    _tell(closing.user, Notification.Kind.CLOSED, closing=closing, now=now)
    return not queries.owed_notifications(user=closing.user).exists()


@required
def forget(*, closing: Closing, now: datetime) -> None:
    """Take away what tells who the user was: address, name, everything to log in by, and what was written to them."""
    user = closing.user
    told = Q()
    for word in {user.email, user.name} - {""}:
        told |= Q(object_repr__icontains=word) | Q(change_message__icontains=word)
    LogEntry.objects.filter(told).update(object_repr=NOBODY, change_message="")
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    Connection.objects.filter(owner=user).delete()
    Notification.objects.filter(recipient=user).delete()
    user.email, user.name, user.language = f"closed-{user.pk}@{CLOSED_DOMAIN}", "", "en"
    user.time_zone, user.muted, user.last_login = "UTC", [], None
    user.visibility = Visibility.ANONYMOUS
    # Links that they shared tell nothing of them any more, wherever they stand.
    user.share_token = uuid.uuid4()
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    closing.ended_at = now
    closing.save(update_fields=["ended_at"])


def _tell(
    user: User, kind: Notification.Kind, *, closing: Closing, now: datetime, reasons: list[str] | None = None
) -> None:
    operations.notify(
        recipient=user,
        kind=kind,
        subject_key=closing.asked_at.isoformat(),
        context={"due_at": f"{closing.due_at:%Y-%m-%d}", "reasons": reasons or []},
        now=now,
    )
