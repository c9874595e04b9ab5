"""Customers, what they pay by, payment intents and charges."""

from typing import Any

import pytest
import stripe

from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import charge, debit, fan


def _expanded(api: stripe.StripeClient, name: str) -> Any:
    return api.v1.payment_intents.retrieve(name, {"expand": ["latest_charge.balance_transaction", "payment_method"]})


def test_a_saved_card_is_charged(api: stripe.StripeClient) -> None:
    """A charge without its owner succeeds at once; the fee is 1.5 % and 25 cents, and metadata goes along."""
    customer, method = fan(api)
    intent = charge(api, method, customer=customer, metadata={"deposit": "7"}, transfer_group="g")
    found = _expanded(api, intent.id)

    assert (intent.status, intent.amount_received, found.payment_method.customer) == ("succeeded", 600, customer)
    assert found.latest_charge.metadata.to_dict() == {"deposit": "7"}
    assert found.latest_charge.transfer_group == "g"
    moved = found.latest_charge.balance_transaction
    assert (moved.amount, moved.fee, moved.net, moved.type, moved.status) == (600, 34, 566, "charge", "pending")
    assert sum(detail.amount for detail in moved.fee_details) == moved.fee
    assert [one.id for one in api.v1.charges.list({"payment_intent": intent.id})] == [found.latest_charge.id]


@pytest.mark.parametrize(("amount", "fee"), [(50, 26), (200, 28), (233, 28), (234, 29), (6000, 115)])
def test_fees_are_rounded_half_up(api: stripe.StripeClient, amount: int, fee: int) -> None:
    """1.5 % of 234 cents are 3.51 cents, hence 4 and 25; of 233 cents 3.495, hence 3."""
    assert _expanded(api, charge(api, amount=amount).id).latest_charge.balance_transaction.fee == fee


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
        ("pm_card_authenticationRequiredOnSetup", "authentication_required", "authentication_required"),
    ],
)
def test_a_declined_card_says_why(
    either: stripe.StripeClient, card: str, code: str, decline_code: str | None
) -> None:
    """The error carries code, decline code, the failed charge and the intent, which waits for another card."""
    with pytest.raises(stripe.CardError) as declined:
        charge(either, card)

    error: Any = declined.value.error
    assert (declined.value.code, getattr(error, "decline_code", None)) == (code, decline_code)
    assert error.payment_intent.status == "requires_payment_method"
    intent = _expanded(either, error.payment_intent.id)
    assert intent.last_payment_error.code == code
    assert (intent.latest_charge.id, intent.latest_charge.status) == (error.charge, "failed")
    assert intent.latest_charge.balance_transaction is None


def test_a_decline_is_told(api: stripe.StripeClient) -> None:
    """The failed charge is told of before the intent, once each."""
    with pytest.raises(stripe.CardError):
        charge(api, "pm_card_chargeDeclined")

    kinds = [
        event.type for event in api.v1.events.list({"types": ["charge.failed", "payment_intent.payment_failed"]})
    ]
    assert kinds == ["payment_intent.payment_failed", "charge.failed"]


