"""Posting: money moves once, between two pots, and never from a pot that doesn't hold it."""

import pytest
from django.db import IntegrityError

from flattr.transactions import TransactionRequired, savepoint
from payouts.ledger import chart, integrity
from payouts.ledger import operations as ledger
from payouts.ledger import queries as reading
from payouts.ledger.models import LedgerAccount, Transfer
from tests import given

pytestmark = pytest.mark.django_db

Kind = chart.Kind


def balance(account: LedgerAccount) -> int:
    """Return what the account holds by now."""
    return LedgerAccount.objects.get(pk=account.pk).balance_micros


def test_a_transfer_moves_both_counters_by_its_amount() -> None:
    """What a liability gains by credit an asset gains by debit."""
    cash, fan = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.FAN_BALANCE, given.user())

    assert given.posted(given.posting(cash, fan, 5)) == 1
    assert (balance(cash), balance(fan)) == (5, 5)
    assert integrity.check() == []


def test_a_key_is_posted_once() -> None:
    """Asking again for the same movement succeeds and moves nothing."""
    cash, fan = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.FAN_BALANCE, given.user())
    given.posted(given.posting(cash, fan, 5, key="once"))

    assert given.posted(given.posting(cash, fan, 5, key="once")) == 0
    assert balance(fan) == 5


def test_only_the_new_ones_of_a_batch_are_posted() -> None:
    """A batch that was cut short goes on where it stopped."""
    cash, fan = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.FAN_BALANCE, given.user())
    given.posted(given.posting(cash, fan, 5, key="first"))

    assert given.posted(*(given.posting(cash, fan, 5, key=key) for key in ("first", "second"))) == 1
    assert balance(fan) == 10


def test_nothing_to_post_is_no_mistake() -> None:
    """An empty batch writes nothing."""
    assert given.posted() == 0
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("change", ["amount", "debit", "credit"])
def test_a_key_never_stands_for_another_movement(change: str) -> None:
    """The same key with another amount or account is a mistake of the caller, and refused."""
    cash, losses = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.LOSSES)
    fan, other = (given.pot(Kind.FAN_BALANCE, given.user()) for _ in range(2))
    given.posted(given.posting(cash, fan, 5, key="once"))
    reused = given.posting(
        losses if change == "debit" else cash,
        other if change == "credit" else fan,
        6 if change == "amount" else 5,
        key="once",
    )

    with pytest.raises(ledger.KeyReused, match="'once'"):
        given.posted(reused)
    assert balance(fan) == 5


def test_a_batch_never_has_a_key_twice() -> None:
    """Two movements of one batch under one key are refused, even where they are equal."""
    cash, fan = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.FAN_BALANCE, given.user())

    with pytest.raises(ledger.KeyReused, match="'once'"):
        given.posted(*(given.posting(cash, fan, 5, key="once") for _ in range(2)))
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("kind", sorted(chart.NEVER_OVERDRAWN))
def test_overdraft_is_refused_and_nothing_written(kind: Kind) -> None:
    """Every liability refuses to give what it doesn't hold; the rest of the batch isn't posted either."""
    owner = given.user() if kind in chart.OWNED else None
    account = given.pot(kind, owner, holds_micros=5)
    cash = given.pot(Kind.PROCESSOR_CASH)
    fan = given.pot(Kind.FAN_BALANCE, given.user())

    with pytest.raises(ledger.NotEnoughBalance, match="lacks 1 micros") as refusal:
        given.posted(given.posting(cash, fan, 9), given.posting(account, cash, 6))
    assert refusal.value.account == account
    assert (balance(account), balance(fan), balance(cash)) == (5, 0, 5)
    assert Transfer.objects.count() == 1


def test_what_a_batch_brings_in_may_be_spent_by_it() -> None:
    """A batch is judged by where it ends, not by the order of its transfers."""
    cash, fan = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.FAN_BALANCE, given.user())
    clearing = given.pot(Kind.SETTLEMENT_CLEARING)
    given.posted(given.posting(fan, clearing, 5), given.posting(cash, fan, 5))

    assert (balance(fan), balance(clearing)) == (0, 5)


