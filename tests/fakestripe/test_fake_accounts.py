"""Connected accounts, transfers to them, and payouts from them."""

from typing import Any

import pytest
import requests
import stripe
from justhtml import JustHTML

from tests.fakestripe.errors import Refused
from tests.fakestripe.fake import FakeStripe
from tests.fakestripe.given import INCLUDE, creator


def _link(api: stripe.StripeClient, account: str) -> str:
    urls = {"refresh_url": "https://flattr.example/again", "return_url": "https://flattr.example/back"}
    asked: Any = {"account": account, "use_case": {"type": "account_onboarding", "account_onboarding": urls}}
    return api.v2.core.account_links.create(asked).url


def _account(api: stripe.StripeClient, account: str) -> Any:
    return api.v2.core.accounts.retrieve(account, {"include": INCLUDE})


def _status(api: stripe.StripeClient, account: str) -> str:
    transfers = _account(api, account).configuration.recipient.capabilities.stripe_balance.stripe_transfers
    return str(transfers.status)


def _transfer(api: stripe.StripeClient, account: str, amount: int = 100, **more: Any) -> stripe.Transfer:
    asked: Any = {"amount": amount, "currency": "eur", "destination": account, **more}
    return api.v1.transfers.create(asked)


def _available(api: stripe.StripeClient, account: str = "") -> int:
    options: Any = {"stripe_account": account} if account else {}
    return api.v1.balance.retrieve(options=options).available[0].amount


@pytest.fixture
def ready(api: stripe.StripeClient, fake: FakeStripe) -> str:
    """Return an account that may receive transfers, of a platform with 10 EUR."""
    account = creator(api)
    fake.onboard(account)
    fake.top_up(1_000)
    return account


def test_an_account_tells_only_what_is_included(api: stripe.StripeClient) -> None:
    """Parts of an account are null unless the request includes them."""
    account = creator(api)

    bare = api.v2.core.accounts.retrieve(account)
    assert [bare.configuration, bare.identity, bare.requirements, bare.defaults] == [None] * 4
    assert (bare.contact_email, bare.dashboard) == ("creator@example.com", "express")
    full = _account(api, account)
    assert (full.identity.country, full.defaults.responsibilities.losses_collector) == ("DE", "application")
    assert full.configuration.merchant is None
    assert full.requirements.entries[0].awaiting_action_from == "user"
    assert _status(api, account) == "restricted"


def test_an_account_is_changed(api: stripe.StripeClient) -> None:
    """An update changes what it names; unknown accounts and incomplete ones are refused."""
    account = creator(api)
    changed = api.v2.core.accounts.update(account, {"display_name": "Anna", "include": ["identity"]})
    assert changed.identity is not None
    assert (changed.display_name, changed.identity.country) == ("Anna", "DE")
    assert [one.id for one in api.v2.core.accounts.list()] == [account]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v2.core.accounts.retrieve("acct_nobody")
    assert refused.value.code == "not_found"
    recipient: Any = {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}}
    with pytest.raises(stripe.InvalidRequestError, match=r"identity\.country"):
        api.v2.core.accounts.create({"configuration": recipient})


@pytest.mark.parametrize(("button", "status"), [("complete", "active"), ("more", "pending"), ("later", "restricted")])
def test_an_owner_is_onboarded(api: stripe.StripeClient, button: str, status: str) -> None:
    """The page shows what is asked; each of its buttons leads back, and only the account says how it went."""
    account = creator(api)
    answer = requests.get(_link(api, account), timeout=5)
    JustHTML(answer.text, strict=True)
    assert "identity.individual.given_name" in answer.text

    back = requests.post(answer.url, {button: ""}, timeout=5, allow_redirects=False)

    assert back.headers["Location"] == "https://flattr.example/back"
    assert _status(api, account) == status


