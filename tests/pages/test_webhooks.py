"""Stripe's door: what Stripe signed is kept and answered at once, and nothing else is let in, whatever it is."""

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from celery.app import app_or_default
from django.urls import reverse
from kombu.exceptions import OperationalError
from pytest_django import Settings

from flattr.handler import Handler
from payouts.models import StripeEvent
from payouts.operations import events
from tests import given, told
from tests.asgi import ask, scope
from tests.client import StrictClient
from tests.conftest import Rung
from tests.fakestripe.fake import FakeStripe
from tests.pages import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider", "clock")]

DOOR = reverse("payouts:stripe_webhook")


@pytest.fixture
def provider(settings: Settings, stripe: FakeStripe) -> None:
    """Let a Stripe of our own be the payment provider, with two secrets."""
    del stripe
    settings.STRIPE_WEBHOOK_SECRETS = [told.OTHER_SECRET, told.SECRET]


@pytest.fixture
def bell_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody be there who could be rung for."""

    def refuse(*_: object, **__: object) -> None:
        msg = "away"
        raise OperationalError(msg)

    monkeypatch.setattr(type(app_or_default()), "send_task", refuse)


def send(client: StrictClient, body: str | bytes, **headers: str) -> tuple[int, str]:
    """Send a body; return the status and the text of the answer."""
    response = client.generic("POST", DOOR, body, content_type="application/json", headers=headers)
    return response.status_code, response.content.decode()


def send_signed(client: StrictClient, body: str, **signing: Any) -> tuple[int, str]:
    """Send a body with a signature, of now unless something else is said."""
    header = told.signature(body, **{"at": world.NOW, **signing})
    return send(client, body, **{"stripe-signature": header})


def kept() -> list[str]:
    """Return the ids of the events that were kept."""
    return list(StripeEvent.objects.order_by("pk").values_list("pk", flat=True))


def test_an_event_is_kept_answered_and_rung_for(client: StrictClient, rung: Rung) -> None:
    """All of it that we need stands in the row, and nothing was looked at yet."""
    deposit_id = str(uuid.uuid4())
    about = {"id": "pi_7", "object": "payment_intent", "customer": "cus_7", "metadata": {"deposit_id": deposit_id}}
    event = told.whole(about=about)

    assert send_signed(client, told.as_sent(event)) == (200, "")
    row = StripeEvent.objects.get()
    assert (row.pk, row.kind, row.state) == (event["id"], "payment_intent.succeeded", StripeEvent.State.NEW)
    assert (row.subject, row.movement_id, row.customer, row.account) == ("pi_7", deposit_id, "cus_7", "")
    assert (row.occurred_at, row.received_at) == (given.MOMENT, world.NOW)
    assert (row.api_version, row.payload) == ("2026-10-28.endive", event)
    assert rung == [("handle_event", (event["id"],))]


def test_a_thin_event_is_kept(client: StrictClient, rung: Rung) -> None:
    """It names its object and no version, and perhaps the account that it is about."""
    first, second = told.thin(), told.thin(context="acct_2", related_object=None)
    for event in (first, second):
        assert send_signed(client, told.as_sent(event)) == (200, "")

    rows = StripeEvent.objects.order_by("received_at", "pk").values_list("subject", "account", "api_version")
    assert sorted(rows) == [("", "acct_2", ""), ("acct_1", "", "")]
    assert StripeEvent.objects.get(pk=first["id"]).occurred_at == given.MOMENT
    assert len(rung) == 2


def test_an_event_of_a_connected_account_is_kept(client: StrictClient, rung: Rung) -> None:
    """It says whose it is."""
    event = told.whole("payout.failed", {"id": "po_1", "object": "payout"}, account="acct_1")

    assert send_signed(client, told.as_sent(event))[0] == 200
    assert StripeEvent.objects.get().account == "acct_1"
    assert len(rung) == 1


def test_what_was_taken_off_a_customer_names_the_customer(client: StrictClient, rung: Rung) -> None:
    """A detached card has no customer any more, and the event says whose it was."""
    card: dict[str, Any] = {"id": "pm_1", "object": "payment_method", "customer": None, "metadata": {}}
    event = told.whole("payment_method.detached", card)
    event["data"]["previous_attributes"] = {"customer": "cus_1"}

    assert send_signed(client, told.as_sent(event))[0] == 200
    assert StripeEvent.objects.get().customer == "cus_1"
    assert len(rung) == 1


def test_case_1_the_same_webhook_twice(client: StrictClient, rung: Rung) -> None:
    """Both are answered alike, and one is kept, also once it is handled."""
    body = told.as_sent(told.whole())
    answers = [send_signed(client, body) for _ in range(2)]
    events.handle(event_id=kept()[0], now=world.NOW)
    before = StripeEvent.objects.get()
    answers.append(send_signed(client, body))

    assert answers == [(200, "")] * 3
    assert world.is_unchanged(before)
    assert len(rung) == 3


@pytest.mark.django_db(transaction=True)
def test_case_2_the_same_webhook_twice_at_once(rung: Rung) -> None:
    """Two threads keep one row, and both are answered 200."""
    body = told.as_sent(told.whole())
    answers = given.at_once(*[lambda: send_signed(StrictClient(), body)] * 2)

    assert answers == [(200, "")] * 2
    assert len(kept()) == 1
    assert len(rung) == 2


def test_one_answers_within_a_second_when_nobody_is_there_to_be_rung_for(
    client: StrictClient, bell_away: None
) -> None:
    """Redis is only a doorbell: the event is kept, and the sweep finds it."""
    del bell_away
    started = time.monotonic()

    assert send_signed(client, told.as_sent(told.whole())) == (200, "")
    assert time.monotonic() - started < 1
    assert len(kept()) == 1


NOT_SIGNED = (400, "Stripe-Signature: none of our secrets signed this")
NOT_FRESH = (400, "Stripe-Signature: not signed within the last five minutes")


@pytest.mark.parametrize(
    "header",
    [
        *("", "t=", "t=abc", "t=1", "v1=abc", "nonsense", "t=1,v1=", "t=1,v1=é", "t=,v1=x", "=", ",,,"),
        *("t=1=2,v1=x=y", "t=" + "9" * 5000 + ",v1=x", "t=-1,v0=x", "t=٣,v1=x"),
    ],
)
def test_case_7_a_garbled_signature(header: str, client: StrictClient) -> None:
    """It is none."""
    assert send(client, told.as_sent(told.whole()), **{"stripe-signature": header.encode().decode("latin-1")}) == (
        NOT_SIGNED
    )
    assert kept() == []


def test_case_7_no_signature(client: StrictClient) -> None:
    """Anybody can send."""
    assert send(client, told.as_sent(told.whole())) == NOT_SIGNED


def test_case_7_signed_with_a_wrong_or_an_old_secret(client: StrictClient, settings: Settings) -> None:
    """Only those count that we have now; while they change, that is both."""
    body = told.as_sent(told.whole())

    assert send_signed(client, body, secret="whsec_of_somebody") == NOT_SIGNED
    assert send_signed(client, body, secret=told.OTHER_SECRET)[0] == 200
    settings.STRIPE_WEBHOOK_SECRETS = [told.SECRET]
    assert send_signed(client, body, secret=told.OTHER_SECRET) == NOT_SIGNED
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert send_signed(client, body) == NOT_SIGNED
    assert send_signed(client, body, secret="") == NOT_SIGNED


def test_case_7_one_letter_was_changed(client: StrictClient) -> None:
    """A signature is good for one body."""
    body = told.as_sent(told.whole())
    header = told.signature(body, at=world.NOW)

    assert send(client, body.replace("pi_1", "pi_2"), **{"stripe-signature": header}) == NOT_SIGNED


@pytest.mark.parametrize(
    ("seconds", "answer"), [(-301, NOT_FRESH), (-300, (200, "")), (300, (200, "")), (301, NOT_FRESH)]
)
def test_case_7_signed_long_ago_or_in_the_future(
    seconds: int, answer: tuple[int, str], client: StrictClient, rung: Rung
) -> None:
    """Five minutes count, either way."""
    assert send_signed(client, told.as_sent(told.whole()), seconds=seconds) == answer
    assert len(kept()) == len(rung) == (answer == (200, ""))


def test_case_8_a_body_that_is_not_utf_8(client: StrictClient) -> None:
    """Nobody can sign it, and it breaks nothing."""
    body = b'{"id": "\xff\xfe"}'

    assert send(client, body, **{"stripe-signature": f"t={int(world.NOW.timestamp())},v1=abc"}) == NOT_SIGNED


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "body: not JSON"),
        ("{", "body: not JSON"),
        ("\ufeff{}", "body: not JSON"),
        ("[" * 100_000, "body: not JSON"),
        ('{"a":' * 60 + "1" + "}" * 60, "body: nested too deep"),
        ("[" * 60 + "]" * 60, "body: nested too deep"),
        ("[]", "body: not an event"),
        ("null", "body: not an event"),
        ("7", "body: not an event"),
        ('"event"', "body: not an event"),
        ("{}", "body: not an event"),
        ('{"object": "charge"}', "body: not an event"),
        ('{"object": ["event"]}', "body: not an event"),
    ],
)
def test_case_8_a_signed_body_that_is_no_event(body: str, says: str, client: StrictClient) -> None:
    """The answer says what is wrong and nothing of what was sent."""
    assert send_signed(client, body) == (400, says)
    assert kept() == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": None}, "body.id: not a text of 1 to 100 characters"),
        ({"id": ""}, "body.id: not a text of 1 to 100 characters"),
        ({"id": "e" * 101}, "body.id: not a text of 1 to 100 characters"),
        ({"id": {"id": "evt_1"}}, "body.id: not a text of 1 to 100 characters"),
        ({"type": 3}, "body.type: not a text of 1 to 80 characters"),
        ({"type": "t" * 81}, "body.type: not a text of 1 to 80 characters"),
        ({"livemode": "false"}, "body.livemode: neither true nor false"),
        ({"created": None}, "body.created: not a moment"),
        ({"created": "yesterday"}, "body.created: not a moment"),
        ({"created": "2026-10-15T12:00:00"}, "body.created: not a moment"),
        ({"created": 10**18}, "body.created: not a moment"),
        ({"created": 10**40}, "body.created: not a moment"),
        ({"created": float("nan")}, "body.created: not a moment"),
        ({"created": []}, "body.created: not a moment"),
    ],
)
def test_case_8_a_signed_event_with_a_wrong_field(changes: dict[str, Any], says: str, client: StrictClient) -> None:
    """The answer names the field."""
    for event in (told.whole(**changes), told.thin(**changes)):
        assert send_signed(client, told.as_sent(event)) == (400, says)
    assert kept() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"data": None},
        {"data": []},
        {"data": {"object": "pi_1"}},
        {"data": {"object": {"id": 5, "metadata": "none"}}},
        {"data": {"object": {"id": "p" * 101, "metadata": {"deposit_id": "../../etc"}}}},
        {"data": {"object": {"id": ["pi_1"], "metadata": {"deposit_id": ["x"]}, "customer": {"id": None}}}},
        {"data": {"object": {}, "previous_attributes": "none"}},
        {"account": 7, "api_version": ["new"]},
    ],
)
def test_an_event_that_names_nothing_is_kept_for_staff(
    changes: dict[str, Any], client: StrictClient, rung: Rung
) -> None:
    """Stripe signed it, so somebody should know, and it breaks nothing."""
    assert send_signed(client, told.as_sent(told.whole(**changes))) == (200, "")
    row = StripeEvent.objects.get()
    assert row.movement_id == ""
    assert len(rung) == 1


def test_what_postgresql_cannot_store_is_replaced(client: StrictClient, rung: Rung) -> None:
    """NUL characters, halves of characters and endless numbers stand in JSON, and in no table."""
    about = {"id": "pi_\0", "a\0": ["\0", "\ud800", {"b": "\ud800\0"}], "c": float("inf"), "d": 1e400, "e": -1.5}
    event = told.whole(about=about, id="evt_\0")

    assert send_signed(client, told.as_sent(event)) == (200, "")
    row = StripeEvent.objects.get(pk="evt_\N{REPLACEMENT CHARACTER}")
    assert row.subject == "pi_\N{REPLACEMENT CHARACTER}"
    assert row.payload["data"]["object"]["a\N{REPLACEMENT CHARACTER}"] == [
        "\N{REPLACEMENT CHARACTER}",
        "?",
        {"b": "?\N{REPLACEMENT CHARACTER}"},
    ]
    assert [row.payload["data"]["object"][name] for name in "cde"] == ["inf", "inf", -1.5]
    assert len(rung) == 1


def test_case_8_a_body_of_2_mb(client: StrictClient, rung: Rung) -> None:
    """It is too large, signed or not; one of just less than 256 kB isn't."""
    largest = told.as_sent(told.whole(padding="x" * 250_000))

    assert send_signed(client, told.as_sent(told.whole(padding="x" * 2_000_000))) == (413, "body: larger than 256 kB")
    assert send(client, b"x" * 2_000_000) == (413, "body: larger than 256 kB")
    assert send_signed(client, largest) == (200, "")
    assert len(kept()) == len(rung) == 1


