"""What happens to a charge afterwards: refunds, disputes and warnings."""

from typing import Any

import pytest
import stripe

from tests.fakestripe.errors import Refused
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import charge, debit


def _moves(api: stripe.StripeClient, **asked: Any) -> list[tuple[str, int, int, int]]:
    filters: Any = {"limit": 100, **asked}
    return [(one.type, one.amount, one.fee, one.net) for one in api.v1.balance_transactions.list(filters)]


def _charge_of(api: stripe.StripeClient, intent: stripe.PaymentIntent) -> stripe.Charge:
    assert isinstance(intent.latest_charge, str)
    return api.v1.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})


def test_a_charge_is_refunded_in_parts(api: stripe.StripeClient) -> None:
    """Refunds take from the balance what they give back and no fee returns; more than is left is refused."""
    intent = charge(api)
    first: Any = api.v1.refunds.create({"payment_intent": intent.id, "amount": 200, "metadata": {"refund": "9"}})
    assert (first.status, first.amount, first.metadata["refund"]) == ("succeeded", 200, "9")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        api.v1.refunds.create({"payment_intent": intent.id, "amount": 401})
    second = api.v1.refunds.create({"charge": _charge_of(api, intent).id, "reason": "requested_by_customer"})

    refunded = _charge_of(api, intent)
    assert (second.amount, refunded.amount_refunded, refunded.refunded) == (400, 600, True)
    assert refunded.refunds is not None
    assert [one.id for one in refunded.refunds.data] == [second.id, first.id]
    assert [one.id for one in api.v1.refunds.list({"payment_intent": intent.id})] == [second.id, first.id]
    assert _moves(api, type="refund") == [("refund", -400, 0, -400), ("refund", -200, 0, -200)]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_cannot_be_refunded(api: stripe.StripeClient, amount: int) -> None:
    """A refund is of one cent at least."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create({"payment_intent": charge(api).id, "amount": amount})

    assert refused.value.param == "amount"


def test_what_is_not_paid_cannot_be_refunded(api: stripe.StripeClient) -> None:
    """A debit that isn't decided, an unknown intent or none at all is refused."""
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        api.v1.refunds.create({"payment_intent": debit(api).id})
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        api.v1.refunds.create({"payment_intent": "pi_nobody"})
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param"):
        api.v1.refunds.create({})


