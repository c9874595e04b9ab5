"""What each kind of event leads to: what it names is looked at, and what is nothing of ours waits for staff."""

import uuid
from datetime import datetime, timedelta
from typing import Any, NoReturn

import pytest
import time_machine

from flattr.development.services import CHECKOUT
from payouts.gateway import stripe_events
from payouts.gateway.sandbox.models import SandboxPayment
from payouts.models import Deposit, PaymentMethod, Payout, PayoutAccount, Refund, StripeEvent
from payouts.operations import accounts, disputes, events, fraud, methods, payouts
from payouts.queries import balances, books
from tests import given, told

pytestmark = pytest.mark.django_db

State = StripeEvent.State
Looked = list[tuple[str, dict[str, Any]]]
WANTED = (*stripe_events.OWN_KINDS, *stripe_events.CONNECTED_KINDS, *stripe_events.THIN_KINDS)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Looked:
    """Return what was looked at, by operations that do nothing else."""
    seen: Looked = []

    def watch(name: str) -> Any:
        return lambda **asked: seen.append((name, asked))

    monkeypatch.setattr(payouts, "advance_payout", watch("payout"))
    monkeypatch.setattr(disputes, "look_at_dispute", watch("dispute"))
    monkeypatch.setattr(fraud, "heed_warning", watch("warning"))
    monkeypatch.setattr(accounts, "look_at_account", watch("account"))
    return seen


@pytest.mark.parametrize(
    ("kind", "names", "wanted"),
    [
        ("transfer.created", {"movement_id": "payout"}, ("payout", "payout_id")),
        ("transfer.reversed", {"movement_id": "payout"}, ("payout", "payout_id")),
        ("charge.dispute.created", {"subject": "dp_1"}, ("dispute", "reference")),
        ("charge.dispute.funds_withdrawn", {"subject": "dp_1"}, ("dispute", "reference")),
        ("radar.early_fraud_warning.created", {"subject": "issfr_1"}, ("warning", "reference")),
        ("v2.core.account[requirements].updated", {"subject": "acct_1"}, ("account", "account")),
        ("v2.core.account.closed", {"subject": "acct_1", "account": "acct_0"}, ("account", "account")),
        ("account.updated", {"subject": "acct_1", "account": "acct_1"}, ("account", "account")),
        ("account.application.deauthorized", {"subject": "ca_1", "account": "acct_1"}, ("account", "account")),
        ("payout.failed", {"subject": "po_1", "account": "acct_1"}, ("account", "account")),
    ],
)
def test_each_kind_leads_to_what_it_is_about(
    kind: str, names: dict[str, str], wanted: tuple[str, str], looked: Looked, mid_october: datetime
) -> None:
    """A payout, a dispute, a warning or an account is looked at, and nothing else."""
    creator = given.user()
    payout = Payout.objects.create(creator=creator, amount_cents=1000, requested_at=mid_october)
    PayoutAccount.objects.create(creator=creator, account="acct_1", country="AT")
    asked = {**names, **({"movement_id": str(payout.pk)} if "movement_id" in names else {})}
    event = told.handled(told.came(kind, now=mid_october, **asked), now=mid_october)
    thing, field = wanted
    expected: Any = {"payout": payout.pk, "account": "acct_1"}.get(thing, names.get("subject"))

    assert event.state == State.HANDLED
    assert looked == [(thing, {field: expected, "now": mid_october})]


@pytest.mark.parametrize(
    "kind",
    [
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.refunded",
        "refund.created",
        "transfer.created",
        "payout.failed",
        "account.updated",
        "payment_method.detached",
        "setup_intent.succeeded",
    ],
)
@pytest.mark.parametrize("names", [{}, {"movement_id": str(uuid.uuid4()), "customer": "cus_x", "account": "acct_x"}])
def test_what_names_nothing_of_ours_waits(
    kind: str, names: dict[str, str], looked: Looked, mid_october: datetime
) -> None:
    """Whether it names nothing or somebody else's things: staff should know, and nothing is looked at."""
    event = told.handled(told.came(kind, now=mid_october, **names), now=mid_october)

    assert (event.state, event.error[:8], looked) == (State.WAITING, "NotOurs:", [])


