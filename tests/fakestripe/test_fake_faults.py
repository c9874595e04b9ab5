"""Idempotency keys, faults, and two who meet."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.fakestripe.errors import Refused
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import charge, client_of, creator, fan

KEY: Any = {"idempotency_key": "deposit-7"}
ASKED: Any = {"name": "Fan"}


@pytest.fixture
def patient(fake: FakeStripe, monkeypatch: pytest.MonkeyPatch) -> stripe.StripeClient:
    """Return a client that tries again, as the product's does, and doesn't wait long."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.02)
    return client_of(fake, max_network_retries=3)


def _headers(answered: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in answered.last_response.headers.items()}


def test_a_key_repeats_its_answer(api: stripe.StripeClient) -> None:
    """The same request with the same key makes nothing new and says that it is a repeat."""
    first = api.v1.customers.create(ASKED, KEY)
    again = api.v1.customers.create(ASKED, KEY)

    assert again.id == first.id
    assert "idempotent-replayed" not in _headers(first)
    assert _headers(again)["idempotent-replayed"] == "true"
    assert len(api.v1.customers.list().data) == 1


def test_a_key_repeats_a_decline(api: stripe.StripeClient) -> None:
    """A failed payment is an answer too: the key of a declined one never pays."""
    customer, method = fan(api, "pm_card_chargeCustomerFail")
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            api.v1.payment_intents.create(
                {
                    "amount": 600,
                    "currency": "eur",
                    "customer": customer,
                    "payment_method": method,
                    "confirm": True,
                    "return_url": "https://flattr.example/",
                },
                KEY,
            )

    assert len(api.v1.payment_intents.list().data) == 1


def test_a_key_is_for_one_request(api: stripe.StripeClient) -> None:
    """The same key with other parameters or for another address is refused."""
    api.v1.customers.create(ASKED, KEY)

    with pytest.raises(stripe.IdempotencyError):
        api.v1.customers.create({"name": "Other"}, KEY)
    with pytest.raises(stripe.IdempotencyError):
        api.v1.payment_intents.create({"amount": 600, "currency": "eur"}, KEY)


def test_a_refused_parameter_leaves_the_key_free(api: stripe.StripeClient) -> None:
    """A request that the contract refuses was never begun, so its key can be used for the right one."""
    wrong: Any = {"nmae": "Fan"}
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.customers.create(wrong, KEY)

    assert api.v1.customers.create(ASKED, KEY).name == "Fan"


