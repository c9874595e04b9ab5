"""What we build on, asked of our own Stripe server and, with `STRIPE_TEST_KEY`, of Stripe itself in test mode.

Our own server proves what we ask and how we take the answers; only Stripe itself proves how Stripe behaves.
"""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import stripe as library
from pytest_django import Settings

from payouts.gateway import EventRefused, Order, OrderRefused, Outcome, Payer, Readiness, Result, get_gateway
from payouts.gateway import stripe as api
from tests.fakestripe import itself
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import receiving
from tests.payouts.paying import SOON, moment

PATIENCE_SECONDS = 60

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Server:
    """A Stripe server: our own, or with None for it Stripe itself; `client` asks what only tests want to know."""

    fake: FakeStripe | None
    client: library.StripeClient


@pytest.fixture(params=itself.both())
def server(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Let one of the two be the provider."""
    if request.param == "fake":
        fake: FakeStripe = request.getfixturevalue("stripe")
        return Server(fake, library.StripeClient(fake.key, base_addresses={"api": fake.url}))
    itself.reach(monkeypatch)
    settings.PAYMENT_GATEWAY, settings.STRIPE_LIVE = "stripe", False
    settings.STRIPE_KEY, settings.STRIPE_API_URL = itself.KEY, itself.URL
    return Server(None, itself.client())


def payer(server: Server, card: str = "visa") -> Payer:
    """Return a new fan with a test card saved; nobody had their id before, as Stripe remembers for a day."""
    fan_id = random.randrange(1, 2**53)
    customer = get_gateway().open_customer(fan_id=fan_id, email=f"fan-{fan_id}@example.com")
    method = server.client.v1.payment_methods.attach(f"pm_card_{card}", {"customer": customer}).id
    return Payer(fan_id=fan_id, customer=customer, method=method)


def charged(by: Payer, *, amount_cents: int = 600) -> Order:
    """Return a deposit that was asked for without the fan."""
    order = Order(deposit_id=uuid.uuid4(), payer=by, amount_cents=amount_cents, asked_at=moment())
    get_gateway().charge_saved_method(order=order, return_url="https://flattr.example/back")
    return order


def decided(ask: Callable[[], Outcome]) -> Outcome:
    """Ask until it is decided: Stripe books some things a moment later."""
    return asked_until(ask, lambda outcome: outcome.result not in {Result.PENDING, Result.PROCESSING})


def asked_until(ask: Callable[[], A], holds: Callable[[A], object]) -> A:
    """Return the first answer of which something holds, or after a minute the last one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds(answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer


def outcome_of(order: Order) -> Outcome:
    """Return what became of a deposit."""
    return decided(lambda: get_gateway().deposit_outcome(order=order))


def test_a_saved_card_is_charged_once(server: Server) -> None:
    """Asked twice, one payment is made; its fee is told, by the payment and by the book alike."""
    fan = payer(server)
    order = charged(fan)
    get_gateway().charge_saved_method(order=order, return_url="https://flattr.example/back")
    outcome = outcome_of(order)

    assert (outcome.result, outcome.reference[:3]) == (Result.SUCCEEDED, "pi_")
    assert 0 < outcome.fee_cents < order.amount_cents
    assert len(api.intents_of(customer=fan.customer, since=order.asked_at - SOON)) == 1
    booked = {each.subject: each for each in get_gateway().movements(since=order.asked_at)}[outcome.reference]
    assert (booked.amount_cents, booked.fee_cents) == (order.amount_cents, outcome.fee_cents)
    saved = get_gateway().saved_method(payer=fan)
    assert saved is not None
    assert (saved.reference, saved.label) == (fan.method, "Visa •••• 4242")


def test_a_key_is_for_one_order(server: Server) -> None:
    """The same order with another amount is refused instead of charged."""
    order = charged(payer(server))

    with pytest.raises(OrderRefused):
        get_gateway().charge_saved_method(order=replace(order, amount_cents=700), return_url="https://flattr.example")
    assert outcome_of(order).result is Result.SUCCEEDED


def test_a_decline_is_told(server: Server) -> None:
    """A card that was saved may be declined later."""
    order = charged(payer(server, "chargeCustomerFail"))
    outcome = outcome_of(order)

    assert (outcome.result, outcome.reason) == (Result.DECLINED, "card_declined")


def test_a_bank_may_want_the_fan(server: Server) -> None:
    """What was tried without the fan is closed before a page opens for them, and the page can be closed too."""
    fan = payer(server, "authenticationRequired")
    order = charged(fan)
    gateway = get_gateway()
    assert outcome_of(order).result is Result.NEEDS_FAN
    page = gateway.open_pay_page(order=order, description="Prepaid", return_url="https://flattr.example/back")

    assert page.startswith("https://checkout.stripe.com/" if server.fake is None else server.fake.url)
    assert gateway.deposit_outcome(order=order) == Outcome(result=Result.PENDING, url=page)
    assert [each.status for each in api.intents_of(customer=fan.customer, since=order.asked_at - SOON)] == [
        "canceled"
    ]
    gateway.cancel_deposit(order=order)
    assert gateway.deposit_outcome(order=order).result is Result.CANCELLED


def test_a_refund_is_made_once(server: Server) -> None:
    """Asked twice, under one id, a part goes back once, and nothing more than was paid."""
    order = charged(payer(server))
    refund: dict[str, Any] = {"payment": outcome_of(order).reference, "amount_cents": 400, "refund_id": uuid.uuid4()}
    gateway = get_gateway()
    for _ in range(2):
        gateway.send_refund(attempt=0, **refund)

    assert decided(lambda: gateway.refund_outcome(**refund)).result is Result.SUCCEEDED
    assert [each.amount_cents for each in api.refunds_of(payment=refund["payment"])] == [400]
    with pytest.raises(OrderRefused):
        gateway.send_refund(attempt=0, **refund | {"refund_id": uuid.uuid4()})


def ready_account(server: Server) -> str:
    """Return an account that may receive transfers."""
    if server.fake is None:
        if not itself.ACCOUNT:
            pytest.skip("STRIPE_TEST_ACCOUNT is not set: no account that was onboarded at Stripe itself")
        return itself.ACCOUNT
    account = new_account()
    server.fake.onboard(account)
    return account


def new_account() -> str:
    """Open an account of a creator whose id nobody had before."""
    creator_id = random.randrange(1, 2**53)
    return get_gateway().open_account(
        creator_id=creator_id, email=f"creator-{creator_id}@example.com", name="Ada", country="FR"
    )


def test_a_creator_is_paid_once(server: Server) -> None:
    """Money that is there is transferred once to an account that is ready, however often it is asked for."""
    account = ready_account(server)
    gateway = get_gateway()
    assert gateway.account_state(account=account).readiness is Readiness.READY
    assert outcome_of(charged(payer(server, "bypassPending"), amount_cents=2000)).result is Result.SUCCEEDED
    payout: dict[str, Any] = {"payout_id": uuid.uuid4(), "account": account, "amount_cents": 500}
    sent = [gateway.send_payout(attempt=0, **payout) for _ in range(2)]

    assert [each.result for each in sent] == [Result.SUCCEEDED] * 2
    assert sent[0].reference == sent[1].reference
    assert gateway.payout_outcome(**payout).reference == sent[0].reference
    assert [each.amount_cents for each in api.transfers_in(group=f"payout-{payout['payout_id']}")] == [500]


@pytest.mark.usefixtures("server")
def test_a_new_account_wants_its_creator() -> None:
    """It can't be paid, says what is missing, and has a page for telling it."""
    account, gateway = new_account(), get_gateway()
    state = gateway.account_state(account=account)
    back = "https://flattr.example/back"

    assert state.readiness is Readiness.NEEDS_CREATOR
    assert state.requirements
    assert gateway.account_page(account=account, return_url=back, refresh_url=back).startswith("http")
    sent = gateway.send_payout(payout_id=uuid.uuid4(), account=account, amount_cents=100, attempt=0)
    assert sent.result in {Result.DECLINED, Result.HELD}


def test_a_webhook_is_read_by_its_signature(server: Server, settings: Settings) -> None:
    """What is delivered over HTTP is believed with the right secret, and with no other, and not later."""
    port = 0
    if server.fake is None:
        if not itself.WEBHOOK_SECRET:
            pytest.skip("STRIPE_TEST_WEBHOOK_SECRET is not set: nobody forwards what Stripe tells")
        port = itself.WEBHOOK_PORT
    settings.STRIPE_WEBHOOK_SECRETS = [itself.WEBHOOK_SECRET or "whsec_fake"]
    gateway = get_gateway()
    with receiving(port) as receiver:
        if server.fake is not None:
            server.fake.webhooks.add_endpoint(url=receiver.url, secret="whsec_fake")
        fan = payer(server)
        letters = asked_until(
            lambda: [each for each in receiver.received if fan.method.encode() in each[0]], lambda found: found
        )
    body, signature = letters[0]
    event = gateway.read_event(body=body, signature=signature, now=moment())

    assert (event.kind, event.subject, event.customer) == ("payment_method.attached", fan.method, fan.customer)
    assert not event.is_live
    with pytest.raises(EventRefused):
        gateway.read_event(body=body + b" ", signature=signature, now=moment())
    with pytest.raises(EventRefused):
        gateway.read_event(body=body, signature=signature, now=moment() + timedelta(minutes=6))
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_other"]
    with pytest.raises(EventRefused):
        gateway.read_event(body=body, signature=signature, now=moment())


@pytest.mark.usefixtures("server")
def test_a_wrong_key_is_refused(settings: Settings) -> None:
    """It is told as our fault, not as a provider that is away."""
    settings.STRIPE_KEY = "sk_test_" + "0" * 24

    with pytest.raises(OrderRefused):
        get_gateway().open_customer(fan_id=1, email="fan@example.com")


@pytest.mark.parametrize("key", ["sk_live_" + "0" * 24, "rk_live_" + "0" * 24, "pk_test_" + "0" * 24, "nonsense"])
def test_stripe_itself_is_asked_in_test_mode_alone(key: str) -> None:
    """A live key, or none of a secret kind, is refused before a test runs, and not shown."""
    with pytest.raises(ValueError, match="STRIPE_TEST_KEY") as refused:
        itself.marks(key)

    assert key not in str(refused.value)


def test_without_a_key_the_reason_is_told() -> None:
    """Whoever runs the suite learns what it didn't prove."""
    (_, skip) = itself.marks("")

    assert "STRIPE_TEST_KEY is not set" in skip.kwargs["reason"]
