"""Emails in the admin: staff find those that were given up and have them sent again."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts import operations
from accounts.models import Notification, User
from payouts.queries import due
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

CHANGELIST = reverse("admin:accounts_notification_changelist")
EVERY_STATE = ("waiting", "given_up", "sent")


@pytest.fixture
def emails() -> dict[str, Notification]:
    """Return an email of each state, owed to somebody since October."""
    person = given.user("Grace")
    attempts, sent = {"waiting": 7, "given_up": 8, "sent": 8}, {"sent": world.NOW}
    return {
        state: Notification.objects.create(
            recipient=person,
            kind=Notification.Kind.PAYOUT_SENT,
            subject_key=state,
            context={"amount_cents": 500},
            created_at=given.MOMENT,
            attempts=attempts[state],
            sent_at=sent.get(state),
        )
        for state in EVERY_STATE
    }


@pytest.fixture
def reader() -> User:
    """Return staff who may look at emails."""
    person = given.user("Reader", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename="view_notification"))
    return person


@pytest.fixture
def sender(reader: User) -> User:
    """Return staff who may have them sent again too."""
    reader.user_permissions.add(Permission.objects.get(codename="change_notification"))
    return reader


def press(client: StrictClient, emails: dict[str, Notification], language: str = "en") -> Any:
    """Choose all emails in the list, and the action."""
    form = {"action": "send_again", "_selected_action": [email.pk for email in emails.values()]}
    return client.post(CHANGELIST, form, follow=True, headers={"accept-language": language})


def notes(response: Any) -> list[str]:
    """Return what the admin tells about what was just done."""
    return [each.to_text() for each in world.document(response).query(".messagelist li")]


@pytest.mark.parametrize(
    ("language", "label", "note"),
    [
        ("en", "Send again", "2 emails will be tried again within a minute."),
        ("fr", "Envoyer de nouveau", "2 e-mails seront réessayés d’ici une minute."),
    ],
)
def test_unsent_emails_are_sent_again(
    *, language: str, label: str, note: str, emails: dict[str, Notification], sender: User, client: StrictClient
) -> None:
    """Those that wait and those given up are tried anew; what was sent isn't sent twice; staff are told how many."""
    client.force_login(sender)
    shown = client.get(CHANGELIST, headers={"accept-language": language})
    done = press(client, emails, language)
    sent = emails["sent"]

    assert label in [option.to_text() for option in world.document(shown).query('select[name="action"] option')]
    assert notes(done) == [note]
    assert set(Notification.objects.filter(sent_at=None).values_list("attempts", flat=True)) == {0}
    assert world.is_unchanged(sent)


def test_one_email_is_spoken_of_as_one(emails: dict[str, Notification], sender: User, client: StrictClient) -> None:
    """And none as none."""
    client.force_login(sender)

    assert notes(press(client, {"given_up": emails["given_up"]})) == ["1 email will be tried again within a minute."]
    assert notes(press(client, {"sent": emails["sent"]})) == ["All of these were sent."]


def test_sending_again_needs_its_permission(
    emails: dict[str, Notification], reader: User, client: StrictClient
) -> None:
    """Who may only look isn't offered it, and can't ask for it."""
    client.force_login(reader)
    shown = client.get(CHANGELIST)
    press(client, emails)

    assert shown.status_code == 200
    assert "Send again" not in shown.content.decode()
    assert all(world.is_unchanged(email) for email in emails.values())


def test_who_may_send_again_changes_nothing_else(
    emails: dict[str, Notification], sender: User, client: StrictClient
) -> None:
    """An email is what was owed, and its row is only shown."""
    client.force_login(sender)
    email = emails["given_up"]
    path = reverse("admin:accounts_notification_change", args=[email.pk])

    assert client.get(path).status_code == 200
    assert client.post(path, {"sent_at_0": "2026-11-15", "sent_at_1": "12:00"}).status_code == 403
    assert world.is_unchanged(email)


@pytest.mark.parametrize("state", EVERY_STATE)
def test_emails_are_found_by_their_state(
    state: str, emails: dict[str, Notification], reader: User, client: StrictClient
) -> None:
    """One click shows what was given up."""
    client.force_login(reader)
    shown = world.document(client.get(CHANGELIST, {"state": state}))
    links = {link.attrs["href"] for link in shown.query("#changelist-filter a")}

    assert f"?state={state}" in links
    assert [cell.to_text() for cell in shown.query("td.field-subject_key")] == [emails[state].subject_key]


def test_an_email_that_was_given_up_is_told_until_it_is_sent(emails: dict[str, Notification]) -> None:
    """An alarm counts it however often it was tried."""
    emails["waiting"].delete()
    told = dict(due.overdue(now=world.NOW))
    operations.send_again(notification_ids=[emails["given_up"].pk])
    operations.send_notifications(now=world.NOW)

    assert told == {"notifications": "1 emails are unsent for more than six hours."}
    assert dict(due.overdue(now=world.NOW)) == {}
