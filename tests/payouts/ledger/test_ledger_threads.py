"""The ledger under fire: many threads, one balance, opposite directions."""

import functools

import pytest

from payouts.ledger import chart, integrity
from payouts.ledger import operations as ledger
from payouts.ledger.models import LedgerAccount, Transfer
from tests import given

pytestmark = pytest.mark.django_db(transaction=True)

Kind = chart.Kind


def test_eight_threads_never_spend_more_than_the_balance() -> None:
    """Of sixteen attempts to take 3 from a balance of 20 exactly six land, and the rest are refused."""
    fan = given.pot(Kind.FAN_BALANCE, given.user(), holds_micros=20)
    clearing = given.pot(Kind.SETTLEMENT_CLEARING)

    def spend_twice() -> list[bool]:
        landed = []
        for _ in range(2):
            try:
                given.posted(given.posting(fan, clearing, 3))
                landed.append(True)
            except ledger.NotEnoughBalance:
                landed.append(False)
        return landed

    results = given.at_once(*[spend_twice] * 8)

    assert sum(sum(each) for each in results if not isinstance(each, Exception)) == 6
    assert not [each for each in results if isinstance(each, Exception)]
    assert LedgerAccount.objects.get(pk=fan.pk).balance_micros == 2
    assert integrity.check() == []


def test_eight_threads_post_one_key_once() -> None:
    """The same movement asked for by everybody at once is one movement, and all are content."""
    fan = given.pot(Kind.FAN_BALANCE, given.user())
    cash = given.pot(Kind.PROCESSOR_CASH)
    posting = given.posting(cash, fan, 5)
    results = given.queued(
        *[functools.partial(given.posted, posting)] * 8,
        behind=LedgerAccount.objects.select_for_update(no_key=True).filter(pk=fan.pk).get,
    )

    assert sorted(map(str, results)) == ["0"] * 7 + ["1"]
    assert LedgerAccount.objects.get(pk=fan.pk).balance_micros == 5


def test_eight_threads_open_an_account_once() -> None:
    """The first movement of a fan may be two at once."""
    owner = given.user()
    results = given.at_once(*[functools.partial(given.pot, Kind.FAN_BALANCE, owner)] * 8)

    assert set(results) == {LedgerAccount.objects.get(owner=owner)}


def test_opposite_transfers_never_deadlock() -> None:
    """Four threads move 500 times between the same pots in opposite directions, and every one arrives."""
    one, two = (given.pot(Kind.FAN_BALANCE, given.user(), holds_micros=1000) for _ in range(2))
    clearing = given.pot(Kind.SETTLEMENT_CLEARING, holds_micros=1000)
    circle = [one, two, clearing]
    before = Transfer.objects.count()

    def turn(direction: int) -> int:
        moved = 0
        for number in range(125):
            first = number % 3
            moved += given.posted(given.posting(circle[first], circle[(first + direction) % 3], 1))
        return moved

    results = given.at_once(*(functools.partial(turn, direction) for direction in (1, 2, 1, 2)))

    assert results == [125] * 4
    assert Transfer.objects.count() == before + 500
    assert integrity.check(given.SUMS) == []
