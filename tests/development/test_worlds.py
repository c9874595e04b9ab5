"""`make run STRIPE=fake`: a world of its own, with a Stripe server of our own that tells the web server of all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from flattr.development import worlds
from flattr.development.services import CHECKOUT
from payouts.models import PayoutAccount, StripeEvent
from payouts.operations import demo
from payouts.queries import books
from tests.payouts.paying import assert_books_are_stripes, moment

PATIENCE_SECONDS = 60


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let an empty folder be the checkout, in which no world was served."""
    monkeypatch.setattr(worlds, "CHECKOUT", tmp_path)
    for name in ("STRIPE", "PORT", "APP_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_each_world_has_a_folder_and_ports_of_its_own(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's world hears nothing of Stripe, and commands find the ports at which the other was served."""
    sandbox = worlds.environment(is_served=True)
    assert (worlds.folder(), set(sandbox)) == (checkout, {"PORT", "APP_URL"})
    monkeypatch.setenv("STRIPE", "fake")
    served = worlds.environment(is_served=True)

    assert worlds.folder() == checkout / "var" / "stripe"
    assert served["PAYMENT_GATEWAY"] == "stripe"
    assert worlds.environment(is_served=False)["STRIPE_API_URL"] == served["STRIPE_API_URL"]


@pytest.mark.processes
def test_an_unknown_world_stops_a_command_and_names_itself() -> None:
    """Whoever asks for another Stripe learns which one there is, before anything is started."""
    command = [sys.executable, "manage.py", "check_books"]
    environment = {**os.environ, "STRIPE": "real"}
    ended = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode != 0
    assert "STRIPE: 'real'" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
def stripe_url(
    checkout: Path, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Iterator[str]:
    """Serve the Stripe of that world beside the web server of the test, and return its address."""
    monkeypatch.setenv("STRIPE", "fake")
    added = worlds.environment(is_served=True) | {"PORT": str(urlsplit(live_server.url).port)}
    settings.PAYMENT_GATEWAY, settings.STRIPE_LIVE = added["PAYMENT_GATEWAY"], False
    settings.STRIPE_KEY, settings.STRIPE_API_URL = added["STRIPE_KEY"], added["STRIPE_API_URL"]
    settings.STRIPE_WEBHOOK_SECRETS = added["STRIPE_WEBHOOK_SECRETS"].split(",")
    with subprocess.Popen(worlds.stripe_command(added), cwd=CHECKOUT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert added["STRIPE_API_URL"].encode() in process.stdout.readline()
        yield added["STRIPE_API_URL"]
        process.send_signal(signal.SIGTERM)
    assert (checkout / "var" / "stripe" / "var" / "stripe.json").exists()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_the_demo_world_lives_by_that_stripe(stripe_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fans pay there, and all that it tells, of each kind, is signed as the web server wants it."""
    monkeypatch.setattr(demo, "FANS", 2)
    demo.load(now=moment(), say=lambda _step: None)
    leaving = {"account": PayoutAccount.objects.latest("pk").account}
    requests.post(f"{stripe_url}/_fake/deauthorise", json=leaving, timeout=5).raise_for_status()
    deliveries = _delivered(stripe_url)

    assert {each["status"] for each in deliveries} == {"delivered"}
    assert {each["secret"] for each in deliveries} == {"whsec_own", "whsec_creators", "whsec_thin"}
    assert StripeEvent.objects.filter(kind="payment_intent.succeeded").count() == 3
    assert books.check_books() == []
    assert_books_are_stripes()


def _delivered(stripe_url: str) -> list[dict[str, Any]]:
    """Return all deliveries once none is on its way, or after a while as they are."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    found: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        found = requests.get(f"{stripe_url}/_fake/deliveries", timeout=5).json()
        if found and all(each["status"] == "delivered" for each in found):
            break
        time.sleep(0.1)
    return found
