"""Closing an account: money goes back first, the books stay whole, and nothing tells any more who it was."""

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db import connection

from accounts import operations as people
from accounts import queries as accounts_queries
from accounts.models import Closing, CreatorProfile, Notification, Subscription, User
from accounts.operations import closings as grace
from buttons.models import Button, Click, Site, SiteKey
from flattr.period import Period
from payouts import tasks
from payouts.gateway import Outcome, Result
from payouts.models import PaymentMethod, Refund
from payouts.operations import closings, refunds
from payouts.queries import balances, books, due
from payouts.queries.closings import Obstacle
from tests import given, pressing
from tests.pages.world import confirmed

pytestmark = pytest.mark.django_db

NAME = "Quillfeather"


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan with a budget of 5 EUR, a balance of 8 EUR, and clicks in October."""
    person = confirmed(given.user(NAME))
    given.subscription(person, budget_cents=500, period=october)
    given.deposit(person, amount_cents=800, now=given.MOMENT)
    given.click(person, given.button(), now=given.MOMENT, times=3)
    return person


def soon(days: int = 0) -> datetime:
    """Return a moment after the days of grace of who asked in October's middle: still October."""
    return given.MOMENT + grace.GRACE + timedelta(days=days)


def advance(person: User, *, now: datetime) -> None:
    """Go on with a closing as the worker does; its refunds arrive, and its emails go out."""
    closings.advance_closing(user_id=person.pk, network=settings.OUTSIDE_NETWORK, now=now)
    for refund_id in due.open_refunds():
        refunds.record_refund(refund_id=refund_id, outcome=Outcome(result=Result.SUCCEEDED), now=now)
    people.send_notifications(now=now + timedelta(minutes=5))


def closed(person: User) -> User:
    """Return the person, who asked and has been forgotten."""
    closings.ask_to_close(user=person, now=given.MOMENT)
    for _ in range(3):
        advance(person, now=soon())
    person.refresh_from_db()
    return person


def rows_with(word: str) -> list[str]:
    """Return the tables that have a row with the word in it, in whatever column."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT 1 FROM {table} AS one WHERE one::text ILIKE %s LIMIT 1",  # noqa: S608  The name is the catalogue's.
                [f"%{word}%"],
            )
            if cursor.fetchone():
                found.append(table)
        return found


def test_the_balance_goes_back_and_the_books_hold(fan: User, october: Period) -> None:
    """Clicks of the running month claim nothing any more, the promise ends, and every rule of the books holds."""
    closed(fan)

    assert balances.fan_balance_micros(fan=fan) == 0
    (refund,) = Refund.objects.filter(fan=fan)
    assert (refund.amount_cents, refund.state) == (800, Refund.State.SENT)
    assert not Click.objects.filter(fan=fan, undone_at__isnull=True).exists()
    latest = fan.subscriptions.latest("pk")
    assert (latest.state, latest.effective_from) == (Subscription.State.CANCELLED, october.next)
    assert books.check_everything() == []


def test_nothing_tells_who_it_was(fan: User) -> None:
    """No table has the address or the name, in whatever column; the row and its id stay for the books."""
    email = fan.email
    LogEntry.objects.create(
        user=given.user("Staff", is_staff=True),
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(fan.pk),
        object_repr=NAME,
        action_flag=CHANGE,
        change_message=f"wrote to {email}",
    )
    assert "accounts_user" in rows_with(email)
    closed(fan)

    assert rows_with(email) == []
    assert rows_with(NAME) == []
    assert (fan.is_active, fan.has_usable_password(), fan.is_gone) == (False, False, True)
    assert not EmailAddress.objects.filter(user=fan).exists()
    assert Closing.objects.get().ended_at == soon()


def test_a_creators_page_closes_with_all_that_is_on_it(october: Period) -> None:
    """Name, texts, links, sites and buttons' words are gone; fans' statements still find the buttons."""
    person = confirmed(given.creator(NAME))
    CreatorProfile.objects.filter(user=person).update(
        text=f"I am {NAME}.", links=["https://quillfeather.example/"], thanks=f"{NAME} thanks you."
    )
    button = given.button(person, title=f"Song of {NAME}")
    reader = given.funded_fan("Grace", period=october)
    given.click(reader, button, now=given.MOMENT)
    closed(person)
    button.refresh_from_db()

    assert rows_with(NAME) == []
    assert (button.title, button.description, button.tags, button.site) == (grace.NOBODY, "", [], None)
    assert button.hidden_at is not None
    assert not Site.objects.filter(creator=person).exists()
    assert balances.unused_cents(fan=reader, now=given.MOMENT) == 500
    given.settled(october, now=october.next.start + timedelta(minutes=10))
    assert balances.creator_balance_micros(creator=person) == 0
    assert books.check_everything() == []


def test_a_settled_month_stays_as_it_was(fan: User, october: Period, after_october: datetime) -> None:
    """Who leaves in November changes nothing of October's lines, and their creators keep what they earned."""
    click = Click.objects.filter(fan=fan)[0]
    given.settled(october, now=after_october)
    earned = balances.creator_balance_micros(creator=click.creator)
    closings.ask_to_close(user=fan, now=after_october)
    for _ in range(3):
        advance(fan, now=after_october + grace.GRACE)

    assert balances.creator_balance_micros(creator=click.creator) == earned > 0
    assert Refund.objects.get(fan=fan).amount_cents == 300
    assert Closing.objects.get().ended_at is not None
    assert books.check_everything() == []


