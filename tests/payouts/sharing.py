"""What tests of co-authors share: who agrees with whom, what a month brings, and who is told."""

from datetime import datetime, timedelta

from accounts import operations as accounts_operations
from accounts.models import Notification, User
from buttons.models import Button
from flattr.period import Period
from payouts.models import CoAuthor, Settlement
from payouts.operations import coauthors
from payouts.queries import balances
from tests import given

SEPTEMBER = datetime.fromisoformat("2026-09-15T12:00:00+00:00")
"""When things are agreed on that count from October on."""


def offer(button: Button, person: User, percent: int, *, now: datetime = SEPTEMBER) -> CoAuthor:
    """Let the button's creator offer a part of it."""
    return coauthors.invite(
        button=button, owner=button.creator, whom=person.creator_profile.slug, percent=percent, now=now
    )


def share(button: Button, person: User, percent: int, *, now: datetime = SEPTEMBER) -> CoAuthor:
    """Let the button's creator offer a part of it, and the other one accept."""
    offered = offer(button, person, percent, now=now)
    return coauthors.accept(co_author_id=offered.pk, person=person, now=now)


def earn(button: Button, period: Period, *, budget_cents: int = 1000) -> Settlement:
    """Let a fan give the button a whole budget in a period, which is settled."""
    given.click(given.funded_fan(budget_cents=budget_cents, period=period), button, now=period.start)
    return given.settled(period, now=period.end + timedelta(minutes=10))


def held(person: User) -> int:
    """Return a creator's balance in micros."""
    return balances.creator_balance_micros(creator=person)


def told(person: User) -> list[tuple[str, str]]:
    """Return the kinds of the emails that a person is owed, with their subjects, in the order of time."""
    about = Notification.objects.filter(recipient=person, kind__startswith="co_author")
    emails = about.order_by("created_at", "kind")
    return [(email.kind, accounts_operations.render_notification(email)[0]) for email in emails]