def test_a_declined_intent_can_be_paid_by_another_card(either: stripe.StripeClient) -> None:
    """After a decline the same intent takes another card, once."""
    with pytest.raises(stripe.CardError) as declined:
        charge(either, "pm_card_chargeDeclined")
    intent: Any = declined.value.error.payment_intent  # type: ignore[union-attr]  # It is there.
    asked: Any = {"payment_method": "pm_card_visa", "return_url": "https://flattr.example/"}

    paid = either.v1.payment_intents.confirm(intent.id, asked)

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        either.v1.payment_intents.confirm(intent.id, asked)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error.payment_intent.status == "succeeded"  # type: ignore[union-attr]  # It is there.


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_card_may_ask_its_owner(api: stripe.StripeClient, fake: FakeStripe, *, confirmed: bool) -> None:
    """With its owner there, such a card asks them, and what they answer decides."""
    intent = charge(api, "pm_card_authenticationRequired", off_session=False)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert (intent.next_action.redirect_to_url.url or "").startswith(fake.url)

    fake.confirm_payment(intent.id, confirmed=confirmed)

    after = api.v1.payment_intents.retrieve(intent.id)
    assert after.status == ("succeeded" if confirmed else "requires_payment_method")
    if not confirmed:
        assert after.last_payment_error is not None
        assert after.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_card_set_up_once_does_not_ask_again(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A card that only asks while it isn't set up is charged without its owner later."""
    intent = charge(api, "pm_card_authenticationRequiredOnSetup", off_session=False, setup_future_usage="off_session")
    fake.confirm_payment(intent.id)
    paid = api.v1.payment_intents.retrieve(intent.id)
    assert isinstance(paid.customer, str)
    assert isinstance(paid.payment_method, str)

    assert charge(api, paid.payment_method, customer=paid.customer).status == "succeeded"


def test_cancelling_closes_an_intent(either: stripe.StripeClient) -> None:
    """A cancelled intent can't be paid any more, and a paid one can't be cancelled."""
    intent = either.v1.payment_intents.create({"amount": 600, "currency": "eur", "payment_method": "pm_card_visa"})
    assert intent.status == "requires_confirmation"
    gone = either.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    for again in (either.v1.payment_intents.cancel, either.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            again(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        either.v1.payment_intents.cancel(charge(either).id)


def test_a_confirmation_needs_a_method_and_a_way_back(api: stripe.StripeClient) -> None:
    """Without a payment method, or without a return address where a method might redirect, nothing is tried."""
    asked: Any = {"amount": 600, "currency": "eur", "confirm": True}
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        api.v1.payment_intents.create(asked)
    asked["payment_method"] = "pm_card_visa"
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        api.v1.payment_intents.create(asked)
    assert api.v1.payment_intents.list().data == []
    never: Any = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    for way in (never, {"allowed_payment_method_types": ["card"]}):
        given: Any = {**asked, **way}
        assert api.v1.payment_intents.create(given).status == "succeeded"


def test_methods_belong_to_customers(api: stripe.StripeClient) -> None:
    """A saved card is listed, pays for its customer only, and after it was detached for nobody."""
    customer, method = fan(api)
    assert [one.id for one in api.v1.customers.payment_methods.list(customer)] == [method]
    assert api.v1.customers.payment_methods.retrieve(customer, method).customer == customer
    assert api.v1.payment_methods.list({"customer": customer, "type": "sepa_debit"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="does not belong"):
        charge(api, method)

    api.v1.payment_methods.detach(method)

    assert api.v1.customers.payment_methods.list(customer).data == []
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        charge(api, method, customer=customer)
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        api.v1.payment_methods.detach(method)


def test_a_method_has_the_hash_of_its_kind_only(api: stripe.StripeClient) -> None:
    """A card has no `sepa_debit`, as Stripe leaves it out: whoever asks for it without looking fails."""
    method = api.v1.payment_methods.retrieve(fan(api)[1])

    assert (method.type, method.card.last4 if method.card else None) == ("card", "4242")
    assert "sepa_debit" not in method
    with pytest.raises(AttributeError):
        _ = method.sepa_debit


def test_a_declined_card_is_not_saved(api: stripe.StripeClient) -> None:
    """Saving a card asks its bank, so that a bad one is refused; one kind is saved and declines later."""
    with pytest.raises(stripe.CardError):
        fan(api, "pm_card_chargeDeclined")
    customer, method = fan(api, "pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        charge(api, method, customer=customer)


def test_customers_are_kept_changed_and_deleted(api: stripe.StripeClient) -> None:
    """A customer can be found by their address and changed; deleting leaves a stub and takes their cards away."""
    customer, method = fan(api)
    api.v1.customers.update(customer, {"email": "new@example.com", "metadata": {"a": "1", "b": "2"}})
    changed: Any = api.v1.customers.update(customer, {"metadata": {"a": ""}, "name": "Fan"})

    assert changed.metadata.to_dict() == {"b": "2"}
    assert [one.id for one in api.v1.customers.list({"email": "new@example.com"})] == [customer]
    assert api.v1.customers.list({"email": "fan@example.com"}).data == []

    assert api.v1.customers.delete(customer).deleted is True

    assert api.v1.customers.retrieve(customer).deleted is True
    assert api.v1.customers.list().data == []
    assert api.v1.payment_methods.retrieve(method).customer is None
    for call in (lambda: api.v1.customers.update(customer, {"name": "x"}), lambda: charge(api, customer=customer)):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call()
        assert refused.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError, match="Invalid email"):
        api.v1.customers.create({"email": "nonsense"})


def test_a_debit_is_decided_days_later(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A direct debit is processing for five days, then succeeds for 35 cents; its money is there after seven."""
    intent = debit(api)
    assert intent.status == "processing"
    assert _expanded(api, intent.id).latest_charge.status == "pending"
    with pytest.raises(stripe.InvalidRequestError, match="status of processing"):
        api.v1.payment_intents.cancel(intent.id)

    fake.advance(days=5)

    found = _expanded(api, intent.id)
    moved = found.latest_charge.balance_transaction
    assert (found.status, moved.fee, moved.type, moved.status) == ("succeeded", 35, "payment", "pending")
    fake.advance(days=2)
    assert api.v1.balance_transactions.retrieve(moved.id).status == "available"


def test_a_debit_may_fail_days_later(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """The failing account fails after five days, and any debit when it is told to, with the code that is told."""
    failing, other = debit(api, "DE62370400440532013001"), debit(api)
    fake.decide_debit(other.id, code="insufficient_funds")
    fake.advance(days=5)

    for intent, code in ((failing, "debit_not_authorized"), (other, "insufficient_funds")):
        found = _expanded(api, intent.id)
        assert (found.status, found.last_payment_error.code) == ("requires_payment_method", code)
        assert (found.latest_charge.status, found.latest_charge.failure_code) == ("failed", code)
    assert api.v1.balance_transactions.list().data == []


@pytest.mark.parametrize("iban", ["DE00370400440532013000", "4242424242424242", "DE89"])
def test_a_wrong_iban_is_refused(api: stripe.StripeClient, iban: str) -> None:
    """An IBAN with wrong check digits, or none at all, makes no payment method."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        debit(api, iban)

    assert refused.value.param == "sepa_debit[iban]"
