"""Every email that we owe: it can be written, in every language, and leads to where it speaks of."""

import re
from datetime import datetime

import pytest
from django.conf import settings

from accounts.models import Notification
from accounts.operations import render_notification
from tests import given

pytestmark = pytest.mark.django_db

CONTEXT = {
    "period": "2026-10",
    "amount_micros": 5_000_000,
    "spend_micros": 5_000_000,
    "gross_micros": 5_000_000,
    "net_micros": 4_500_000,
    "clicks": 7,
    "fans": 3,
    "best": [{"title": "Nets & more", "clicks": 4}],
    "low_micros": 1_000_000,
    "high_micros": 2_000_000,
    "owner": "Ada",
    "person": "Bob",
    "title": "Nets & more",
    "percent": 30,
    "answer": "accepted",
    "amount_cents": 1234,
    "host": "alice.example",
    "network": "Mastodon",
    "account": "@ada@social.example",
    "text": "What is posted",
    "day": "2026-11-04",
    "is_uncertain": True,
    "is_won": True,
    "reason": "account_closed",
    "note": "Thank you & more",
    "subject": "books:2026-10-15",
    "lines": ["clearing is not zero & more"],
}


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("kind", Notification.Kind)
def test_every_kind_has_a_subject_and_a_text(kind: Notification.Kind, language: str, mid_october: datetime) -> None:
    """The subject is one line, nothing is left unfilled or escaped, and links lead to our address."""
    notification = Notification(
        recipient=given.user("Ada & Bob", language=language),
        kind=kind,
        subject_key="key",
        context=CONTEXT,
        created_at=mid_october,
    )
    subject, body = render_notification(notification)

    assert subject
    assert "\n" not in subject
    for text in (subject, body):
        assert not re.search(r"\{[{%]|None|&amp;|&#", text), text
    if kind is not Notification.Kind.ALARM:
        assert {"en": "Hello Ada & Bob", "fr": "Bonjour Ada & Bob"}[language] in body
        assert settings.APP_URL in body
