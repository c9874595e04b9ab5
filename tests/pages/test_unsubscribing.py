"""Doing without a kind of email by the link in it: by the mail program's one POST, or by a page."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts import operations
from accounts.models import Notification, User
from flattr.transactions import durable
from tests import given
from tests.client import StrictClient
from tests.pages import world

pytestmark = pytest.mark.django_db

Kind = Notification.Kind
WEEK: Mapping[str, object] = {
    "day": "2026-10-12",
    "clicks": 3,
    "fans": 2,
    "best": [],
    "low_micros": 0,
    "high_micros": 0,
}
MONEY: Mapping[str, object] = {"amount_cents": 500, "reason": ""}


def sent(person: User, kind: Kind, mailoutbox: list[Any], context: Mapping[str, object], *, key: str = "1") -> Any:
    """Send the person an email of that kind, and return it, or None where none went out."""
    mailoutbox.clear()
    durable(operations.notify)(recipient=person, kind=kind, subject_key=key, context=context, now=given.MOMENT)
    operations.send_notifications(now=given.MOMENT)
    return mailoutbox[0] if mailoutbox else None


def link_in(email: Any) -> str:
    """Return the path of the link in the email's header."""
    found = re.fullmatch(r"<(.+)>", email.extra_headers["List-Unsubscribe"])
    assert found is not None
    assert found[1].startswith(settings.APP_URL + "/")
    return found[1].removeprefix(settings.APP_URL)


def test_one_post_of_a_mail_program_is_enough(mailoutbox: list[Any]) -> None:
    """Without a login, a cookie or a token of ours (RFC 8058), as often as it likes; other kinds still come."""
    ada = given.creator("Ada")
    email = sent(ada, Kind.CREATOR_WEEK, mailoutbox, WEEK)
    program = Client(enforce_csrf_checks=True)
    answers = [program.post(link_in(email), {"List-Unsubscribe": "One-Click"}) for _ in range(2)]
    ada.refresh_from_db()

    assert email.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [answer.status_code for answer in answers] == [200, 200]
    assert ada.muted == ["creator_week"]
    assert sent(ada, Kind.CREATOR_WEEK, mailoutbox, WEEK, key="2") is None
    assert sent(ada, Kind.PAYOUT_SENT, mailoutbox, MONEY) is not None


def test_looking_changes_nothing(mailoutbox: list[Any], client: StrictClient) -> None:
    """Scanners of mail follow links; a person finds a button there, and then how to have them back."""
    ada = given.creator("Ada")
    email = sent(ada, Kind.CREATOR_WEEK, mailoutbox, WEEK)
    looked = client.get(link_in(email))
    ada.refresh_from_db()
    assert ada.muted == []
    done = client.post(link_in(email))
    ada.refresh_from_db()

    assert link_in(email) in email.body
    assert "Every week: your clicks, supporters and best buttons" in world.text(looked)
    assert "Done. We won’t write to you about this any more" in world.text(done)
    assert ada.muted == ["creator_week"]


def test_what_must_be_told_has_no_such_link(mailoutbox: list[Any]) -> None:
    """Nobody does without hearing that a payment failed."""
    email = sent(given.user("Grace"), Kind.DEPOSIT_DECLINED, mailoutbox, {**MONEY, "period": "2026-10"})

    assert "List-Unsubscribe" not in email.extra_headers


@pytest.mark.parametrize("token", ["1:creator_week", "1:creator_week:forged", "x", "1:nothing:x"])
def test_a_forged_link_does_nothing(token: str, client: StrictClient) -> None:
    """There is no such page, and nobody is muted by it."""
    person = given.user("Grace")

    assert client.get(f"/unsubscribe/{token}/").status_code == 404
    assert client.post(f"/unsubscribe/{token}/").status_code == 404
    assert User.objects.get(pk=person.pk).muted == []


def test_nothing_is_noted_of_who_is_gone(mailoutbox: list[Any], client: StrictClient) -> None:
    """Their old links answer as ever, and leave the forgotten row as it is."""
    ada = given.creator("Ada")
    link = link_in(sent(ada, Kind.CREATOR_WEEK, mailoutbox, WEEK))
    User.objects.filter(pk=ada.pk).update(email=f"closed-{ada.pk}@closed.invalid", is_active=False)

    assert client.post(link).status_code == 200
    assert User.objects.get(pk=ada.pk).muted == []
