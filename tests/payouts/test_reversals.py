"""Reversals: a wrong transfer is answered by its mirror, after which the books hold, and by nothing else."""

from dataclasses import replace
from datetime import datetime

import pytest

from accounts.models import User
from flattr.period import Period
from flattr.transactions import durable
from payouts.ledger import chart
from payouts.ledger import operations as ledger
from payouts.ledger.models import LedgerAccount, Transfer
from payouts.models import SettlementSpend
from payouts.operations import settlement
from payouts.queries import balances, books
from tests import given

pytestmark = pytest.mark.django_db

MIRRORS = "every reversal mirrors the transfer that its key names"


@pytest.fixture
def fan(october: Period) -> User:
    """Return a fan with a budget and a balance of 5 EUR."""
    return given.funded_fan(budget_cents=500, period=october)


@pytest.fixture
def wrong(fan: User, mid_october: datetime) -> Transfer:
    """Return a deposit that was posted without any document, as a faulty operation might do it."""
    cash = given.pot(chart.Kind.PROCESSOR_CASH)
    account = given.pot(chart.Kind.FAN_BALANCE, fan)
    given.posted(given.posting(cash, account, 5_000_000, key="deposit:wrong", occurred_at=mid_october))
    return Transfer.objects.get(idempotency_key="deposit:wrong")


def broken() -> set[str]:
    """Return the rules that don't hold."""
    return {finding.rule for finding in books.check_books()}


@durable
def reverse(transfer: Transfer, now: datetime) -> Transfer:
    """Post the mirror, as an operation for a repair would, and return it."""
    ledger.reverse(transfer=transfer, occurred_at=now)
    return Transfer.objects.get(idempotency_key=f"reversal:{transfer.pk}")


def test_a_reversal_repairs_the_books(
    wrong: Transfer, fan: User, october: Period, mid_october: datetime, after_october: datetime
) -> None:
    """What was posted by mistake and taken back needs no document, and the month can be settled."""
    assert broken() == {"every deposit that succeeded is posted with its fee, and no other"}
    for _ in range(2):
        reverse(wrong, mid_october)

    assert broken() == set()
    assert balances.fan_balance_micros(fan=fan) == 5_000_000
    given.click(fan, given.button(), now=mid_october)
    given.settled(october, now=after_october)
    assert SettlementSpend.objects.get().spend_micros == 5_000_000


def test_a_transfer_that_went_astray_is_repaired_too(wrong: Transfer, mid_october: datetime) -> None:
    """A transfer between pots that no transfer of its kind connects is as if it had never been, once reversed."""
    astray = replace(
        given.posting(wrong.credit_account, given.pot(chart.Kind.CREATOR_BALANCE, given.creator()), 5_000_000),
        kind=chart.TransferKind.EARNING,
    )
    given.posted(astray)
    assert "every transfer goes the way of its kind" in broken()
    for transfer in (Transfer.objects.latest("id"), wrong):
        reverse(transfer, mid_october)

    assert broken() == set()


def test_a_reversal_of_a_right_transfer_is_found(fan: User, mid_october: datetime) -> None:
    """A document whose transfer was taken back has none."""
    reverse(Transfer.objects.get(kind="deposit"), mid_october)

    assert balances.fan_balance_micros(fan=fan) == 0
    assert broken() == {"every deposit that succeeded is posted with its fee, and no other"}


@pytest.mark.parametrize("reversals", range(4))
def test_a_reversal_that_is_reversed_takes_nothing_back(
    reversals: int, wrong: Transfer, fan: User, mid_october: datetime
) -> None:
    """The wrong transfer is in force again, and found, after every second reversal of the chain."""
    last = wrong
    for _ in range(reversals):
        last = reverse(last, mid_october)
    is_in_force = reversals % 2 == 0

    assert balances.fan_balance_micros(fan=fan) == (10_000_000 if is_in_force else 5_000_000)
    assert bool(broken()) is is_in_force


@pytest.mark.parametrize(
    ("key", "amount", "to_thief"),
    [
        ("reversal:x", 5_000_000, True),
        ("reversal:0", 5_000_000, False),
        ("reversal:{wrong}", 5_000_000, True),
        ("reversal:{wrong}", 4_999_999, False),
        ("reversal:0{wrong}", 5_000_000, False),
        ("back:{wrong}", 5_000_000, False),
    ],
)
def test_a_reversal_of_nothing_is_found(
    key: str,
    amount: int,
    to_thief: bool,  # noqa: FBT001
    wrong: Transfer,
    fan: User,
) -> None:
    """A transfer that only calls itself a reversal is one that nobody can account for."""
    account = given.pot(chart.Kind.FAN_BALANCE, fan)
    target = (
        given.pot(chart.Kind.CREATOR_BALANCE, given.creator()) if to_thief else given.pot(chart.Kind.PROCESSOR_CASH)
    )
    kind = chart.TransferKind.REVERSAL
    given.posted(given.posting(account, target, amount, key=key.format(wrong=wrong.pk), kind=kind))

    assert MIRRORS in broken()


def test_a_wrong_deposit_is_taken_back_once_the_ranges_are_done(
    fan: User, october: Period, after_october: datetime
) -> None:
    """What a settlement has fixed stays with the fans until it has its share; then the repair lets it finish."""
    given.click(fan, given.button(), now=october.start)
    opened = settlement.open_settlement(period=october, now=after_october)
    cash, account = given.pot(chart.Kind.PROCESSOR_CASH), given.pot(chart.Kind.FAN_BALANCE, fan)
    given.posted(given.posting(cash, account, 5_000_000, key="deposit:wrong", occurred_at=after_october))
    settlement.settle_range(settlement_id=opened.pk, number=0, now=after_october)
    with pytest.raises(settlement.BooksDontBalance):
        given.settled(october, now=after_october)
    reverse(Transfer.objects.get(idempotency_key="deposit:wrong"), after_october)

    assert given.settled(october, now=after_october).finished_at == after_october
    assert LedgerAccount.objects.get(pk=account.pk).balance_micros == 0