def test_a_link_is_good_once_and_for_minutes(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A used or old link leads to the address that makes a new one; the page behind it stays open."""
    account = creator(api)
    used, old = _link(api, account), _link(api, account)
    page = requests.get(used, timeout=5).url
    fake.advance(seconds=301)

    for link in (used, old):
        answer = requests.get(link, timeout=5, allow_redirects=False)
        assert answer.headers["Location"] == "https://flattr.example/again"
    assert requests.get(page, timeout=5).status_code == 200
    with pytest.raises(stripe.InvalidRequestError, match=r"use_case\.account_update"):
        api.v2.core.account_links.create({"account": account, "use_case": {"type": "account_update"}})


def test_an_owner_logs_in_after_onboarding(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """A link to the dashboard is there for those who have told all that is asked."""
    account = creator(api)
    with pytest.raises(stripe.InvalidRequestError, match="not completed onboarding"):
        api.v1.accounts.login_links.create(account)
    fake.onboard(account)

    assert "Creator" in requests.get(api.v1.accounts.login_links.create(account).url, timeout=5).text


def test_requirements_have_deadlines(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """What is asked until when is told, and an account that may receive may go on until then."""
    account = creator(api)
    fake.set_account(account, status="active", asked="identity.individual.documents", days=14)

    requirements = _account(api, account).requirements
    assert _status(api, account) == "active"
    assert [entry.description for entry in requirements.entries] == ["identity.individual.documents"]
    assert requirements.summary.minimum_deadline.status == "currently_due"
    assert requirements.summary.minimum_deadline.time.endswith("Z")
    with pytest.raises(Refused, match="status must be one of"):
        fake.set_account(account, status="sleepy")


def test_money_is_transferred(api: stripe.StripeClient, ready: str) -> None:
    """A transfer moves money from the platform to the account, where it is a payment; lists find it by its group."""
    transfer = _transfer(api, ready, 400, transfer_group="payout-1", metadata={"payout": "1"})

    assert (_available(api), _available(api, ready)) == (600, 400)
    found: Any = api.v1.transfers.retrieve(
        transfer.id, {"expand": ["balance_transaction", "destination_payment.balance_transaction"]}
    )
    assert (found.balance_transaction.type, found.balance_transaction.net) == ("transfer", -400)
    assert found.destination_payment.balance_transaction.type == "payment"
    assert found.destination_payment.source_transfer == transfer.id
    for asked in ({"transfer_group": "payout-1"}, {"destination": ready}):
        by: Any = asked
        assert [one.id for one in api.v1.transfers.list(by)] == [transfer.id]
    assert api.v1.transfers.list({"transfer_group": "other"}).data == []
    assert api.v1.transfers.update(transfer.id, {"description": "October"}).description == "October"


@pytest.mark.parametrize("status", ["pending", "restricted", "rejected", "unsupported"])
def test_money_goes_to_active_accounts_only(
    api: stripe.StripeClient, fake: FakeStripe, ready: str, status: str
) -> None:
    """An account that may not receive gets nothing, also if it was ready before."""
    fake.set_account(ready, status=status)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        _transfer(api, ready)

    assert refused.value.code == "insufficient_capabilities_for_transfer"
    assert api.v1.transfers.list().data == []


def test_a_transfer_needs_money_and_a_destination(api: stripe.StripeClient, ready: str) -> None:
    """More than is available, in whatever currency, nothing at all, and unknown accounts are refused."""
    for asked in ({"amount": 1_001}, {"currency": "usd"}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            _transfer(api, ready, **asked)
        assert refused.value.code == "balance_insufficient"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        _transfer(api, "acct_nobody")
    assert (refused.value.param, refused.value.http_status) == ("destination", 400)
    with pytest.raises(stripe.InvalidRequestError, match="greater than or equal to 1"):
        _transfer(api, ready, 0)


def test_pending_money_cannot_be_transferred(api: stripe.StripeClient, fake: FakeStripe, ready: str) -> None:
    """Only what is available can be sent, so that a fresh charge doesn't help for three days."""
    api.v1.payment_intents.create(
        {
            "amount": 5_000,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
    with pytest.raises(stripe.InvalidRequestError):
        _transfer(api, ready, 2_000)
    fake.advance(days=3)

    assert _transfer(api, ready, 2_000).amount == 2_000


def test_a_transfer_is_reversed_in_parts(api: stripe.StripeClient, fake: FakeStripe, ready: str) -> None:
    """A reversal brings money back, as far as the account has it available, and no more than was sent."""
    transfer = _transfer(api, ready, 400)
    first = api.v1.transfers.reversals.create(transfer.id, {"amount": 100, "metadata": {"why": "dispute"}})
    assert (_available(api), _available(api, ready)) == (700, 300)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.reversals.create(transfer.id, {"amount": 301})
    assert refused.value.param == "amount"
    fake.pay_out(ready, amount=200)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.reversals.create(transfer.id)
    assert refused.value.code == "balance_insufficient"
    second = api.v1.transfers.reversals.create(transfer.id, {"amount": 100})

    after = api.v1.transfers.retrieve(transfer.id)
    assert (after.amount_reversed, after.reversed) == (200, False)
    assert [one.id for one in after.reversals.data] == [second.id, first.id]
    assert [one.id for one in api.v1.transfers.reversals.list(transfer.id)] == [second.id, first.id]
    assert api.v1.transfers.reversals.retrieve(transfer.id, first.id).amount == 100
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.transfers.reversals.retrieve(_transfer(api, ready).id, first.id)


def test_a_payout_arrives_or_fails(api: stripe.StripeClient, fake: FakeStripe, ready: str) -> None:
    """A payout leaves the account's balance; a failed one comes back, even after it seemed paid."""
    _transfer(api, ready, 400)
    options: Any = {"stripe_account": ready}
    payout = fake.pay_out(ready, amount=300)["id"]
    assert _available(api, ready) == 100
    fake.end_payout(payout)
    assert api.v1.payouts.retrieve(payout, options=options).status == "paid"

    fake.end_payout(payout, failure_code="account_closed")

    failed = api.v1.payouts.retrieve(payout, {"expand": ["failure_balance_transaction"]}, options)
    assert (failed.status, failed.failure_code, _available(api, ready)) == ("failed", "account_closed", 400)
    assert api.v1.payouts.list({"status": "failed"}, options).data[0].id == payout
    assert api.v1.payouts.list().data == []
    kinds = [event.type for event in api.v1.events.list({"type": "payout.*"}, options)]
    assert kinds == ["payout.failed", "payout.paid", "payout.created"]
    assert {event.account for event in api.v1.events.list(options=options)} == {ready}
    with pytest.raises(Refused, match="failed already"):
        fake.end_payout(payout)
    with pytest.raises(Refused, match="insufficient"):
        fake.pay_out(ready, amount=401)


def test_the_platform_pays_out_too(api: stripe.StripeClient, fake: FakeStripe) -> None:
    """The platform's own payouts take all of its balance unless told how much, and arrive in a day by themselves."""
    fake.top_up(1_000)
    payout = fake.pay_out()

    assert (payout["amount"], payout["status"], _available(api)) == (1_000, "pending", 0)
    fake.advance(days=1)
    assert api.v1.payouts.retrieve(payout["id"]).status == "paid"
    assert [one.id for one in api.v1.payouts.list()] == [payout["id"]]
    assert [one.type for one in api.v1.balance_transactions.list({"payout": payout["id"]})] == ["payout"]


def test_a_disconnected_account_is_out_of_reach(api: stripe.StripeClient, fake: FakeStripe, ready: str) -> None:
    """When its owner ends the connection, an event says so and every way to the account is closed."""
    fake.deauthorise(ready)

    with pytest.raises(stripe.PermissionError) as forbidden:
        api.v1.balance.retrieve(options={"stripe_account": ready})
    assert forbidden.value.http_status == 403
    for call in (
        lambda: api.v2.core.accounts.retrieve(ready),
        lambda: _transfer(api, ready),
        lambda: _link(api, ready),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            call()
    assert api.v2.core.accounts.list().data == []


def test_only_some_questions_are_asked_for_an_account(api: stripe.StripeClient, ready: str) -> None:
    """What the fake keeps for the platform alone is refused for an account, instead of mixed up."""
    with pytest.raises(stripe.APIError, match="platform only"):
        api.v1.customers.list(options={"stripe_account": ready})
