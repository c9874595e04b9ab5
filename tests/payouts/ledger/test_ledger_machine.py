"""The ledger as a state machine, against a model that is nothing but a dictionary."""

import itertools
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from payouts.ledger import chart, integrity
from payouts.ledger import operations as ledger
from payouts.ledger.models import LedgerAccount, Transfer
from tests import given

Kind = chart.Kind

places = st.integers(0, 5)
amounts = st.integers(1, 20)
keys = st.sampled_from("abcdefghijkl")
movements = st.tuples(places, places, amounts, keys).filter(lambda each: each[0] != each[1])


class LedgerMachine(RuleBasedStateMachine):
    """Posts at random, with repeated and reused keys, and expects what the dictionary expects."""

    numbers: ClassVar = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.before = transaction.savepoint()
        fan, other = given.user(), given.user()
        self.accounts = [
            given.pot(Kind.PROCESSOR_CASH),
            given.pot(Kind.FAN_BALANCE, fan),
            given.pot(Kind.FAN_BALANCE, other),
            given.pot(Kind.CREATOR_BALANCE, fan),
            given.pot(Kind.SETTLEMENT_CLEARING),
            given.pot(Kind.PROCESSOR_FEE),
        ]
        self.balances = dict.fromkeys(range(6), 0)
        self.known: dict[str, tuple[int, int, int]] = {}
        self.reversed: set[str] = set()

    def teardown(self) -> None:
        """Forget all that was written."""
        transaction.savepoint_rollback(self.before)

    def expected(self, batch: list[tuple[int, int, int, str]]) -> "int | type[Exception]":
        """Say what posting the batch comes to by the model, and remember it where it succeeds."""
        if len({key for *_, key in batch}) < len(batch):
            return ledger.KeyReused
        if any(self.known.get(key, tuple(movement)) != tuple(movement) for *movement, key in batch):
            return ledger.KeyReused
        new = [each for each in batch if each[3] not in self.known]
        after = dict(self.balances)
        for debit, credit, amount, _ in new:
            after[debit] -= amount
            after[credit] += amount
        touched = {place for debit, credit, *_ in new for place in (debit, credit)}
        if any(after[place] < 0 and self.accounts[place].kind in chart.NEVER_OVERDRAWN for place in touched):
            return ledger.NotEnoughBalance
        self.balances = after
        self.known.update({key: (debit, credit, amount) for debit, credit, amount, key in new})
        return len(new)

    @rule(batch=st.lists(movements, min_size=1, max_size=4))
    def post(self, batch: list[tuple[int, int, int, str]]) -> None:
        """Post a batch whose keys may be repeated."""
        self.compare(batch)

    @rule(place=places.filter(bool), amount=amounts)
    def fill(self, place: int, amount: int) -> None:
        """Bring money in, so that there is something to move."""
        self.compare([(0, place, amount, f"fill:{next(self.numbers)}")])

    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        """Reverse a transfer, perhaps for the second time."""
        if not self.known:
            return
        key = data.draw(st.sampled_from(sorted(self.known)))
        transfer = Transfer.objects.get(idempotency_key=key)
        debit, credit, amount = self.known[key]
        expected = self.expected([(credit, debit, amount, f"reversal:{transfer.pk}")])
        assert self.outcome(lambda: ledger.reverse(transfer=transfer, occurred_at=given.MOMENT)) in (
            [expected] if isinstance(expected, type) else [None]
        )

    def compare(self, batch: list[tuple[int, int, int, str]]) -> None:
        """Post and compare the outcome with the model's."""
        postings = [
            given.posting(self.accounts[debit], self.accounts[credit], amount, key=key)
            for debit, credit, amount, key in batch
        ]
        assert self.outcome(lambda: ledger.post(postings=postings)) == self.expected(batch)

    @staticmethod
    def outcome(call: Any) -> object:
        """Return what the call returns, or the kind of its refusal."""
        try:
            return call()
        except (ledger.KeyReused, ledger.NotEnoughBalance) as refusal:
            return type(refusal)

    @invariant()
    def the_book_agrees_with_the_model(self) -> None:
        """Every balance is the model's, and the book is proven from its transfers."""
        ids = [account.pk for account in self.accounts]
        found = LedgerAccount.objects.in_bulk(ids)
        assert [found[id_].credits_micros - found[id_].debits_micros for id_ in ids] == list(self.balances.values())
        assert integrity.check(given.SUMS) == []


@pytest.mark.django_db
def test_the_ledger_never_differs_from_a_plain_model() -> None:
    """Whatever is posted in whatever order, the book says what a dictionary would say."""
    run_state_machine_as_test(LedgerMachine, settings=settings(max_examples=20, stateful_step_count=20))
