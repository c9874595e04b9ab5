"""What tests of money share: two creators, and a payment in the sandbox."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import User
from payouts.gateway.sandbox import gateway as sandbox
from payouts.gateway.sandbox.models import SandboxPayment
from payouts.models import Deposit
from tests import given


@pytest.fixture
def clock(mid_october: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock in the middle of October."""
    with time_machine.travel(mid_october, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada(db: None) -> User:
    """Return a creator."""
    del db
    return given.creator("Ada")


@pytest.fixture
def bob(db: None) -> User:
    """Return another creator."""
    del db
    return given.creator("Bob")


@pytest.fixture
def paid(clock: time_machine.Traveller, mid_october: datetime, db: None) -> Deposit:
    """Return a deposit of 5 EUR that a fan has just paid in the sandbox, and nobody has told us."""
    del db
    given.started_deposit(given.user("Grace"), amount_cents=500, now=mid_october)
    sandbox.choose(payment=SandboxPayment.objects.get(), choice="succeed")
    clock.shift(timedelta(seconds=3))
    return Deposit.objects.get()
