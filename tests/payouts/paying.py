"""Ways of fans with the Stripe server of our own."""

from datetime import UTC, datetime, timedelta
from typing import Final

from accounts.models import User
from payouts.gateway import Result, get_gateway
from payouts.gateway import stripe as api
from payouts.models import Deposit, ReconciliationItem
from payouts.operations import deposits, methods, reconciliation
from payouts.queries import books
from payouts.queries import reconciliation as queries
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


def resolved(note: str) -> list[ReconciliationItem]:
    """Let staff set all differences of the books aside with a note; return what they were."""
    items = reconciliation.reconcile(now=moment() + timedelta(minutes=11))
    staff = given.user("Staff")
    for item in items:
        reconciliation.resolve_item(item_id=item.pk, staff=staff, note=note, now=moment())
    return items


def assert_books_are_stripes() -> None:
    """The books hold, and the provider's say the same line by line and in all, but for what staff have resolved.

    Examples may lie in months to come, so lines that are newer than the clock are compared, too.
    """
    assert books.check_books() == []
    assert list(map(str, reconciliation.reconcile(now=moment() + timedelta(minutes=11)))) == []
    if get_gateway().balance_cents() is not None:
        later = moment() + timedelta(days=400)
        found = queries.differences(now=later)
        assert list(map(str, reconciliation.keep_differences(found=found, now=later))) == []
