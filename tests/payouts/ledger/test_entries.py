"""Reading the book: entries with a running balance, and balances of any moment."""

from datetime import timedelta

import pytest

from flattr.period import Period
from payouts.ledger import chart, queries
from payouts.ledger.models import LedgerAccount
from tests import given

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def fan_account(october: Period) -> LedgerAccount:
    """Return a fan's account with a movement before, two in and one just after October."""
    cash, fan = given.pot(chart.Kind.PROCESSOR_CASH), given.pot(chart.Kind.FAN_BALANCE, given.user())
    clearing = given.pot(chart.Kind.SETTLEMENT_CLEARING)
    given.posted(
        given.posting(cash, fan, 100, key="before", occurred_at=october.start - HOUR),
        given.posting(cash, fan, 50, key="first", occurred_at=october.start),
        given.posting(fan, clearing, 30, key="last", occurred_at=october.last_moment),
        given.posting(cash, fan, 7, key="after", occurred_at=october.end),
    )
    return fan


def test_entries_carry_the_balance_after_each(fan_account: LedgerAccount, october: Period) -> None:
    """The opening balance and each change add up to the balance beside it, and the end is exclusive."""
    opening, entries = queries.entries(account=fan_account, start=october.start, end=october.end)

    assert opening == 100
    assert [(each.idempotency_key, each.change_micros, each.balance_micros) for each in entries] == [
        ("first", 50, 150),
        ("last", -30, 120),
    ]
    last = entries.rows[1]
    assert last.kind is chart.TransferKind.SHARE
    assert last.occurred_at == october.last_moment


@pytest.mark.usefixtures("fan_account")
def test_entries_of_an_asset_rise_by_debits(october: Period) -> None:
    """Cash that came in counts up, although it is a debit."""
    cash = given.pot(chart.Kind.PROCESSOR_CASH)
    opening, entries = queries.entries(account=cash, start=october.start, end=october.end)

    assert (opening, [each.balance_micros for each in entries]) == (100, [150])


def test_a_balance_is_known_for_every_moment(fan_account: LedgerAccount, october: Period) -> None:
    """The balance of a moment is what occurred before it."""
    moments = (october.start - HOUR, october.start, october.last_moment, october.end, october.end + HOUR)

    assert [queries.balance_as_of(account=fan_account, moment=moment) for moment in moments] == [
        0,
        100,
        150,
        120,
        127,
    ]


def test_an_empty_span_has_no_entries(fan_account: LedgerAccount, october: Period) -> None:
    """A quiet month opens with what the one before left."""
    quiet = october.shift(2)

    opening, entries = queries.entries(account=fan_account, start=quiet.start, end=quiet.end)
    assert (opening, list(entries)) == (127, [])
