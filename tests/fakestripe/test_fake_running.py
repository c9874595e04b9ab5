"""A fake that runs by itself: its file, its knobs over HTTP, its page."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from justhtml import JustHTML

from flattr.development.services import CHECKOUT
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import Receiver, charge, client_of, creator, session


def _turn(fake: FakeStripe, knob: str, **arguments: Any) -> requests.Response:
    return requests.post(f"{fake.url}/_fake/{knob}", json=arguments, timeout=5)


def test_a_world_outlives_its_server(tmp_path: Path, receiver: Receiver) -> None:
    """A fake that starts from a file goes on where the last one ended: objects, keys, clock and deliveries."""
    state = tmp_path / "stripe.json"
    key: Any = {"idempotency_key": "k"}
    with FakeStripe.started(state=state) as first:
        first.webhooks.add_endpoint(url=receiver.url, secret="whsec_x", events="customer.created")
        first.webhooks.set(hold=True)
        first.advance(days=10)
        api = client_of(first)
        customer = api.v1.customers.create({"name": "Fan"}, key)
        paid = charge(api)
    with FakeStripe.started(state=state) as second:
        api = client_of(second)
        assert api.v1.customers.create({"name": "Fan"}, key).id == customer.id
        assert api.v1.payment_intents.retrieve(paid.id).status == "succeeded"
        assert api.v1.customers.create({"name": "New"}).created >= customer.created
        assert receiver.received == []
        second.webhooks.release()
        second.webhooks.drain()
        second.advance(days=3)
        assert api.v1.balance.retrieve().available[0].amount == 566
        second.reset()
        assert api.v1.customers.list().data == []
    assert [event["data"]["object"]["name"] for event in receiver.events] == ["Fan", None, "New"]


def test_knobs_turn_over_http(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """What Python can make happen, another process can: by name, with JSON, and answered by the object."""
    intent = charge(api)
    dispute = _turn(fake, "dispute", charge=intent.id, reason="duplicate")
    assert (dispute.status_code, dispute.json()["reason"]) == (200, "duplicate")
    _turn(fake, "decide_dispute", dispute=dispute.json()["id"], won=True)
    assert api.v1.disputes.retrieve(dispute.json()["id"]).status == "won"
    _turn(fake, "advance", days=3)
    assert api.v1.balance.retrieve().pending[0].amount == 0
    _turn(fake, "add_fault", kind="429", path="/v1/refunds")
    with pytest.raises(stripe.RateLimitError):
        api.v1.refunds.create({"payment_intent": intent.id})
    _turn(fake, "add_endpoint", url="http://127.0.0.1:1/", secret="whsec_x", kind="platform")
    _turn(fake, "set_webhooks", hold=True)
    api.v1.customers.create({"name": "Fan"})
    deliveries = requests.get(f"{fake.url}/_fake/deliveries", timeout=5).json()
    assert [delivery["status"] for delivery in deliveries] == ["held"]


@pytest.mark.parametrize(
    ("knob", "arguments", "status", "words"),
    [
        ("explode", {}, 404, "There is no knob explode"),
        ("dispute", {}, 400, "charge"),
        ("dispute", {"charge": "ch_nobody"}, 404, "No such charge"),
        ("dispute", {"charge": "ch_1", "colour": "red"}, 400, "colour"),
        ("advance", {"days": "many"}, 400, "days must be"),
        ("add_fault", {"kind": "fire"}, 400, "kind must be one of"),
        ("set_webhooks", {"colour": "red"}, 400, "There is no knob colour"),
    ],
)
def test_wrong_knobs_are_named(
    fake: FakeStripe, knob: str, arguments: dict[str, Any], status: int, words: str
) -> None:
    """An unknown knob, a missing, unknown or mistyped argument is refused in words."""
    answer = _turn(fake, knob, **arguments)

    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]
    assert requests.post(f"{fake.url}/_fake/advance", "[", timeout=5).status_code == 400


def test_the_page_shows_and_does(api: stripe.StripeClient, fake: FakeStripe, receiver: Receiver) -> None:
    """The page shows balances, objects and deliveries, and each of its buttons does what it says or says why not."""
    fake.webhooks.add_endpoint(url=receiver.url, secret="whsec_x")
    account = creator(api)
    fake.onboard(account)
    fake.top_up(20_000)
    intent = charge(api)
    api.v1.transfers.create({"amount": 500, "currency": "eur", "destination": account})
    fake.pay_out(account, amount=100)
    api.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    fake.dispute(charge(api).id)
    session(api)
    fake.webhooks.drain()
    page = requests.get(f"{fake.url}/_fake/", timeout=5).text
    JustHTML(page, strict=True)
    for words in ("168.00 EUR", account, intent.id, "transfer.created", "delivered", "-"):
        assert words in page

    forms = re.findall(r'<form method="post" action="(/_fake/\w+)">(.*?)</form>', page)
    assert len(forms) > 20
    for action, inside in forms:
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', inside))
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = requests.post(f"{fake.url}{action}", fields, headers=form, timeout=5, allow_redirects=False)
        assert answer.status_code in (303, 400, 404), answer.text
        if answer.status_code != 303:
            JustHTML(answer.text, strict=True)
            assert "doesn" in answer.text or "already" in answer.text


@contextmanager
def _running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the fake as a program; yield it and its address, and end it as Ctrl-C does."""
    command = [sys.executable, "-m", "tests.fakestripe", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, re.findall(r"at (\S+?),", process.stdout.readline())[0]
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0


@pytest.mark.processes
def test_it_runs_as_a_program(tmp_path: Path, receiver: Receiver) -> None:
    """Started by hand, it serves, tells webhooks, and after a restart goes on from its file."""
    arguments = [
        "--key",
        "sk_test_mine",
        "--webhook",
        f"{receiver.url}=whsec_mine",
        "--webhook",
        f"thin:{receiver.url}=whsec_thin",
        "--state",
        str(tmp_path / "stripe.json"),
    ]
    with _running(*arguments) as (_, url):
        api = stripe.StripeClient("sk_test_mine", base_addresses={"api": url})
        customer = api.v1.customers.create({"name": "Fan"}).id
        account = creator(api)
        deadline = time.monotonic() + 10
        while len(receiver.received) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert stripe.Webhook.construct_event(*receiver.received[0], "whsec_mine").type == "customer.created"
    with _running(*arguments) as (_, url):
        api = stripe.StripeClient("sk_test_mine", base_addresses={"api": url})
        assert api.v1.customers.retrieve(customer).name == "Fan"
        assert api.v2.core.accounts.retrieve(account).id == account


@pytest.mark.processes
@pytest.mark.parametrize("wrong", [["--webhook", "nonsense"], ["--key", "sk_live_real"]])
def test_a_wrong_start_says_so(wrong: list[str]) -> None:
    """A wrong argument ends it with words, not with a server that does something else."""
    command = [sys.executable, "-m", "tests.fakestripe", "--port", "0", *wrong]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode != 0
    assert "URL=SECRET" in ended.stderr or "key must begin" in ended.stderr