def test_an_event_about_a_refund_brings_it_to_its_end(
    paid: Deposit, mid_october: datetime, clock: time_machine.Traveller
) -> None:
    """Whether it tells of the refund or of the deposit that it comes from."""
    told.handled(told.about(paid), now=mid_october)
    first = given.refund(paid.fan, amount_cents=100, now=mid_october)
    told_of = {"refund.created": first.pk, "charge.refunded": paid.pk}
    for kind, movement_id in told_of.items():
        event = told.came(kind, now=mid_october, movement_id=str(movement_id))
        assert told.handled(event, now=mid_october).state == State.HANDLED
        clock.shift(timedelta(seconds=3))
    first.refresh_from_db()

    assert first.state == Refund.State.SENT
    assert balances.fan_balance_micros(fan=paid.fan) == 4_000_000
    assert books.check_books() == []


@pytest.mark.parametrize("kind", ["payment_method.attached", "setup_intent.succeeded", "checkout.session.completed"])
def test_an_event_about_a_card_looks_at_what_the_fan_has_saved(
    kind: str, paid: Deposit, mid_october: datetime
) -> None:
    """By the provider's name of the fan."""
    customer = methods.payer_of(fan=paid.fan).customer
    event = told.handled(told.came(kind, now=mid_october, customer=customer), now=mid_october)

    assert event.state == State.HANDLED
    assert PaymentMethod.objects.get(fan=paid.fan).label == "Sandbox •••• 4242"


def test_a_warning_of_fraud_pays_back_at_once(
    paid: Deposit, looked: Looked, mid_october: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was reserved because of it is sent by the same worker."""
    told.handled(told.about(paid), now=mid_october)
    refund = given.refund(paid.fan, amount_cents=500, now=mid_october)
    monkeypatch.setattr(fraud, "heed_warning", lambda **_: refund)
    event = told.came("radar.early_fraud_warning.created", now=mid_october, subject="issfr_1")

    assert told.handled(event, now=mid_october).state == State.HANDLED
    assert SandboxPayment.objects.filter(pk=refund.pk).exists()
    assert looked == []


def test_a_dispute_about_nothing_of_ours_waits(mid_october: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may come before the payment that it is about."""

    def unknown(**_: object) -> NoReturn:
        msg = "payment: no deposit has come by pi_1"
        raise disputes.NotOurDeposit(msg)

    monkeypatch.setattr(disputes, "look_at_dispute", unknown)
    event = told.handled(told.came("charge.dispute.created", now=mid_october, subject="dp_1"), now=mid_october)

    assert (event.state, event.error) == (State.WAITING, "NotOurDeposit: payment: no deposit has come by pi_1")


@pytest.mark.parametrize(
    "kind", ["invoice.paid", "v1.payment_intent.succeeded", "v2.core.account_link.returned", "x"]
)
def test_case_10_an_unknown_kind_is_ignored(kind: str, mid_october: datetime) -> None:
    """It is kept, and tells of nothing that we look at."""
    event = told.handled(told.came(kind, now=mid_october), now=mid_october)

    assert (event.state, event.handled_at, event.error) == (State.IGNORED, mid_october, "")


def test_somebody_looks_at_every_kind_that_we_want() -> None:
    """None of those that Stripe is asked to send is ignored."""
    assert [kind for kind in WANTED if not any(kind.startswith(beginning) for beginning in events.HANDLERS)] == []


def test_the_operator_reads_of_every_kind_that_we_want() -> None:
    """What is to be chosen at Stripe stands in the guide, kind by kind."""
    guide = (CHECKOUT / "docs" / "operating.md").read_text()

    assert [kind for kind in WANTED if f"`{kind}`" not in guide] == []
