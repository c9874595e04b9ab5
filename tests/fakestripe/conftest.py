"""A fake for each test."""

from collections.abc import Iterator

import pytest
import stripe

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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return an address for webhooks."""
    with receiving() as receiver:
        yield receiver
