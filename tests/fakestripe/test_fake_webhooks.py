"""Webhooks: what is delivered to whom, signed, and how it can go wrong."""

import time
from typing import Any

import pytest
import stripe

from tests.fakestripe.errors import Refused
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import Receiver, charge, creator

SECRET = "whsec_platform"


@pytest.fixture
def told(fake: FakeStripe, receiver: Receiver) -> Receiver:
    """Return an address that is told of customers."""
    fake.webhooks.add_endpoint(url=receiver.url, secret=SECRET, events="customer.*")
    return receiver


def _names(receiver: Receiver) -> list[str]:
    return [event["data"]["object"]["name"] for event in receiver.events]


def _statuses(fake: FakeStripe) -> list[str]:
    return [delivery["status"] for delivery in fake.webhooks.deliveries]


def _customers(api: stripe.StripeClient, *names: str) -> None:
    for name in names:
        api.v1.customers.create({"name": name})


def test_events_are_delivered_and_signed(api: stripe.StripeClient, fake: FakeStripe, told: Receiver) -> None:
    """An event is what the list of events holds, signed by the endpoint's secret, and told to those who want it."""
    _customers(api, "Anna", "Ben")
    charge(api)
    fake.webhooks.drain()

    assert _names(told) == ["Anna", "Ben", None]
    body, signature = told.received[0]
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    listed = api.v1.events.retrieve(event.id)
    assert (listed.type, listed.pending_webhooks) == ("customer.created", 0)
    assert (event.data.object, event.livemode) == (listed.data.object, False)
    assert (event.api_version, "account" in event) == (stripe.api_version, False)
    delivery = fake.webhooks.deliveries[0]
    assert (delivery["event"], delivery["status"], delivery["attempts"], delivery["code"]) == (
        event.id,
        "delivered",
        1,
        200,
    )


def test_each_endpoint_hears_its_own(api: stripe.StripeClient, fake: FakeStripe, receiver: Receiver) -> None:
    """Events of the platform, those of accounts and notifications of API v2 go to different endpoints and secrets."""
    for kind in ("platform", "connected", "thin"):
        fake.webhooks.add_endpoint(url=f"{receiver.url}?{kind}", secret=f"whsec_{kind}", kind=kind)
    account = creator(api)
    fake.onboard(account)
    fake.top_up(500)
    api.v1.transfers.create({"amount": 400, "currency": "eur", "destination": account})
    fake.end_payout(fake.pay_out(account)["id"], failure_code="account_closed")
    fake.deauthorise(account)
    fake.webhooks.drain()

    heard: dict[str, list[str]] = {"platform": [], "connected": [], "thin": []}
    for body, signature in receiver.received:
        for kind, events in heard.items():
            try:
                stripe.WebhookSignature.verify_header(body, signature, f"whsec_{kind}")
            except stripe.SignatureVerificationError:
                continue
            if kind == "thin":
                events.append(api.parse_event_notification(body, signature, f"whsec_{kind}").type)
            else:
                event = stripe.Webhook.construct_event(body, signature, f"whsec_{kind}")
                events.append(event.type)
                assert event.to_dict().get("account") == (account if kind == "connected" else None)
    assert heard["platform"] == ["transfer.created"]
    assert heard["connected"] == ["payout.created", "payout.failed", "account.application.deauthorized"]
    assert heard["thin"] == [
        "v2.core.account.created",
        "v2.core.account[requirements].updated",
        "v2.core.account[configuration.recipient].capability_status_updated",
        "v2.core.account[requirements].updated",
        "v2.core.account[configuration.recipient].capability_status_updated",
    ]


def test_notifications_carry_no_data(api: stripe.StripeClient, fake: FakeStripe, receiver: Receiver) -> None:
    """A notification of API v2 names its object, which the client then asks for."""
    fake.webhooks.add_endpoint(url=receiver.url, secret=SECRET, kind="thin", events="*capability_status_updated")
    account = creator(api)
    fake.webhooks.drain()
    body, signature = receiver.received[0]
    assert "data" not in receiver.events[0]

    notification: Any = api.parse_event_notification(body, signature, SECRET)

    assert notification.related_object.id == account
    assert notification.fetch_related_object().id == account
    assert notification.fetch_event().data.updated_capability == "stripe_balance.stripe_transfers"


def test_deliveries_are_doubled(api: stripe.StripeClient, fake: FakeStripe, told: Receiver) -> None:
    """Doubled, each event comes twice with the same id; an old one can be delivered again."""
    fake.webhooks.set(duplicate=True)
    _customers(api, "Anna")
    fake.webhooks.drain()
    assert len({event["id"] for event in told.events}) == 1
    assert _names(told) == ["Anna", "Anna"]

    fake.webhooks.set(duplicate=None)
    fake.webhooks.repeat(told.events[0]["id"])
    fake.webhooks.drain()

    assert len(told.received) == 4


