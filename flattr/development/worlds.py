"""The two worlds of a checkout: the sandbox's, and with `STRIPE=fake` one that pays by a Stripe server of our own.

Rows of one provider mean nothing to the other, so each world has its own folder, servers and ports.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flattr.development import ports
from flattr.development.services import CHECKOUT

_FIRST_STRIPE_PORT: Final = 12111
_SECRETS: Final = {"platform": "whsec_own", "connected": "whsec_creators", "thin": "whsec_thin"}
"""What signs the events of each kind of destination. Nothing here is a secret: no money moves."""


class UnknownWorld(ValueError):
    """`STRIPE` names no world."""


def has_stripe() -> bool:
    """Tell whether `STRIPE` asks for a Stripe server of our own.

    :raises UnknownWorld: if it asks for something else.
    """
    wanted = os.environ.get("STRIPE", "")
    if wanted not in ("", "fake"):
        msg = f"STRIPE: {wanted!r} isn't known; `fake` runs a Stripe server of our own"
        raise UnknownWorld(msg)
    return bool(wanted)


def folder() -> Path:
    """Return the folder in whose `var` the world lies."""
    return CHECKOUT / "var" / "stripe" if has_stripe() else CHECKOUT


def environment(*, is_served: bool) -> dict[str, str]:
    """Return what the world adds to the environment; one that is about to be served takes free ports.

    :raises UnknownWorld: if there is no such world.
    :raises ports.NoPort: if there is no free one.
    """
    added = {}
    if is_served:
        port = ports.choose(memory=folder() / "var" / "port", wanted=os.environ.get("PORT", ""))
        added = {"APP_URL": os.environ.get("APP_URL", f"http://localhost:{port}"), "PORT": str(port)}
    if has_stripe():
        choose = ports.choose if is_served else ports.latest
        port = choose(memory=folder() / "var" / "stripe-port", first=_FIRST_STRIPE_PORT)
        added |= {
            "PAYMENT_GATEWAY": "stripe",
            "STRIPE_MODE": "test",
            "STRIPE_KEY": "sk_test_fake",
            "STRIPE_WEBHOOK_SECRETS": ",".join(_SECRETS.values()),
            "STRIPE_API_URL": f"http://127.0.0.1:{port}",
        }
    return added


def stripe_command(environment: Mapping[str, str]) -> list[str]:
    """Return the command that serves our Stripe, which tells the web server of each kind of event by its secret."""
    hook = f"http://127.0.0.1:{environment['PORT']}/webhooks/stripe/"
    told = [word for kind, secret in _SECRETS.items() for word in ("--webhook", f"{kind}:{hook}={secret}")]
    return [
        *(sys.executable, "-m", "tests.fakestripe"),
        *("--port", environment["STRIPE_API_URL"].rpartition(":")[2]),
        *("--key", environment["STRIPE_KEY"]),
        *("--state", str(folder() / "var" / "stripe.json")),
        *told,
    ]
