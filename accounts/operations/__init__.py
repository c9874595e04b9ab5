"""Writes about people and their promises."""

import logging
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError
from django.template.loader import render_to_string
from django.utils.translation import override

from accounts import queries
from accounts.models import (
    BUDGET_CENTS_MAX,
    BUDGET_CENTS_MIN,
    CreatorProfile,
    Notification,
    Session,
    Subscription,
    User,
    Visibility,
)
from accounts.operations import muting
from accounts.sessions import session_handle
from flattr import emails
from flattr.period import Period
from flattr.transactions import durable, required, savepoint

logger = logging.getLogger(__name__)

CLICK_NOTICES: Final = frozenset({Notification.Kind.FIRST_CLICKS.value, Notification.Kind.WEEKLY_CLICKS.value})


class BudgetOutOfRange(ValueError):
    """The budget is below the minimum or above the maximum."""

    def __init__(self, budget_cents: int) -> None:
        super().__init__(
            f"budget_cents: {budget_cents} is not between {BUDGET_CENTS_MIN} and {BUDGET_CENTS_MAX} cents"
        )


class UnknownTerm(ValueError):
    """The term is neither 1 nor 3 months."""

    def __init__(self, term_months: int) -> None:
        super().__init__(f"term_months: {term_months} is neither 1 nor 3")


class NothingToChange(ValueError):
    """The fan has no subscription that could be changed that way."""


class MustBeTold(ValueError):
    """Nobody does without emails of these kinds."""

    def __init__(self, kinds: Collection[str]) -> None:
        super().__init__(f"muted: {', '.join(sorted(kinds))} must be told")


class NameMissing(ValueError):
    """Whoever may be seen has a name to be seen by."""

    def __init__(self) -> None:
        super().__init__("name: it is needed to be seen by")


class SlugTaken(ValueError):
    """Another creator has that address, or the user is a creator already."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"slug: {slug!r} is taken")


def start_of_change(*, current: Subscription | None, state: str, now: datetime) -> Period:
    """Return the period from which a change made now takes effect.

    A promise that begins, or begins again, counts at once, since the fan has clicks waiting for it.
    Every other change counts from the next period, so that this month's cake stays as it was shown.
    """
    period = Period.at(now)
    begins = current is None or current.state != Subscription.State.ACTIVE
    return period if begins and state == Subscription.State.ACTIVE else period.next


@durable
def subscribe(*, fan: User, budget_cents: int, term_months: int, now: datetime) -> Subscription:
    """Promise a monthly budget in cents, charged for `term_months` at a time, or change the promise.

    Saying what was said last adds nothing; this will return the row that says so.

    :raises BudgetOutOfRange: below 200 or above 50,000 cents.
    :raises UnknownTerm: for a term other than 1 or 3 months.
    """
    lock_fan(fan=fan)
    current = queries.subscription_for(fan=fan, period=Period.at(now))
    state = Subscription.State.ACTIVE
    effective_from = start_of_change(current=current, state=state, now=now)
    latest = queries.latest_subscription(fan=fan)
    if (
        latest is not None
        and (latest.budget_cents, latest.term_months, latest.state) == (budget_cents, term_months, state)
        and latest.effective_from <= effective_from
    ):
        return latest
    return promise(
        fan=fan,
        budget_cents=budget_cents,
        term_months=term_months,
        state=state,
        effective_from=effective_from,
        now=now,
    )


@durable
def set_subscription_state(*, fan: User, state: Subscription.State, now: datetime) -> Subscription:
    """Pause, cancel or resume the fan's promise, keeping its budget and term.

    :raises NothingToChange: if there is no promise, or it is in that state already.
    """
    lock_fan(fan=fan)
    latest = queries.latest_subscription(fan=fan)
    if latest is None or latest.state == state:
        msg = f"state: there is no subscription to make {state}"
        raise NothingToChange(msg)
    current = queries.subscription_for(fan=fan, period=Period.at(now))
    return promise(
        fan=fan,
        budget_cents=latest.budget_cents,
        term_months=latest.term_months,
        state=state,
        effective_from=start_of_change(current=current, state=state, now=now),
        now=now,
    )


@required
def promise(
    *,
    fan: User,
    budget_cents: int,
    term_months: int,
    state: Subscription.State,
    effective_from: Period,
    now: datetime,
) -> Subscription:
    """Add the row that says what the fan promises from a period on.

    :raises BudgetOutOfRange: below 200 or above 50,000 cents.
    :raises UnknownTerm: for a term other than 1 or 3 months.
    """
    if not BUDGET_CENTS_MIN <= budget_cents <= BUDGET_CENTS_MAX:
        raise BudgetOutOfRange(budget_cents)
    if term_months not in Subscription.Term.values:
        raise UnknownTerm(term_months)
    return Subscription.objects.create(
        fan=fan,
        budget_cents=budget_cents,
        term_months=term_months,
        state=state,
        effective_from=effective_from,
        created_at=now,
    )


@required
def lock_fan(*, fan: User) -> None:
    """Let one change of a fan's promise or deposits follow another until the transaction ends."""
    User.objects.select_for_update(no_key=True).get(pk=fan.pk)