def test_nobody_reads_a_body_of_2_mb_to_its_end() -> None:
    """The web server answers as soon as there is too much of it."""
    handler = Handler()
    parts = [b"x" * 100_000] * 3
    asked = scope("POST", DOOR, headers={"content-type": "application/json"})

    # What comes after the third part is never waited for: the sender goes away there, and is answered all the same.
    assert async_to_sync(ask)(handler, asked, *parts, breaks_off=True).status == 413


def test_case_9_a_live_event_to_a_test_installation(
    client: StrictClient, settings: Settings, caplog: pytest.LogCaptureFixture, rung: Rung
) -> None:
    """Neither mode hears of the other, and the log says so."""
    live, test = told.whole(livemode=True), told.whole()

    assert send_signed(client, told.as_sent(live)) == (400, "livemode: test mode and live mode don't mix")
    assert "A webhook was refused: livemode: " in caplog.text
    settings.STRIPE_LIVE = True
    assert send_signed(client, told.as_sent(test))[0] == 400
    assert kept() == []
    assert send_signed(client, told.as_sent(live)) == (200, "")
    assert len(rung) == 1


@pytest.mark.parametrize(
    "changes", [{"type": "invoice.paid"}, {"api_version": "2019-01-01"}, {"api_version": None}, {"new_field": [1]}]
)
def test_case_10_an_unknown_type_or_version(changes: dict[str, Any], client: StrictClient, rung: Rung) -> None:
    """It is kept like all others: what it names is asked for anew, in our version."""
    assert send_signed(client, told.as_sent(told.whole(**changes))) == (200, "")
    assert StripeEvent.objects.get().api_version == str(changes.get("api_version", "2026-10-28.endive") or "")
    assert len(rung) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_door_takes_posts_alone(method: str, client: StrictClient) -> None:
    """There is nothing to see."""
    body = told.as_sent(told.whole())
    response = client.generic(method, DOOR, body, headers={"stripe-signature": told.signature(body, at=world.NOW)})

    assert response.status_code == 405
    assert kept() == []


def test_the_door_needs_no_session_and_no_token(rung: Rung) -> None:
    """Stripe logs in nowhere, and nobody who has listened gets a cookie."""
    body = told.as_sent(told.whole())
    client = StrictClient(enforce_csrf_checks=True)

    assert send_signed(client, body)[0] == 200
    assert not client.cookies
    assert len(rung) == 1


def test_with_the_sandbox_there_is_no_door(client: StrictClient, settings: Settings) -> None:
    """The sandbox tells nobody anything, so who claims to be Stripe isn't."""
    settings.PAYMENT_GATEWAY = "sandbox"

    assert send_signed(client, told.as_sent(told.whole()))[0] == 404
    assert kept() == []


def test_a_signature_is_good_for_five_minutes_alone(client: StrictClient, rung: Rung, clock: Any) -> None:
    """Who has listened can't send it again later."""
    body = told.as_sent(told.whole())
    header = told.signature(body, at=world.NOW)
    first = send(client, body, **{"stripe-signature": header})
    clock.shift(timedelta(seconds=301))

    assert first == (200, "")
    assert send(client, body, **{"stripe-signature": header}) == NOT_FRESH
    assert len(rung) == 1
