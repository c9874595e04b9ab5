"""Stripe itself, in test mode: asked only where `STRIPE_TEST_KEY` says by which key."""

import functools
import os
import socket
from typing import Any, Final

import pytest
import stripe

from tests.fakestripe.fake import TEST_KEYS

URL: Final = "https://api.stripe.com"
KEY: Final = os.environ.get("STRIPE_TEST_KEY", "")
ACCOUNT: Final = os.environ.get("STRIPE_TEST_ACCOUNT", "")
"""An account of the platform's that was onboarded by hand and may receive transfers."""
WEBHOOK_SECRET: Final = os.environ.get("STRIPE_TEST_WEBHOOK_SECRET", "")
"""What `stripe listen --forward-to 127.0.0.1:4242` has printed, and signs by."""
WEBHOOK_PORT: Final = 4242

_HOST: Final = URL.removeprefix("https://")


def marks(key: str = KEY) -> list[pytest.MarkDecorator]:
    """Return what a test that asks Stripe itself is marked with: one host more than others, or the reason why not.

    :raises ValueError: if the key isn't one of test mode.
    """
    if not key:
        reason = "STRIPE_TEST_KEY is not set: only our own Stripe server was asked, not Stripe itself"
        return [pytest.mark.stripe, pytest.mark.skip(reason=reason)]
    if not key.startswith(TEST_KEYS):
        # The key itself is shown nowhere.
        msg = f"STRIPE_TEST_KEY: must begin with {' or '.join(TEST_KEYS)}; a live key moves real money"
        raise ValueError(msg)
    return [pytest.mark.stripe, pytest.mark.allow_hosts(["127.0.0.1", "::1", "localhost", _address()])]


def both() -> list[Any]:
    """Return the two servers that a fixture is parametrised by: our own, and Stripe itself."""
    return ["fake", pytest.param("stripe", marks=marks())]


def reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name of Stripe's host stand for the address that may be asked, as it changes from minute to minute."""
    look_up = socket.getaddrinfo
    address = _address()

    def known(host: Any, *args: Any, **more: Any) -> Any:
        return look_up(address if host == _HOST else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", known)


@functools.cache
def _address() -> str:
    return socket.gethostbyname(_HOST)


def client() -> stripe.StripeClient:
    """Return a client of Stripe itself."""
    return stripe.StripeClient(KEY, max_network_retries=2)