def test_a_month_that_waits_to_be_settled_is_waited_for(fan: User, october: Period, after_october: datetime) -> None:
    """Its cake takes what was promised; only then does the rest go back."""
    closings.ask_to_close(user=fan, now=given.MOMENT)
    later = after_october + timedelta(minutes=1)
    advance(fan, now=later)
    assert Closing.objects.get().begun_at is None
    given.settled(october, now=later)
    for _ in range(3):
        advance(fan, now=later)

    assert Refund.objects.get(fan=fan).amount_cents == 300
    assert Closing.objects.get().ended_at is not None


@pytest.mark.parametrize("days", [0, 13])
def test_nothing_happens_in_the_days_of_grace(days: int, fan: User) -> None:
    """Not to the money and not to the clicks, however often the worker looks."""
    closings.ask_to_close(user=fan, now=given.MOMENT)
    is_due = accounts_queries.due_closings(now=given.MOMENT + timedelta(days=days))

    assert not is_due.exists()
    assert Click.objects.filter(fan=fan, undone_at__isnull=True).count() == 3
    assert not Refund.objects.exists()


def test_asking_twice_is_asking_once(fan: User) -> None:
    """The day stays, and one email is owed."""
    first = closings.ask_to_close(user=fan, now=given.MOMENT)
    second = closings.ask_to_close(user=fan, now=given.MOMENT + timedelta(days=3))

    assert first.due_at == second.due_at == given.MOMENT + grace.GRACE
    assert Notification.objects.filter(recipient=fan, kind=Notification.Kind.CLOSING_ASKED).count() == 1


def test_a_closing_that_ended_is_left_alone(fan: User) -> None:
    """Running it again and again refunds, writes and changes nothing."""
    closed(fan)
    sent, before = len(mail.outbox), Closing.objects.values().get()
    for days in (0, 1, 30):
        advance(fan, now=soon(days))

    assert len(mail.outbox) == sent
    assert Closing.objects.values().get() == before
    assert Refund.objects.count() == 1


def test_two_workers_at_the_same_closing_end_it_once(fan: User) -> None:
    """Each step looks again: what the other one ended meanwhile is left alone, whichever step comes then."""
    closed(fan)
    sent, before = len(mail.outbox), Closing.objects.values().get()

    assert not closings._has_said_goodbye(user_id=fan.pk, now=soon())
    closings._forget(user_id=fan.pk, now=soon(1))
    people.send_notifications(now=soon(1))

    assert (len(mail.outbox), Closing.objects.values().get()) == (sent, before)


def test_what_one_pays_by_is_forgotten(fan: User) -> None:
    """Here and at the provider: nothing can be charged any more, and nothing tells which card it was."""
    given.saved_method(fan)
    closed(fan)
    method = PaymentMethod.objects.get(fan=fan)

    assert (method.method, method.label, method.kind) == ("", "", "")


def test_the_last_word_is_said_before_all_is_forgotten(fan: User) -> None:
    """The person hears of the end at the address that is forgotten then."""
    email = fan.email
    closed(fan)

    subjects = [message.subject for message in mail.outbox if message.to == [email]]
    assert subjects == [
        "Your account will be closed",
        "Your refund of €8.00 was sent",
        "Your account is closed",
    ]
    assert all(message.to == [email] for message in mail.outbox)


