"""Lists and their pages, filters, expansion, and events."""

from typing import Any

import pytest
import stripe

from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import charge, creator, fan


@pytest.fixture
def five(api: stripe.StripeClient) -> list[str]:
    """Return five customers, the newest first."""
    return [api.v1.customers.create({"name": str(number)}).id for number in range(5)][::-1]


def test_a_list_is_paged_forward_and_back(api: stripe.StripeClient, five: list[str]) -> None:
    """Pages go on after an id or end before one, and say whether there is more."""
    first = api.v1.customers.list({"limit": 2})
    assert ([one.id for one in first], first.has_more) == (five[:2], True)
    second = api.v1.customers.list({"limit": 3, "starting_after": five[1]})
    assert ([one.id for one in second], second.has_more) == (five[2:], False)
    before = api.v1.customers.list({"limit": 2, "ending_before": five[3]})
    assert ([one.id for one in before], before.has_more) == (five[1:3], True)
    assert [one.id for one in api.v1.customers.list({"limit": 2}).auto_paging_iter()] == five
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.customers.list({"starting_after": "cus_nobody"})
    assert refused.value.param == "starting_after"


def test_a_list_of_api_v2_names_its_next_page(api: stripe.StripeClient) -> None:
    """Pages of API v2 carry the address of the next, with the question in it."""
    accounts = [creator(api) for _ in range(3)][::-1]

    assert [one.id for one in api.v2.core.accounts.list({"limit": 1}).auto_paging_iter()] == accounts
    kinds: Any = {"types": ["v2.core.account.created"], "limit": 2}
    events = list(api.v2.core.events.list(kinds).auto_paging_iter())
    assert [event.type for event in events] == ["v2.core.account.created"] * 3


def test_lists_are_filtered_by_time(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """`created` is a moment or bounds, of which each is kept."""
    old = api.v1.customers.create({"name": "old"})
    fake.advance(days=1)
    new = api.v1.customers.create({"name": "new"})

    def found(created: Any) -> list[str | None]:
        return [one.name for one in api.v1.customers.list({"created": created})]

    assert found({"gt": old.created}) == ["new"]
    assert found({"gte": old.created, "lt": new.created}) == ["old"]
    assert found({"lte": old.created}) == ["old"]
    assert found(new.created) == ["new"]


def test_lists_of_transactions_are_filtered(api: stripe.StripeClient) -> None:
    """Balance transactions are found by type, source and currency."""
    intent, _ = charge(api), charge(api, currency="usd")
    refund = api.v1.refunds.create({"payment_intent": intent.id})

    def found(**asked: Any) -> list[int]:
        return [one.amount for one in api.v1.balance_transactions.list(asked)]  # type: ignore[arg-type]  # A test's.

    assert found() == [-600, 600, 600]
    assert found(type="refund") == found(source=refund.id) == [-600]
    assert found(currency="usd", type="charge") == [600]
    balances = {one.currency: one.amount for one in api.v1.balance.retrieve().pending}
    assert balances == {"eur": 566, "usd": 566}


def test_ids_are_expanded(api: stripe.StripeClient) -> None:
    """An id is replaced by its object, also in lists and deeper; what is null stays null."""
    intent = charge(api)
    listed: Any = api.v1.payment_intents.list({"expand": ["data.customer", "data.latest_charge.balance_transaction"]})
    found = listed.data[0]

    assert (found.customer.email, found.latest_charge.balance_transaction.fee) == ("fan@example.com", 34)
    assert api.v1.payment_intents.retrieve(intent.id, {"expand": ["review"]}).review is None


@pytest.mark.parametrize("path", ["amount", "nonsense", "metadata", "a.b.c.d.e"])
def test_what_is_no_id_is_not_expanded(api: stripe.StripeClient, path: str) -> None:
    """Fields that hold no id, unknown ones and too deep paths are refused."""
    intent = charge(api)
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        api.v1.payment_intents.retrieve(intent.id, {"expand": [path]})


def test_events_tell_what_happened(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """Events carry the object as it was then, what it was before, and who asked; they are listed by type and time."""
    customer, _ = fan(api)
    api.v1.customers.update(customer, {"name": "Fan"}, {"idempotency_key": "rename"})
    api.v1.customers.update(customer, {"name": "Fan again"})

    events = api.v1.events.list({"type": "customer.updated"}).data
    event: Any = events[1]
    assert (event.data.object.name, event.data.previous_attributes.name) == ("Fan", None)
    assert (event.api_version, event.livemode, event.request.idempotency_key) == (stripe.api_version, False, "rename")
    assert "account" not in event
    assert api.v1.events.retrieve(event.id).id == event.id
    fake.advance(days=1)
    after = api.v1.events.list({"created": {"gt": events[0].created}}).data
    assert after == []
    kinds = [one.type for one in api.v1.events.list({"types": ["customer.created", "payment_method.attached"]})]
    assert kinds == ["payment_method.attached", "customer.created"]


def test_events_of_api_v2_carry_no_object(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """They name the object and what of it changed; whoever wants to know asks for it."""
    account = creator(api)
    fake.onboard(account)
    kind: Any = "v2.core.account[configuration.recipient].capability_status_updated"

    event: Any = api.v2.core.events.list({"types": [kind], "object_id": account}).data[0]

    assert event.data.updated_capability == "stripe_balance.stripe_transfers"
    assert event.fetch_related_object().id == account
    assert api.v2.core.events.retrieve(event.id).type == kind
    assert api.v2.core.events.list({"created": {"gt": event.created}}).data == []
    assert len(api.v2.core.events.list({"created": {"lte": event.created}}).data) == 5
