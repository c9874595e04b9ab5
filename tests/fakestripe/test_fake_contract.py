"""Every request is held to the contract of the installed package."""

from typing import Any

import pytest
import requests
import stripe

from tests.fakestripe.contract import parse_form, routes
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import StrictHTTPClient, client_of, session
from tests.fakestripe.shapes import answer_flaws, blank

ASKED = {"amount": 600, "currency": "eur"}


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"amonut": 5}, "amonut", "parameter_unknown"),
        ({"metadata": {"a": {"b": "c"}}}, "metadata[a]", None),
        (
            {"payment_method_options": {"card": {"motto": True}}},
            "payment_method_options[card][motto]",
            "parameter_unknown",
        ),
        ({"amount": "six"}, "amount", "parameter_invalid_integer"),
        ({"amount": 6.5}, "amount", "parameter_invalid_integer"),
        ({"confirm": "perhaps"}, "confirm", None),
        ({"capture_method": "by_hand"}, "capture_method", None),
        ({"description": ""}, "description", "parameter_invalid_empty"),
        ({"payment_method_types": ["card"]}, "payment_method_types", "payment_method_types_no_longer_supported"),
        ({"amount": 49}, "amount", "amount_too_small"),
        ({"amount": 100_000_000}, "amount", "amount_too_large"),
        ({"currency": "EURO"}, "currency", "invalid_currency"),
        ({"customer": "cus_nobody"}, "customer", "resource_missing"),
        ({"off_session": True}, "off_session", None),
        ({"metadata": {"a": "b" * 501}}, "metadata[a]", None),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(
    api: stripe.StripeClient, more: dict[str, Any], param: str, code: str | None
) -> None:
    """What Stripe doesn't know, or knows otherwise, is refused with 400, and the refusal says where it stands."""
    asked: Any = {**ASKED, **more}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.create(asked)

    assert (refused.value.param, refused.value.code) == (param, code)
    assert api.v1.payment_intents.list().data == []


def test_what_is_missing_is_named(api: stripe.StripeClient) -> None:
    """A required parameter that is missing is refused, also deep in others."""
    with pytest.raises(stripe.InvalidRequestError, match="currency") as refused:
        api.v1.payment_intents.create({"amount": 600})  # type: ignore[typeddict-item]

    assert (refused.value.param, refused.value.code) == ("currency", "parameter_missing")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        session(api, line_items=[{"price_data": {"unit_amount": 5, "product_data": {"name": "x"}}}])

    assert refused.value.param == "line_items[0][price_data][currency]"


def test_queries_are_checked_too(api: stripe.StripeClient) -> None:
    """Lists refuse filters that Stripe doesn't have, and limits that it doesn't allow."""
    asked: Any = {"colour": "red"}
    with pytest.raises(stripe.InvalidRequestError, match="colour"):
        api.v1.charges.list(asked)
    for limit in (0, 101):
        with pytest.raises(stripe.InvalidRequestError, match="limit"):
            api.v1.charges.list({"limit": limit})


def test_json_of_api_v2_is_checked(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """API v2 takes JSON, with the types that JSON has."""
    asked: Any = {"contact_email": 5}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v2.core.accounts.create(asked)
    assert refused.value.param == "contact_email"
    asked = {"contact_mail": "a@example.com"}
    with pytest.raises(stripe.InvalidRequestError, match="contact_mail"):
        api.v2.core.accounts.create(asked)
    headers = {"Authorization": f"Bearer {fake.key}", "Stripe-Version": stripe.api_version}
    for body in ("{", "[]"):
        answer = requests.post(f"{fake.url}/v2/core/accounts", body, headers=headers, timeout=5)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("path", ["/v1/payment_intent", "/v1/", "/v2/core/nothing", "/v1/charges/ch_1/refunds/x"])
def test_unknown_routes_are_not_found(api: stripe.StripeClient, path: str) -> None:
    """An address that Stripe doesn't have is answered with 404."""
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as refused:
        api.raw_request("get", path)

    assert refused.value.http_status == 404


def test_what_the_fake_does_not_do_is_said(api: stripe.StripeClient) -> None:
    """A route or parameter that Stripe has and the fake hasn't is refused as such, and never half done."""
    with pytest.raises(stripe.APIError, match="the fake doesn't") as refused:
        api.v1.products.create({"name": "A thing"})
    assert refused.value.http_status == 501
    with pytest.raises(stripe.APIError, match="transfer_data"):
        api.v1.payment_intents.create({"amount": 600, "currency": "eur", "transfer_data": {"destination": "acct_1"}})


@pytest.mark.parametrize("key", ["sk_test_other", "rk_test_fake", "sk_live_fake", "nonsense"])
def test_other_keys_are_refused(fake: FakeStripe, key: str) -> None:
    """Only the fake's own key is let in, and live keys are told to stay out of tests."""
    stranger = stripe.StripeClient(key, base_addresses={"api": fake.url}, http_client=StrictHTTPClient())
    with pytest.raises(stripe.AuthenticationError, match="live key" if "live" in key else "Invalid API Key"):
        stranger.v1.balance.retrieve()


def test_a_fake_takes_no_live_key() -> None:
    """A fake that was started with a live key would be a mistake, so it doesn't start."""
    with pytest.raises(ValueError, match="key must begin with"), FakeStripe.started(key="sk_live_real"):
        pass


@pytest.mark.parametrize("version", ["2026-08-26.dahlia", "2020-08-27"])
def test_another_version_is_refused(fake: FakeStripe, version: str) -> None:
    """A client that asks for another version of the API than the package's is refused."""
    with pytest.raises(stripe.InvalidRequestError, match=version):
        client_of(fake, stripe_version=version).v1.balance.retrieve()


def test_every_operation_of_the_package_is_a_route() -> None:
    """The contract holds all services of the package, and forms are read as the package writes them."""
    assert len(routes()) > 600
    assert parse_form("a[b][0]=x&a[b][1]=y&c=&d[]=1&d[]=2") == {
        "a": {"b": {"0": "x", "1": "y"}},
        "c": "",
        "d": {"0": "1", "1": "2"},
    }


def test_shapes_tell_what_is_wrong() -> None:
    """The check of answers finds what is missing, unknown, mistyped or no word of a list; null is no object."""
    good = blank(stripe.Transfer, id="tr_1", currency="eur")
    assert answer_flaws(good) == []
    reversal = {"object": "transfer_reversal"}
    bad = {
        **good,
        "amount": "5",
        "colour": "red",
        "livemode": 0,
        "reversals": {**good["reversals"], "data": [reversal]},
    }
    del bad["created"]

    flaws = "\n".join(answer_flaws(bad))

    for place in (
        ".amount: ",
        ".colour: unknown",
        ".livemode: ",
        ".created: missing",
        ".reversals.data[0].id: missing",
    ):
        assert place in flaws
    assert answer_flaws({**good, "metadata": None}) != []
    with pytest.raises(TypeError, match="colour"):
        blank(stripe.Transfer, colour="red")
    with pytest.raises(TypeError, match="empty"):
        blank(stripe.Transfer)
