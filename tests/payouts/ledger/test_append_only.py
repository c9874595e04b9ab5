"""What is booked stays booked, whoever writes to the tables."""

import pytest
from django.db import IntegrityError, connection

from flattr.transactions import savepoint
from payouts.ledger import chart
from payouts.ledger.models import LedgerAccount, Transfer
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def transfer() -> Transfer:
    """Return a transfer in the book."""
    given.pot(chart.Kind.FAN_BALANCE, given.user(), holds_micros=5)
    return Transfer.objects.get()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfer SET amount_micros = amount_micros + 1",
        "UPDATE ledger_transfer SET occurred_at = now()",
        "DELETE FROM ledger_transfer",
    ],
)
@pytest.mark.usefixtures("transfer")
def test_a_transfer_is_never_changed_or_deleted_by_sql(statement: str) -> None:
    """The database itself refuses, so no code path and no console can rewrite the book."""
    with pytest.raises(IntegrityError, match="never changed or deleted"), savepoint():
        connection.cursor().execute(statement)


def test_a_transfer_is_never_saved_again(transfer: Transfer) -> None:
    """The same holds for Django's own way to write."""
    transfer.amount_micros = 6

    with pytest.raises(IntegrityError, match="never changed or deleted"), savepoint():
        transfer.save()


def test_a_transfer_is_never_deleted(transfer: Transfer) -> None:
    """A transfer can be reversed and not removed."""
    with pytest.raises(IntegrityError, match="never changed or deleted"), savepoint():
        transfer.delete()


@pytest.mark.parametrize(
    "change",
    [
        "debits_micros = debits_micros - 1",
        "credits_micros = credits_micros - 1",
        "kind = 'creator_balance'",
        "owner_id = %s",
        "id = id + 1000000",
    ],
)
def test_an_account_never_turns_back(transfer: Transfer, change: str) -> None:
    """Counters only rise, and an account keeps its kind and its owner."""
    fan = given.pot(chart.Kind.FAN_BALANCE, given.user(), holds_micros=5)
    given.posted(given.posting(fan, transfer.debit_account, 2))
    parameters = [given.user().pk, fan.pk] if "%s" in change else [fan.pk]

    with pytest.raises(IntegrityError, match="counters only rise"), savepoint():
        connection.cursor().execute(f"UPDATE ledger_ledgeraccount SET {change} WHERE id = %s", parameters)  # noqa: S608


def test_an_account_is_never_deleted() -> None:
    """Not even one without transfers."""
    empty = given.pot(chart.Kind.LOSSES)

    with pytest.raises(IntegrityError, match="counters only rise"), savepoint():
        LedgerAccount.objects.filter(pk=empty.pk).delete()


def test_the_database_itself_refuses_an_overdraft() -> None:
    """Code that forgets to ask still can't take more than there is."""
    fan = given.pot(chart.Kind.FAN_BALANCE, given.user(), holds_micros=5)

    with pytest.raises(IntegrityError, match="never_overdrawn"), savepoint():
        LedgerAccount.objects.filter(pk=fan.pk).update(debits_micros=6)


@pytest.mark.parametrize("side", ["debit_account_id", "credit_account_id"])
def test_a_transfer_needs_both_of_its_accounts(transfer: Transfer, side: str) -> None:
    """No transfer is booked from or to an account that there isn't, among others that are right or alone."""
    columns = "debit_account_id, credit_account_id, amount_micros, kind, occurred_at"
    wrong = columns.replace(side, "id + 1000000")

    with pytest.raises(IntegrityError, match="a transfer needs its ledger accounts"), savepoint():
        connection.cursor().execute(
            f"INSERT INTO ledger_transfer ({columns}, idempotency_key)"  # noqa: S608  Our own names.
            f" SELECT {columns}, 'right' FROM ledger_transfer UNION ALL SELECT {wrong}, 'wrong' FROM ledger_transfer"
        )
    assert list(Transfer.objects.all()) == [transfer]