def test_a_refund_may_be_pending(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """Only a pending refund has a `pending_reason`, and only a failed one a `failure_reason`."""
    fake.order_refund("pending")
    refund = api.v1.refunds.create({"payment_intent": charge(api).id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")

    fake.settle_refund(refund.id)

    done = api.v1.refunds.retrieve(refund.id)
    assert done.status == "succeeded"
    assert "pending_reason" not in done
    assert "failure_reason" not in done
    with pytest.raises(Refused, match="not pending"):
        fake.settle_refund(refund.id)


def test_a_refund_may_fail(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A failed refund brings its money back, and the charge can be refunded again."""
    intent = charge(api)
    refund = api.v1.refunds.create({"payment_intent": intent.id})
    fake.fail_refund(refund.id, reason="lost_or_stolen_card")

    failed = api.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert failed.failure_balance_transaction.net == 600
    assert _charge_of(api, intent).amount_refunded == 0
    kinds = {event.type for event in api.v1.events.list({"limit": 3})}
    assert kinds == {"refund.failed", "refund.updated", "charge.refund.updated"}
    fake.order_refund("failed")
    assert api.v1.refunds.create({"payment_intent": intent.id}).status == "failed"
    assert api.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"


@pytest.mark.parametrize(
    ("won", "fee_returned", "left"), [(True, True, 566), (True, False, -1434), (False, True, -2034)]
)
def test_a_dispute_takes_the_amount_and_a_fee(
    api: stripe.StripeClient, fake: FakeStripe, *, won: bool, fee_returned: bool, left: int
) -> None:
    """A dispute takes amount and fee; a won one brings the amount back, and the fee or not; a lost one nothing."""
    intent = charge(api)
    dispute = api.v1.disputes.retrieve(fake.dispute(intent.id, reason="product_not_received")["id"])
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "product_not_received", 600)
    assert (dispute.payment_intent, _charge_of(api, intent).disputed) == (intent.id, True)
    assert [one.net for one in dispute.balance_transactions] == [-2600]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"

    fake.decide_dispute(dispute.id, won=won, fee_returned=fee_returned)

    assert api.v1.disputes.retrieve(dispute.id).status == ("won" if won else "lost")
    assert sum(net for *_, net in _moves(api)) == left
    kinds = [event.type for event in api.v1.events.list({"type": "charge.dispute.*"})][::-1]
    reinstated = ["charge.dispute.funds_reinstated"] if won else []
    taken = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert kinds == [*taken, *reinstated, "charge.dispute.closed"]
    with pytest.raises(Refused, match="closed already"):
        fake.decide_dispute(dispute.id, won=won)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "late"}})


def test_an_inquiry_takes_nothing_until_it_escalates(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """An inquiry moves no money and the charge can be refunded; escalated, it is a dispute."""
    closing, escalating = charge(api), charge(api)
    harmless, serious = fake.dispute(closing.id, inquiry=True), fake.dispute(escalating.id, inquiry=True)
    assert harmless["status"] == "warning_needs_response"
    assert _moves(api, type="adjustment") == []
    assert api.v1.refunds.create({"payment_intent": closing.id}).status == "succeeded"

    fake.decide_dispute(harmless["id"], won=True)
    fake.escalate(serious["id"])

    assert api.v1.disputes.retrieve(harmless["id"]).status == "warning_closed"
    assert api.v1.disputes.retrieve(serious["id"]).status == "needs_response"
    assert _moves(api, type="adjustment") == [("adjustment", -600, 2000, -2600)]


@pytest.mark.parametrize(
    ("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost"), ("x", "under_review")]
)
def test_evidence_is_submitted(api: stripe.StripeClient, fake: FakeStripe, text: str, status: str) -> None:
    """Evidence puts a dispute under review; Stripe's words for tests decide it."""
    dispute = fake.dispute(charge(api).id)
    answer = api.v1.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": text}, "submit": True})

    assert (answer.status, answer.evidence.uncategorized_text) == (status, text)
    assert answer.evidence_details.submission_count == 1


def test_a_dispute_can_be_given_up(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """Closing a dispute loses it; lists find it by its charge and by its intent."""
    intent = charge(api)
    dispute = fake.dispute(intent.id)["id"]

    assert api.v1.disputes.close(dispute).status == "lost"
    for asked in ({"payment_intent": intent.id}, {"charge": intent.latest_charge}):
        found: Any = asked
        assert [one.id for one in api.v1.disputes.list(found)] == [dispute]
    with pytest.raises(Refused, match="can't be disputed"):
        fake.dispute(intent.id)


def test_test_cards_bring_their_trouble(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """The cards and accounts that are made for it are disputed, inquired about or warned of by themselves."""
    disputed, inquired = charge(api, "pm_card_createDispute"), charge(api, "pm_card_createDisputeInquiry")
    warned, late = charge(api, "pm_card_createIssuerFraudRecord"), debit(api, "DE35370400440532013002")
    fake.advance(days=5)

    found = {dispute.payment_intent: dispute.status for dispute in api.v1.disputes.list()}
    assert found == {
        disputed.id: "needs_response",
        inquired.id: "warning_needs_response",
        late.id: "needs_response",
    }
    warning = api.v1.radar.early_fraud_warnings.list({"payment_intent": warned.id}).data[0]
    assert (warning.charge, warning.actionable) == (warned.latest_charge, True)
    assert api.v1.radar.early_fraud_warnings.retrieve(warning.id).id == warning.id


def test_anybody_can_be_warned_of(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A warning can be made for any charge; there is nothing to do about one that is refunded."""
    intent = charge(api)
    api.v1.refunds.create({"payment_intent": intent.id})

    assert fake.warn_of_fraud(intent.id)["actionable"] is False