@pytest.mark.parametrize("kind", sorted(set(chart.Kind) - chart.NEVER_OVERDRAWN))
def test_assets_income_and_expenses_may_fall_below_zero(kind: Kind) -> None:
    """What happened outside is booked even where it leaves us short."""
    account = given.pot(kind)
    source, target = (
        (given.pot(Kind.DISPUTED, holds_micros=0), account)
        if kind in chart.GROWS_BY_DEBIT
        else (account, given.pot(Kind.DISPUTED))
    )
    if kind in chart.GROWS_BY_DEBIT:
        filling = given.pot(Kind.LOSSES if kind is not Kind.LOSSES else Kind.PROCESSOR_FEE)
        given.posted(given.posting(filling, source, 5))
    given.posted(given.posting(source, target, 5))

    assert balance(account) == -5


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_moves_something(amount: int) -> None:
    """The database refuses transfers of nothing or less."""
    cash, fan = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.FAN_BALANCE, given.user(), holds_micros=5)

    with pytest.raises(IntegrityError, match=r"transfer_moves_something|counters only rise"), savepoint():
        ledger.post(postings=[given.posting(cash, fan, amount)])
    assert balance(fan) == 5


def test_a_transfer_needs_two_accounts() -> None:
    """The database refuses a transfer from a pot to itself."""
    fan = given.pot(Kind.FAN_BALANCE, given.user(), holds_micros=5)

    with pytest.raises(IntegrityError, match="transfer_between_two_accounts"), savepoint():
        ledger.post(postings=[given.posting(fan, fan, 1)])


def test_reversing_gives_the_money_back_once() -> None:
    """The mirror of a transfer is posted; doing it twice changes nothing; both stay in the book."""
    cash, fan = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.FAN_BALANCE, given.user())
    given.posted(given.posting(cash, fan, 5, key="once"))
    transfer = Transfer.objects.get(idempotency_key="once")
    for _ in range(2):
        ledger.reverse(transfer=transfer, occurred_at=given.MOMENT)

    assert (balance(cash), balance(fan)) == (0, 0)
    assert list(Transfer.objects.order_by("id").values_list("kind", flat=True)) == ["deposit", "reversal"]
    assert integrity.check() == []


def test_money_that_moved_on_is_not_reversed() -> None:
    """A reversal overdraws no pot either."""
    cash, fan = given.pot(Kind.PROCESSOR_CASH), given.pot(Kind.FAN_BALANCE, given.user())
    given.posted(given.posting(cash, fan, 5, key="once"))
    given.posted(given.posting(fan, given.pot(Kind.SETTLEMENT_CLEARING), 5))

    with pytest.raises(ledger.NotEnoughBalance):
        ledger.reverse(transfer=Transfer.objects.get(idempotency_key="once"), occurred_at=given.MOMENT)


def test_accounts_are_opened_once() -> None:
    """Each owner has one account of a kind, and a kind without owners has one in all."""
    owners = [given.user() for _ in range(3)]
    first = ledger.open_accounts(kind=Kind.FAN_BALANCE, owner_ids=[owners[0].pk])
    opened = ledger.open_accounts(kind=Kind.FAN_BALANCE, owner_ids=[owner.pk for owner in owners])

    assert set(opened) == {owner.pk for owner in owners}
    assert opened[owners[0].pk] == first[owners[0].pk]
    assert given.pot(Kind.LOSSES) == given.pot(Kind.LOSSES)
    assert LedgerAccount.objects.count() == 4


@pytest.mark.parametrize(("kind", "has_owner"), [(Kind.FAN_BALANCE, False), (Kind.LOSSES, True)])
def test_an_account_has_an_owner_exactly_where_its_kind_says_so(kind: Kind, has_owner: bool) -> None:  # noqa: FBT001
    """The database refuses a fan's balance of nobody and losses of somebody."""
    owner = given.user() if has_owner else None

    with pytest.raises(IntegrityError, match="ledger_account_owner_fits_kind"), savepoint():
        LedgerAccount.objects.create(kind=kind, owner=owner)


def test_an_account_shows_its_kind_and_owner() -> None:
    """Refusals name the pot, and transfers their key."""
    owner = given.user("Grace")
    given.pot(Kind.FAN_BALANCE, owner, holds_micros=1)

    assert str(given.pot(Kind.FAN_BALANCE, owner)) == "fan_balance of Grace"
    assert str(given.pot(Kind.LOSSES)) == "losses"
    assert str(Transfer.objects.get()).startswith("example:")


def test_an_account_never_opened_holds_nothing() -> None:
    """Reading opens no account."""
    assert reading.balance_micros(kind=Kind.FAN_BALANCE, owner=given.user()) == 0
    assert not LedgerAccount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_posting_needs_its_callers_transaction() -> None:
    """A posting is a part of a use case, so it never commits by itself."""
    with pytest.raises(TransactionRequired, match="post"):
        ledger.post(postings=[])
