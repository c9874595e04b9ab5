"""Fixtures of the tests of what is fetched from elsewhere."""

import pytest

from flattr.outside.network import Network
from tests.outside.servers import Outside


@pytest.fixture
def network(outside: Outside) -> Network:
    """Return the way to the internet of the test."""
    return outside.network()