@durable
def become_creator(*, user: User, slug: str, name: str, text: str = "", links: Sequence[str] = ()) -> CreatorProfile:
    """Open the user's page as a creator, whose name becomes one line.

    :raises SlugTaken: if the address belongs to somebody, or the user is a creator already.
    """
    try:
        with savepoint():
            profile = CreatorProfile.objects.create(
                user_id=user.pk, slug=slug, name=emails.one_line(name), text=text, links=list(links)
            )
    except IntegrityError as error:
        raise SlugTaken(slug) from error
    # The user knows of the page from here on, and not before: who is refused would pass for a creator.
    profile.user = user
    return profile


@durable
def update_creator(*, profile: CreatorProfile, name: str, text: str, links: Sequence[str], thanks: str = "") -> None:
    """Change what the creator's page says, and how they thank whoever clicked; its address stays."""
    profile.name, profile.text, profile.links, profile.thanks = emails.one_line(name), text, list(links), thanks
    profile.save(update_fields=["name", "text", "links", "thanks"])


@durable
def change_settings(*, user: User, language: str, time_zone: str, muted: Collection[str]) -> None:
    """Keep in which language and time zone the user reads, and which emails they do without.

    :raises MustBeTold: if one of the emails is of a kind that nobody does without.
    """
    needed = set(muted) - Notification.OPTIONAL
    if needed:
        raise MustBeTold(needed)
    user.language, user.time_zone, user.muted = language, time_zone, sorted(muted)
    user.save(update_fields=["language", "time_zone", "muted"])


@required
def set_visibility(*, user: User, visibility: Visibility, name: str) -> None:
    """Keep who may see whom the user supports, and by which name.

    :raises NameMissing: if somebody may, and the name is empty.
    """
    require_name(name=name, visibility=visibility)
    user.visibility, user.name = visibility, emails.one_line(name)
    user.save(update_fields=["visibility", "name"])


def require_name(*, name: str, visibility: Visibility) -> None:
    """Raise if somebody may see a person who has no name.

    :raises NameMissing: for that.
    """
    if visibility != Visibility.ANONYMOUS and not name.strip():
        raise NameMissing


@durable
def set_click_notices(*, user: User, wanted: bool) -> None:
    """Tell the user by email of their clicks on other people's sites, or don't."""
    user.muted = sorted(set(user.muted) - CLICK_NOTICES if wanted else set(user.muted) | CLICK_NOTICES)
    user.save(update_fields=["muted"])


@durable
def end_sessions(*, user: User, handles: Collection[str] | None = None) -> int:
    """Log the user out in the browsers with these handles, or everywhere; return in how many."""
    ended = [
        session.session_key
        for session in user.sessions.all()
        if handles is None or session_handle(session.session_key) in handles
    ]
    return Session.objects.filter(session_key__in=ended).delete()[0]


