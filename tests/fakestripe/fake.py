"""A Stripe of our own: a server with its contract, and the knobs of the world behind it.

with FakeStripe.started() as fake:
client = stripe.StripeClient(fake.key, base_addresses={"api": fake.url})
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakestripe.knobs import Knobs
from tests.fakestripe.server import Server
from tests.fakestripe.world import World

TEST_KEYS = ("sk_test_", "rk_test_")


class FakeStripe(Knobs):
    """A server with Stripe's contract, and the knobs of its world."""

    def __init__(self, *, port: int = 0, key: str = "sk_test_fake", state: Path | None = None) -> None:
        if not key.startswith(TEST_KEYS):
            msg = f"key must begin with {' or '.join(TEST_KEYS)}: the fake takes no live ones"
            raise ValueError(msg)
        super().__init__(World(state=state))
        self.key = key
        self._server = Server(port, self)
        self.url = self.world.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fake Stripe", daemon=True
        )

    @classmethod
    @contextmanager
    def started(
        cls, *, port: int = 0, key: str = "sk_test_fake", state: Path | None = None
    ) -> Iterator["FakeStripe"]:
        """Serve at a port, or at a free one, until the block ends; with `state`, go on from that file."""
        fake = cls(port=port, key=key, state=state)
        fake.start()
        try:
            yield fake
        finally:
            fake.stop()

    def start(self) -> None:
        """Serve and deliver, in threads of this process."""
        self.webhooks.start()
        self._thread.start()

    def stop(self) -> None:
        """Serve and deliver no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.webhooks.end()
