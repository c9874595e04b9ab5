"""Fixtures of the tests of pages."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.client import StrictClient
from tests.pages import world
from tests.pages.world import World


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock in the middle of November."""
    with time_machine.travel(world.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def town(clock: time_machine.Traveller, db: None) -> World:
    """Return one person of each role, with things of their own, in the middle of November."""
    del clock, db
    return world.build()


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