@required
def notify(
    *, recipient: User, kind: Notification.Kind, subject_key: str, context: Mapping[str, Any], now: datetime
) -> None:
    """Note an email that is owed, together with the fact that it tells; telling the same twice is a no-op."""
    notify_many(
        notifications=[
            Notification(
                recipient=recipient, kind=kind, subject_key=subject_key, context=dict(context), created_at=now
            )
        ]
    )


@required
def notify_many(*, notifications: Iterable[Notification]) -> None:
    """Note many emails that are owed, some at a time; those told already are left out."""
    remaining = iter(notifications)
    while some := list(islice(remaining, 2000)):
        Notification.objects.bulk_create(some, ignore_conflicts=True)


def send_notifications(*, now: datetime, limit: int = 100) -> int:
    """Send some of the emails that are due, oldest first, and return how many went out.

    One that fails is tried again by a later run, a few times with growing pauses; the others go on. They
    share a connection to the mail server, whose opening takes longer than an email.
    """
    due = list(queries.due_notifications(now=now).values_list("id", flat=True)[:limit])
    server = mail.get_connection()
    try:
        return sum(_send_notification(notification_id=id_, server=server, now=now) for id_ in due)
    finally:
        _hang_up(server)


@durable
def send_again(*, notification_ids: Sequence[uuid.UUID]) -> int:
    """Let those of the emails that are unsent be tried as if for the first time; return how many they are."""
    return Notification.objects.filter(pk__in=notification_ids, sent_at__isnull=True).update(
        attempts=0, tried_at=None
    )


@durable
def _send_notification(*, notification_id: uuid.UUID, server: BaseEmailBackend, now: datetime) -> bool:
    """Send one email unless somebody else does or did; the row lock keeps two workers apart.

    Each is committed by itself, so that a killed worker repeats the one that it was at, and no other.
    """
    notification = (
        queries.due_notifications(now=now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("recipient")
        .filter(pk=notification_id)
        .first()
    )
    if notification is None:
        return False
    recipient = notification.recipient
    is_muted = notification.kind in Notification.OPTIONAL and notification.kind in recipient.muted
    if is_muted or recipient.is_gone:
        notification.delete()
        return False
    notification.attempts += 1
    notification.tried_at = now
    try:
        message = email_of(notification)
        server.open()
        server.send_messages([message])
    except Exception:
        # Whatever is wrong with this one, the others go on; an alarm tells of what stays unsent.
        logger.exception("%s was not sent", notification.pk)
        notification.save(update_fields=["attempts", "tried_at"])
        # Should the connection be what is wrong, the next one opens it anew.
        _hang_up(server)
        return False
    notification.sent_at = now
    notification.save(update_fields=["attempts", "tried_at", "sent_at"])
    return True


def _hang_up(server: BaseEmailBackend) -> None:
    """Close the connection to the mail server; what it says to that matters to no email."""
    with suppress(OSError):
        server.close()


def email_of(notification: Notification) -> mail.EmailMultiAlternatives:
    """Return an email as text and as HTML, in the recipient's language."""
    subject, body = render_notification(notification)
    message = mail.EmailMultiAlternatives(
        subject, body, to=[notification.recipient.email], headers=muting.headers_of(notification)
    )
    with override(notification.recipient.language):
        emails.add_html(message)
    return message


def render_notification(notification: Notification) -> tuple[str, str]:
    """Return the subject and the text of an email, in the recipient's language."""
    context = {
        **notification.context,
        "recipient": notification.recipient,
        "subject_key": notification.subject_key,
        "app_url": settings.APP_URL,
        "unsubscribe_url": muting.link_of(notification),
    }
    with override(notification.recipient.language):
        subject = render_to_string(f"emails/{notification.kind}_subject.txt", context)
        body = render_to_string(f"emails/{notification.kind}.txt", context)
    return " ".join(subject.split()), body
