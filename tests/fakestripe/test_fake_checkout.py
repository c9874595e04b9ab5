"""Checkout: what is asked for, the page that a fan sees, and what comes of it."""

import re
from typing import Any

import pytest
import requests
import stripe
from justhtml import JustHTML

from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import session
from tests.fakestripe.methods import CARDS

SAVED: Any = {"setup_future_usage": "off_session", "metadata": {"deposit": "7"}, "transfer_group": "g"}


def _found(api: stripe.StripeClient, name: str) -> Any:
    return api.v1.checkout.sessions.retrieve(name, {"expand": ["payment_intent.latest_charge", "line_items"]})


def _send(url: str, **fields: str) -> requests.Response:
    return requests.post(url, fields, timeout=5, allow_redirects=False)


def _page(url: str) -> str:
    answer = requests.get(url, timeout=5)
    JustHTML(answer.text, strict=True)
    assert '<html lang="en">' in answer.text
    assert "width=device-width" in answer.text
    assert "color-scheme: light dark" in answer.text
    assert "<script" not in answer.text
    return answer.text


def test_a_page_is_paid(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """Paying completes the session, saves the card for the customer and hands everything on to intent and charge."""
    customer = api.v1.customers.create({"email": "fan@example.com"}).id
    opened = session(api, customer=customer, client_reference_id="7", payment_intent_data=SAVED)
    assert (opened.status, opened.payment_status, opened.payment_intent) == ("open", "unpaid", None)

    fake.pay(opened.id)

    found = _found(api, opened.id)
    assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
    assert found.client_reference_id == "7"
    assert found.line_items.data[0].amount_total == 1200
    intent = found.payment_intent
    assert (intent.status, intent.transfer_group, intent.metadata["deposit"]) == ("succeeded", "g", "7")
    assert intent.latest_charge.amount == 1200
    saved = api.v1.customers.payment_methods.list(customer).data
    assert [method.id for method in saved] == [intent.payment_method]
    assert [one.id for one in api.v1.checkout.sessions.list({"payment_intent": intent.id})] == [opened.id]
    kinds = [event.type for event in api.v1.events.list({"type": "checkout.session.*"})]
    assert kinds == ["checkout.session.completed"]


def test_a_fan_without_a_customer_becomes_one_when_the_card_is_saved(
    api: stripe.StripeClient, fake: FakeStripe
) -> None:
    """A card can only be saved for a customer, so Checkout makes one; for a single payment it makes none."""
    saving, single = session(api, payment_intent_data=SAVED), session(api)
    fake.pay(saving.id, email="new@example.com")
    fake.pay(single.id)

    customer = _found(api, saving.id).customer
    assert api.v1.customers.retrieve(customer).email == "new@example.com"
    assert _found(api, single.id).customer is None


def test_a_browser_pays(api: stripe.StripeClient) -> None:
    """The page shows what is paid, takes a card's number, and leads to where the product wants its fan back."""
    opened = session(api, customer_email="fan@example.com")
    html = _page(opened.url or "")
    assert "A month" in html
    assert "12.00 EUR" in html
    assert 'value="fan@example.com"' in html
    assert 'href="https://flattr.example/not-paid"' in html
    for field in re.findall(r'<(?:input|select) id="(\w+)"', html):
        assert f'<label for="{field}">' in html

    answer = _send(opened.url or "", number="4242 4242 4242 4242", email="fan@example.com", name="Fan")

    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"https://flattr.example/paid?session={opened.id}",
    )
    assert _found(api, opened.id).customer_details.email == "fan@example.com"
    assert "has been paid" in _page(opened.url or "")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (CARDS["chargeDeclined"].number, "Your card was declined."),
        (CARDS["chargeDeclinedInsufficientFunds"].number, "insufficient funds"),
        ("4242 4242 4242 4241", "card number is invalid"),
        ("DE00370400440532013000", "IBAN you provided is invalid"),
    ],
)
def test_a_browser_is_told_of_a_refusal(api: stripe.StripeClient, number: str, words: str) -> None:
    """A declined card leaves the session open and the page says why; another card pays it once."""
    opened = session(api)
    answer = _send(opened.url or "", number=number, test=CARDS["visa"].number)
    assert answer.status_code == 402
    JustHTML(answer.text, strict=True)
    assert re.search(rf'role="alert">[^<]*{words}', answer.text)
    assert _found(api, opened.id).status == "open"

    assert _send(opened.url or "", number="", test=CARDS["visa"].number).status_code == 303

    assert _found(api, opened.id).payment_status == "paid"
    assert len(api.v1.payment_intents.list().data) == 1


@pytest.mark.parametrize("button", ["confirm", "refuse"])
def test_a_browser_confirms(api: stripe.StripeClient, button: str) -> None:
    """A card that asks its owner leads to a page of the bank, and from there to success or back with an error."""
    opened = session(api)
    url = opened.url or ""
    bank = _send(url, number=CARDS["authenticationRequired"].number).headers["Location"]
    assert "12.00 EUR" in _page(bank)

    back = _send(bank, **{button: ""}).headers["Location"]
    answer = requests.get(back, timeout=5, allow_redirects=False)

    if button == "confirm":
        assert answer.headers["Location"].startswith("https://flattr.example/paid")
        assert _found(api, opened.id).payment_status == "paid"
        assert "nothing to confirm" in _page(bank)
    else:
        assert answer.headers["Location"] == url
        assert "failed authentication" in _page(url)