def test_keys_are_forgotten(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """After a day of the world's clock a key is new again; those of API v2 live for thirty."""
    first = api.v1.customers.create(ASKED, KEY).id
    account: Any = {"display_name": "Creator"}
    other: Any = {"idempotency_key": "account-1"}
    made = api.v2.core.accounts.create(account, other).id

    fake.advance(hours=25)

    assert api.v1.customers.create(ASKED, KEY).id != first
    assert api.v2.core.accounts.create(account, other).id == made


def test_keys_are_kept_for_each_account(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """Resetting the world forgets keys too: nothing of the old world is answered in the new one."""
    first = api.v1.customers.create(ASKED, KEY).id
    fake.reset()

    assert api.v1.customers.create(ASKED, KEY).id != first
    assert len(api.v1.customers.list().data) == 1


def test_a_lost_answer_makes_one_charge(fake: FakeStripe, patient: stripe.StripeClient) -> None:
    """When the connection is cut after the work, the client asks again by the same key and hears what was done."""
    fake.faults.add("drop", path="/v1/payment_intents", times=2)

    intent = charge(patient)

    assert intent.status == "succeeded"
    assert [one.id for one in patient.v1.payment_intents.list()] == [intent.id]
    assert len(patient.v1.charges.list().data) == 1


def test_a_lost_question_makes_one_charge(fake: FakeStripe, patient: stripe.StripeClient) -> None:
    """When the connection is cut before the work, nothing is done until it is asked again."""
    fake.faults.add("cut", path="/v1/payment_intents")

    charge(patient)

    assert len(patient.v1.charges.list().data) == 1


@pytest.mark.parametrize(("kind", "done"), [("drop", 1), ("cut", 0)])
def test_who_does_not_ask_again_does_not_know(
    api: stripe.StripeClient, fake: FakeStripe, kind: str, done: int
) -> None:
    """Without another try the client sees the same, whether the work was done or not."""
    fake.faults.add(kind, path="/v1/customers")
    with pytest.raises(stripe.APIConnectionError):
        api.v1.customers.create(ASKED)

    assert len(api.v1.customers.list().data) == done


@pytest.mark.parametrize(("kind", "done"), [("500", 0), ("500_after", 1)])
def test_an_error_of_the_server_is_kept(fake: FakeStripe, patient: stripe.StripeClient, kind: str, done: int) -> None:
    """Stripe keeps a 500 under its key, whether the work was done or not; another key tries anew."""
    fake.faults.add(kind, path="/v1/customers")
    for _ in range(2):
        with pytest.raises(stripe.APIError, match="unknown error"):
            patient.v1.customers.create(ASKED, KEY)
    assert len(patient.v1.customers.list().data) == done

    assert patient.v1.customers.create(ASKED).name == "Fan"


def test_api_v2_tries_again_after_an_error(fake: FakeStripe, patient: stripe.StripeClient) -> None:
    """API v2 keeps successes only, so that the same key goes on after a 500."""
    fake.faults.add("500", path="/v2/core/accounts")

    assert creator(patient)
    assert len(patient.v2.core.accounts.list().data) == 1


def test_limits_and_locks_pass(fake: FakeStripe, patient: stripe.StripeClient) -> None:
    """429 and 409 aren't kept under a key: the same key works afterwards. The client repeats a 409 by itself."""
    fake.faults.add("429", path="/v1/customers")
    with pytest.raises(stripe.RateLimitError):
        patient.v1.customers.create(ASKED, KEY)
    fake.faults.add("409", path="/v1/customers")

    assert patient.v1.customers.create(ASKED, KEY).name == "Fan"
    assert len(patient.v1.customers.list().data) == 1


def test_a_slow_answer_is_given_up(fake: FakeStripe) -> None:
    """Who waits too short gives up, and the work is done all the same."""
    hasty = client_of(fake, http_client=stripe.RequestsClient(timeout=0.1))
    fake.faults.add("slow", path="/v1/customers", seconds=0.3)
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.customers.create(ASKED, KEY)
    time.sleep(0.4)

    assert len(client_of(fake).v1.customers.list().data) == 1


def test_a_decline_is_ordered(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """Any card can be made to decline once, with the code that is given."""
    fake.faults.add("decline", path="/v1/payment_intents*", decline_code="insufficient_funds")
    with pytest.raises(stripe.CardError) as declined:
        charge(api)
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "insufficient_funds"

    assert charge(api).status == "succeeded"


def test_faults_are_for_what_they_name(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A fault waits for its method and path, as often as it was told, and can be taken back."""
    fake.faults.add("429", method="GET", path="/v1/charges*", times=2)
    api.v1.customers.list()
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            api.v1.charges.list()
    api.v1.charges.list()
    fake.faults.add("429", method="*")
    fake.faults.clear()
    api.v1.charges.list()
    with pytest.raises(Refused, match="kind must be one of"):
        fake.faults.add("fire")


def _together(count: int, work: Callable[[], Any]) -> list[Any]:
    """Do the same in so many threads at once; return what each brings, an error as itself."""

    def one(_: int) -> Any:
        try:
            return work()
        except stripe.StripeError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_two_with_one_key_make_one(fake: FakeStripe) -> None:
    """While a key's request runs, others with it are told to wait; together they make one thing."""
    fake.faults.add("slow", path="/v1/customers", seconds=0.3)
    found = _together(4, lambda: client_of(fake).v1.customers.create(ASKED, KEY))

    made = [one.id for one in found if isinstance(one, stripe.Customer)]
    told = [one for one in found if isinstance(one, stripe.StripeError)]
    assert len(set(made)) == 1
    assert {(one.http_status, one.code or _code(one)) for one in told} <= {(409, "idempotency_key_in_use")}
    assert told
    assert len(client_of(fake).v1.customers.list().data) == 1


def _code(error: stripe.StripeError) -> str | None:
    return error.error.code if error.error else None


def test_two_refunds_of_one_charge_do_not_overdraw_it(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """Of two full refunds that meet, one is refused."""
    intent = charge(api).id
    found = _together(4, lambda: client_of(fake).v1.refunds.create({"payment_intent": intent}))

    assert sum(isinstance(one, stripe.Refund) for one in found) == 1
    assert {one.code for one in found if isinstance(one, stripe.StripeError)} == {"charge_already_refunded"}


def test_two_transfers_do_not_overdraw_the_platform(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """Of two transfers for which there is money once, one is refused."""
    account = creator(api)
    fake.onboard(account)
    fake.top_up(100)
    asked: Any = {"amount": 60, "currency": "eur", "destination": account}
    found = _together(4, lambda: client_of(fake).v1.transfers.create(asked))

    assert sum(isinstance(one, stripe.Transfer) for one in found) == 1
    assert api.v1.balance.retrieve().available[0].amount == 40
