"""What the tests of the fake begin with: a client that looks at every answer, fans, payments and creators."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import stripe

from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.shapes import answer_flaws


class StrictHTTPClient(stripe.RequestsClient):
    """Refuses answers that don't fit the classes of the package."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request; raise if an answer isn't of the shape that its `object` names."""
        body, code, answered = super().request(*args, **kwargs)
        if code == 200:
            assert answer_flaws(json.loads(body)) == []
        return body, code, answered


def client_of(fake: FakeStripe, **options: Any) -> stripe.StripeClient:
    """Return a client of the fake; it repeats nothing by itself, unless `max_network_retries` says so."""
    http_client = StrictHTTPClient(timeout=5)
    given: dict[str, Any] = {"max_network_retries": 0, "http_client": http_client, **options}
    return stripe.StripeClient(fake.key, base_addresses={"api": fake.url}, **given)


def fan(api: stripe.StripeClient, card: str = "pm_card_visa") -> tuple[str, str]:
    """Return a new customer and the card that is saved for them."""
    customer = api.v1.customers.create({"email": "fan@example.com"}).id
    return customer, api.v1.payment_methods.attach(card, {"customer": customer}).id


def charge(
    api: stripe.StripeClient, card: str = "pm_card_visa", amount: int = 600, **more: Any
) -> stripe.PaymentIntent:
    """Charge a new customer's card while they are away."""
    customer = api.v1.customers.create({"email": "fan@example.com"}).id
    asked: Any = {
        "amount": amount,
        "currency": "eur",
        "customer": customer,
        "payment_method": card,
        "confirm": True,
        "off_session": True,
        "return_url": "https://flattr.example/back",
        **more,
    }
    return api.v1.payment_intents.create(asked)


def debit(api: stripe.StripeClient, iban: str = "DE89370400440532013000", amount: int = 600) -> stripe.PaymentIntent:
    """Ask a new customer's bank for money."""
    method = api.v1.payment_methods.create(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": iban},
            "billing_details": {"name": "Fan", "email": "fan@example.com"},
        }
    )
    return charge(api, method.id, amount)


def session(api: stripe.StripeClient, amount: int = 1200, **more: Any) -> stripe.checkout.Session:
    """Open a Checkout page."""
    line = {
        "quantity": 1,
        "price_data": {"currency": "eur", "unit_amount": amount, "product_data": {"name": "A month"}},
    }
    asked: Any = {
        "mode": "payment",
        "success_url": "https://flattr.example/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://flattr.example/not-paid",
        "line_items": [line],
        **more,
    }
    return api.v1.checkout.sessions.create(asked)


INCLUDE: Any = ["configuration.recipient", "requirements", "identity", "defaults"]


def creator(api: stripe.StripeClient) -> str:
    """Return a new account that has yet to tell about itself."""
    asked: Any = {
        "contact_email": "creator@example.com",
        "display_name": "Creator",
        "dashboard": "express",
        "identity": {"country": "DE"},
        "configuration": {
            "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
        },
        "defaults": {
            "currency": "eur",
            "responsibilities": {"fees_collector": "application", "losses_collector": "application"},
        },
    }
    return api.v2.core.accounts.create(asked).id


class Receiver(ThreadingHTTPServer):
    """An address of webhooks: `received` are bodies and signatures, `answers` what it says next."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Receiving)
        self.received: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        self.seconds = 0.0
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"

    @contextmanager
    def answering_slowly(self, seconds: float) -> Iterator[None]:
        """Wait so long before each answer, until the block ends."""
        self.seconds = seconds
        yield
        self.seconds = 0.0

    @property
    def events(self) -> list[Any]:
        """What was delivered, read as JSON."""
        return [json.loads(body) for body, _ in self.received]


class _Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Note what comes."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((body, self.headers["Stripe-Signature"]))
        time.sleep(self.server.seconds)
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # It is called so in the base.
        """Log nothing."""


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Serve an address for webhooks, at a free port unless one is named, until the block ends."""
    with Receiver(port) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.02,))
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()
