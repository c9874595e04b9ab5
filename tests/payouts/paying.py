"""Ways of fans with the Stripe server of our own."""

from datetime import UTC, datetime, timedelta
from typing import Final

from accounts.models import User
from flattr import money
from payouts.gateway import Result, get_gateway
from payouts.gateway import stripe as api
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import Deposit
from payouts.operations import deposits, methods
from payouts.queries import books
from tests import given
from tests.fakestripe.fake import FakeStripe

SOON: Final = timedelta(minutes=5)


def moment() -> datetime:
    """Return the moment, which the server's clock shows too."""
    return datetime.now(UTC)  # noqa: TID251


def page_of(fan: User, *, amount_cents: int = 500) -> tuple[Deposit, str]:
    """Let the fan go to the pay page; return the deposit and the page's id."""
    now = moment()
    given.started_deposit(fan, amount_cents=amount_cents, now=now)
    deposit = fan.deposits.latest("started_at")
    pages = api.pages_of(customer=fan.payment_method.customer, since=now - SOON)
    (page,) = (each for each in pages if each.note == str(deposit.pk))
    return deposit, page.id


def collect(deposit: Deposit, *, now: datetime | None = None) -> Result:
    """Ask what became of a deposit, record it, and return the answer."""
    result = deposits.collect_deposit(deposit_id=deposit.pk, now=now or moment()).result
    deposit.refresh_from_db()
    return result


def paid(stripe: FakeStripe, fan: User, *, amount_cents: int = 500, by: str = "visa") -> Deposit:
    """Let the fan pay on Stripe's page."""
    deposit, page = page_of(fan, amount_cents=amount_cents)
    stripe.pay(page, by=by)
    assert collect(deposit) is Result.SUCCEEDED
    return deposit


def save_card(stripe: FakeStripe, fan: User) -> None:
    """Let the fan save a card without paying."""
    methods.open_method_page(fan=fan, return_url="https://flattr.example/back")
    (page,) = api.pages_of(customer=fan.payment_method.customer, since=moment() - SOON)
    stripe.pay(page.id)
    methods.look_at_method(fan=fan, now=moment())
    fan.payment_method.refresh_from_db()


def charges(fan: User) -> list[str]:
    """Return the states of all PaymentIntents of the fan, newest first."""
    found = api.intents_of(customer=fan.payment_method.customer, since=moment() - timedelta(days=400))
    return [intent.status for intent in found]


def assert_books_are_stripes() -> None:
    """The books hold, and Stripe has as much as they say."""
    assert books.check_books() == []
    there = money.cents_to_micros(get_gateway().balance_cents() or 0)
    assert ledger.balance_micros(kind=chart.Kind.PROCESSOR_CASH) == there
