"""A fake for each test."""

from collections.abc import Iterator

import pytest
import stripe

from tests.fakestripe import itself
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import Receiver, client_of, receiving


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    """Serve a fake."""
    with FakeStripe.started() as fake:
        yield fake


@pytest.fixture
def api(fake: FakeStripe) -> stripe.StripeClient:
    """Return a client of it that looks at every answer and repeats nothing."""
    return client_of(fake)


@pytest.fixture(params=itself.both())
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> stripe.StripeClient:
    """Return a client of the fake and, where there is a key for it, of Stripe itself, of which the same must hold."""
    if request.param == "fake":
        found: stripe.StripeClient = request.getfixturevalue("api")
        return found
    itself.reach(monkeypatch)
    return itself.client()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return an address for webhooks."""
    with receiving() as receiver:
        yield receiver