def test_a_debit_completes_a_session_unpaid(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """With a direct debit the session is complete at once and paid, or failed, days later."""
    good, bad = session(api), session(api)
    fake.pay(good.id, by="DE89370400440532013000")
    fake.pay(bad.id, by="DE62370400440532013001")
    assert [_found(api, one.id).payment_status for one in (good, bad)] == ["unpaid", "unpaid"]
    assert _found(api, good.id).status == "complete"

    fake.advance(days=5)

    assert [_found(api, one.id).payment_status for one in (good, bad)] == ["paid", "unpaid"]
    kinds = {event.type for event in api.v1.events.list({"type": "checkout.session.async_*"})}
    assert kinds == {"checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"}


def test_a_session_expires(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A session expires after a day, or when it is told to; nobody can pay it then, nor expire it again."""
    alone, told, paid = session(api), session(api), session(api)
    fake.pay(paid.id)
    api.v1.checkout.sessions.expire(told.id)
    fake.advance(hours=24)

    assert [_found(api, one.id).status for one in (alone, told, paid)] == ["expired", "expired", "complete"]
    for one in (alone, told, paid):
        with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
            api.v1.checkout.sessions.expire(one.id)
    assert "expired" in _page(alone.url or "")
    assert _send(alone.url or "", number="4242424242424242").status_code == 200
    assert _found(api, alone.id).payment_intent is None


def test_expiring_cancels_the_payment_that_was_tried(api: stripe.StripeClient) -> None:
    """A declined try leaves an intent, which Checkout alone may close: with its session."""
    opened = session(api)
    _send(opened.url or "", number=CARDS["chargeDeclined"].number)
    intent = _found(api, opened.id).payment_intent.id
    with pytest.raises(stripe.InvalidRequestError, match="Expire the session"):
        api.v1.payment_intents.cancel(intent)

    api.v1.checkout.sessions.expire(opened.id)

    assert api.v1.payment_intents.retrieve(intent).status == "canceled"


def test_a_card_is_saved_without_a_payment(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A session of mode setup saves what to pay by; a declined card isn't saved."""
    customer = api.v1.customers.create({"email": "fan@example.com"}).id
    asked: Any = {"mode": "setup", "currency": "eur", "customer": customer, "success_url": "https://flattr.example/"}
    asked["setup_intent_data"] = {"metadata": {"fan": "1"}}
    opened = api.v1.checkout.sessions.create(asked)
    assert isinstance(opened.setup_intent, str)
    assert _send(opened.url or "", number=CARDS["chargeDeclined"].number).status_code == 402
    failed = api.v1.setup_intents.retrieve(opened.setup_intent)
    assert failed.last_setup_error is not None
    assert failed.last_setup_error.decline_code == "generic_decline"

    fake.pay(opened.id, by="mastercard")

    setup: Any = api.v1.setup_intents.retrieve(opened.setup_intent, {"expand": ["payment_method"]})
    assert (setup.status, setup.customer, setup.metadata["fan"]) == ("succeeded", customer, "1")
    assert setup.payment_method.customer == customer
    assert [one.id for one in api.v1.setup_intents.list({"customer": customer})] == [setup.id]
    abandoned = api.v1.checkout.sessions.create(asked)
    api.v1.checkout.sessions.expire(abandoned.id)
    assert isinstance(abandoned.setup_intent, str)
    assert api.v1.setup_intents.retrieve(abandoned.setup_intent).status == "canceled"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"setup_intent_data": {"description": "x"}}, "setup_intent_data"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"customer_email": "a@example.com", "customer": None}, None),
        ({"expires_at": 5}, "expires_at"),
        ({"mode": "subscription"}, "mode"),
        ({"mode": "gift"}, "mode"),
        ({"mode": "setup", "currency": "eur"}, "line_items"),
        ({"success_url": None}, "success_url"),
    ],
)
def test_a_session_is_asked_for_as_stripe_wants_it(
    api: stripe.StripeClient, more: dict[str, Any], param: str | None
) -> None:
    """What doesn't go together is refused and named."""
    if param is None:
        assert session(api, **more).customer_email == "a@example.com"
        return
    with pytest.raises(stripe.StripeError) as refused:
        session(api, **more)

    assert refused.value.error is not None
    assert refused.value.error.param == param


def test_pages_that_do_not_exist_say_so(fake: FakeStripe) -> None:
    """A wrong address is answered by a page, not by a broken connection."""
    for path in ("/", "/pay/cs_nobody", "/pay/confirm/pi_nobody", "/onboard/link_none", "/onboarding/x", "/_fake/x"):
        answer = requests.get(f"{fake.url}{path}", timeout=5)
        assert answer.status_code == 404
        JustHTML(answer.text, strict=True)
