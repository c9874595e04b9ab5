"""Run the fake by itself: `python -m tests.fakestripe --port 12111 --webhook http://127.0.0.1:8000/hook=whsec_x`."""

import argparse
import signal
import threading
from pathlib import Path

from tests.fakestripe.fake import TEST_KEYS, FakeStripe
from tests.fakestripe.webhooks import KINDS


def endpoint(text: str) -> dict[str, str]:
    """Read `URL=SECRET` or `KIND:URL=SECRET`."""
    kind, _, rest = text.partition(":")
    if kind not in KINDS:
        kind, rest = "platform", text
    url, _, secret = rest.rpartition("=")
    if not url.startswith(("http://", "https://")) or not secret:
        msg = f"{text!r} isn't [{'|'.join(KINDS)}:]URL=SECRET"
        raise argparse.ArgumentTypeError(msg)
    return {"kind": kind, "url": url, "secret": secret}


def key(text: str) -> str:
    """Read a secret key for tests."""
    if not text.startswith(TEST_KEYS):
        msg = f"a key must begin with {' or '.join(TEST_KEYS)}: the fake takes no live ones"
        raise argparse.ArgumentTypeError(msg)
    return text


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakestripe", description="A Stripe of our own.")
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--key", type=key, default="sk_test_fake", help="the secret key that clients must have")
    parser.add_argument("--webhook", type=endpoint, action="append", default=[], metavar="[KIND:]URL=SECRET")
    parser.add_argument("--state", type=Path, help="a file in which the world is kept")
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with FakeStripe.started(port=given.port, key=given.key, state=given.state) as fake:
        if given.webhook:
            fake.webhooks.remove_endpoints()
        for told in given.webhook:
            fake.webhooks.add_endpoint(url=told["url"], secret=told["secret"], kind=told["kind"])
        print(f"Fake Stripe at {fake.url}, knobs at {fake.url}/_fake/", flush=True)  # noqa: T201  # Its only word.
        ended.wait()


if __name__ == "__main__":
    main()
