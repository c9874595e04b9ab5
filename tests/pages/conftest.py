"""Fixtures of the tests of pages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest
import time_machine

from accounts.models import User
from buttons.models import Button
from flattr.period import Period
from tests import given, pressing
from tests.client import StrictClient
from tests.kept import Kept
from tests.pages import world
from tests.pages.framing import KEY
from tests.pages.world import World

_TOWN: Final = Kept(world.build)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock in the middle of November."""
    with time_machine.travel(world.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def town(clock: time_machine.Traveller, db: None) -> World:
    """Return one person of each role, with things of their own, in the middle of November."""
    del clock, db
    return _TOWN.given()


@pytest.fixture
def as_fan(town: World, client: StrictClient) -> StrictClient:
    """Return the client, logged in as the fan."""
    client.force_login(town.fan)
    return client


@pytest.fixture
def as_creator(town: World, client: StrictClient) -> StrictClient:
    """Return the client, logged in as the creator."""
    client.force_login(town.creator)
    return client


@pytest.fixture
def fan(client: StrictClient) -> User:
    """Return a fan without a budget, who is logged in."""
    person = given.user("Grace")
    client.force_login(person)
    return person


@pytest.fixture
def subscriber(fan: User) -> User:
    """Return the fan with a budget of 5 EUR since October and a balance of 8 EUR."""
    given.subscription(fan, budget_cents=500, period=Period.at(world.NOW).previous)
    given.deposit(fan, amount_cents=800, now=Period.at(world.NOW).start)
    return fan


@pytest.fixture
def button() -> Button:
    """Return a button on a verified site."""
    return pressing.verified_button()


@pytest.fixture
def presser() -> User:
    """Return a fan with a budget, who isn't logged in."""
    return given.funded_fan("Grace", period=Period.at(world.NOW))


@pytest.fixture
def secret(presser: User, button: Button, client: StrictClient) -> str:
    """Return the fan's key for the button's site, which the client's browser keeps."""
    known = pressing.key_for(presser, button, now=world.NOW - timedelta(days=1))
    client.cookies[KEY] = known
    return known