def test_deliveries_are_held_and_turned_round(api: stripe.StripeClient, fake: FakeStripe, told: Receiver) -> None:
    """Held events come when they are released, in order or the other way round; later ones come at once."""
    fake.webhooks.set(hold=True)
    _customers(api, "Anna", "Ben", "Cléo")
    fake.webhooks.drain()
    assert told.received == []
    assert _statuses(fake) == ["held"] * 3

    fake.webhooks.release(reverse=True)
    fake.webhooks.drain()
    _customers(api, "Dora")
    fake.webhooks.drain()

    assert _names(told) == ["Cléo", "Ben", "Anna", "Dora"]


def test_deliveries_are_dropped(api: stripe.StripeClient, fake: FakeStripe, told: Receiver) -> None:
    """A dropped event is listed as not delivered, and nobody is told."""
    fake.webhooks.set(drop=["customer.created"])
    _customers(api, "Anna")
    fake.webhooks.set(drop=None)
    _customers(api, "Ben")
    fake.webhooks.drain()

    assert _names(told) == ["Ben"]
    lost = api.v1.events.list({"delivery_success": False}).data
    assert [event.data.object["name"] for event in lost] == ["Anna"]
    assert [event.data.object["name"] for event in api.v1.events.list({"delivery_success": True})] == ["Ben"]


def test_deliveries_are_delayed(api: stripe.StripeClient, fake: FakeStripe, told: Receiver) -> None:
    """A delayed event comes when the world's clock says so."""
    fake.webhooks.set(delay=600)
    _customers(api, "Anna")
    fake.webhooks.drain()
    assert told.received == []

    fake.advance(seconds=601)
    fake.webhooks.drain()

    assert _names(told) == ["Anna"]


def test_refused_deliveries_are_repeated(api: stripe.StripeClient, fake: FakeStripe, told: Receiver) -> None:
    """After a refusal it is tried again a minute and an hour later by the world's clock, and then given up."""
    told.answers = [500, 302, 400]
    _customers(api, "Anna")
    fake.webhooks.drain()
    assert _statuses(fake) == ["pending"]
    for seconds, tries, status in ((61, 2, "pending"), (3_601, 3, "failed"), (9_999, 3, "failed")):
        fake.advance(seconds=seconds)
        fake.webhooks.drain()
        assert (len(told.received), _statuses(fake)) == (tries, [status])
    assert fake.webhooks.deliveries[0]["code"] == 400


@pytest.mark.parametrize(("retry", "tries"), [("at_once", 2), ("never", 1)])
def test_repeating_can_be_at_once_or_never(
    api: stripe.StripeClient, fake: FakeStripe, told: Receiver, retry: str, tries: int
) -> None:
    """Tests that don't want to move the clock can have it at once, or not at all."""
    told.answers = [503]
    fake.webhooks.set(retry=retry)
    _customers(api, "Anna")
    fake.webhooks.drain()

    assert (len(told.received), _statuses(fake)) == (tries, ["delivered" if tries > 1 else "failed"])


def test_nobody_there_is_a_refusal(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """An address where nobody listens is tried like one that refuses."""
    fake.webhooks.add_endpoint(url="http://127.0.0.1:1/hook", secret=SECRET)
    fake.webhooks.set(retry="never")
    _customers(api, "Anna")
    fake.webhooks.drain()

    assert [(one["status"], one["code"]) for one in fake.webhooks.deliveries] == [("failed", None)]


@pytest.mark.parametrize("knob", [{"age": 301}, {"wrong_secret": True}])
def test_signatures_can_be_wrong(
    api: stripe.StripeClient, fake: FakeStripe, told: Receiver, knob: dict[str, Any]
) -> None:
    """Too old a signature, or one by another secret, is refused by the package."""
    fake.webhooks.set(**knob)
    _customers(api, "Anna")
    fake.webhooks.drain()
    body, signature = told.received[0]

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, SECRET)


def test_events_can_claim_to_be_others(api: stripe.StripeClient, fake: FakeStripe, told: Receiver) -> None:
    """An event can say that it is live or of another version, while it still is properly signed."""
    fake.webhooks.set(livemode=True, api_version="2020-08-27")
    _customers(api, "Anna")
    fake.webhooks.drain()
    event = stripe.Webhook.construct_event(*told.received[0], SECRET)

    assert (event.livemode, event.api_version) == (True, "2020-08-27")
    assert api.v1.events.retrieve(event.id).livemode is False


def test_wrong_knobs_are_refused(fake: FakeStripe) -> None:
    """A knob or kind that doesn't exist is named; waiting for what doesn't come ends."""
    with pytest.raises(Refused, match="There is no knob colour"):
        fake.webhooks.set(colour="red")
    with pytest.raises(Refused, match="kind must be one of"):
        fake.webhooks.add_endpoint(url="http://127.0.0.1:1", secret=SECRET, kind="secret")


def test_waiting_ends(api: stripe.StripeClient, fake: FakeStripe, told: Receiver) -> None:
    """Who waits for deliveries waits no longer than told, and is told what is still on its way."""
    with told.answering_slowly(0.5):
        _customers(api, "Anna")
        started = time.monotonic()
        with pytest.raises(TimeoutError, match="on their way"):
            fake.webhooks.drain(timeout=0.1)
        assert time.monotonic() - started < 0.4
        fake.webhooks.drain()