def test_a_refund_that_fails_is_tried_again_in_another_week(fan: User) -> None:
    """The person isn't forgotten while their money has not gone; in the next week it is asked for anew."""
    asked = given.MOMENT - timedelta(days=10)
    closings.ask_to_close(user=fan, now=asked)
    monday = asked + grace.GRACE
    closings.advance_closing(user_id=fan.pk, network=settings.OUTSIDE_NETWORK, now=monday)
    (refund,) = Refund.objects.filter(fan=fan)
    refunds.record_refund(refund_id=refund.pk, outcome=Outcome(result=Result.DECLINED, reason="closed"), now=monday)
    closings.advance_closing(user_id=fan.pk, network=settings.OUTSIDE_NETWORK, now=monday + timedelta(minutes=1))
    assert Refund.objects.filter(fan=fan).count() == 1
    for _ in range(3):
        advance(fan, now=monday + timedelta(days=7))
    fan.refresh_from_db()

    assert sorted(Refund.objects.filter(fan=fan).values_list("state", flat=True)) == ["failed", "sent"]
    assert fan.is_gone
    assert balances.fan_balance_micros(fan=fan) == 0


def test_money_that_comes_back_late_is_told_to_nobody(fan: User) -> None:
    """A bank may return a refund after its person is gone: it is booked, and no email goes out."""
    closed(fan)
    sent = len(mail.outbox)
    (refund,) = Refund.objects.filter(fan=fan)
    refunds.record_refund(refund_id=refund.pk, outcome=Outcome(result=Result.DECLINED, reason="closed"), now=soon(1))
    people.send_notifications(now=soon(1))

    assert len(mail.outbox) == sent
    assert balances.fan_balance_micros(fan=fan) == 8_000_000
    assert books.check_everything() == []


def test_earnings_are_paid_out_first(october: Period, after_october: datetime) -> None:
    """Who has earned the smallest payout can't leave it behind; after the payout is sent they can go."""
    person = given.creator(NAME)
    given.earned(person, micros=20_000_000, period=october, now=after_october)
    with pytest.raises(closings.CannotClose) as refused:
        closings.ask_to_close(user=person, now=after_october)
    assert refused.value.obstacles == [Obstacle.EARNINGS]
    given.payout(person, amount_cents=1800, now=after_october + timedelta(days=10))
    with pytest.raises(closings.CannotClose) as refused:
        closings.ask_to_close(user=person, now=after_october + timedelta(days=10))
    assert refused.value.obstacles == [Obstacle.PAYOUT]


def test_what_comes_up_in_the_days_of_grace_stops_it(october: Period, after_october: datetime) -> None:
    """A month that brings earnings meanwhile keeps the account open, and its person is told."""
    person = given.creator(NAME)
    closings.ask_to_close(user=person, now=given.MOMENT)
    given.earned(person, micros=20_000_000, period=october, now=after_october)
    closings.advance_closing(user_id=person.pk, network=settings.OUTSIDE_NETWORK, now=after_october)
    people.send_notifications(now=after_october)

    assert not Closing.objects.exists()
    assert "something came up" in str(mail.outbox[-1].body)
    assert User.objects.get(pk=person.pk).is_active


def test_a_payment_under_way_and_staff_are_refused(fan: User) -> None:
    """Money on its way must have somewhere to arrive; powers are taken away by somebody else."""
    given.opened_deposit(fan, amount_cents=500, now=given.MOMENT)
    User.objects.filter(pk=fan.pk).update(is_staff=True)
    fan.refresh_from_db()
    with pytest.raises(closings.CannotClose, match="account: staff, payment"):
        closings.ask_to_close(user=fan, now=given.MOMENT)
    assert not Closing.objects.exists()


def test_keys_of_other_sites_end(fan: User) -> None:
    """One press is worth nothing any more anywhere."""
    button = pressing.verified_button()
    pressing.key_for(fan, button, now=given.MOMENT)
    closed(fan)

    assert not SiteKey.objects.filter(fan=fan).exists()
    assert Button.objects.filter(pk=button.pk, hidden_at__isnull=True).exists()


def test_one_that_is_stuck_raises_an_alarm(fan: User) -> None:
    """Staff hear of an account that should be closed for two weeks."""
    closings.ask_to_close(user=fan, now=given.MOMENT)

    assert not [subject for subject, _ in due.overdue(now=soon(13)) if subject.startswith("closing:")]
    assert [subject for subject, _ in due.overdue(now=soon(15)) if subject.startswith("closing:")]


def test_the_sweep_rings_for_those_that_are_due(fan: User, rung: list[tuple[str, tuple[object, ...]]]) -> None:
    """Each is a task of its own."""
    closings.ask_to_close(user=fan, now=given.MOMENT - timedelta(days=400))
    tasks.sweep_closings()

    assert rung == [("advance_closing", (fan.pk,))]
