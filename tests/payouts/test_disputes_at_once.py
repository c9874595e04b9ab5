"""Disputes of several deposits at the same moment."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial

import pytest

from payouts.gateway import DisputeFacts, DisputeState
from payouts.models import Deposit, Dispute
from payouts.operations import disputes
from payouts.queries import books
from tests import given


def facts(deposit: Deposit, *, state: DisputeState) -> DisputeFacts:
    """Return what a provider tells of a dispute of the deposit; where it is won, the money is back."""
    return DisputeFacts(
        reference=f"dp_{deposit.reference}",
        payment=deposit.reference,
        amount_cents=deposit.amount_cents,
        is_in_our_currency=True,
        reason="fraudulent",
        state=state,
        is_taken=state != DisputeState.WON,
        fee_cents=0,
        is_fee_returned=False,
    )


@pytest.fixture
def deposits(mid_october: datetime) -> list[Deposit]:
    """Return deposits of two fans, of which the bank has taken the second."""
    made = [given.deposit(given.user(), amount_cents=500, now=mid_october) for _ in range(2)]
    for number, deposit in enumerate(made):
        deposit.reference = f"pi_{number}"
        deposit.save()
    disputes.record_dispute(facts=facts(made[1], state=DisputeState.OPEN), now=mid_october)
    return made


@pytest.mark.django_db(transaction=True)
def test_one_dispute_is_held_while_another_one_is_released(deposits: list[Deposit], mid_october: datetime) -> None:
    """Both move money between what is disputed and the bank, each the other way: both get through."""
    held, won = deposits
    releases: list[Future[Exception | None]] = []
    with ThreadPoolExecutor() as pool, pytest.MonkeyPatch.context() as patch:
        move = disputes._move_at_the_bank

        def move_late(*dispute: Dispute, **about: object) -> None:
            if not releases:
                release = partial(disputes.record_dispute, facts=facts(won, state=DisputeState.WON), now=mid_october)
                releases.append(pool.submit(given.outcome, release))
                given.wait_for_waiting(1)
            move(*dispute, **about)  # type: ignore[arg-type]

        patch.setattr(disputes, "_move_at_the_bank", move_late)
        disputes.record_dispute(facts=facts(held, state=DisputeState.OPEN), now=mid_october)

    assert [each.result() for each in releases] == [None]
    assert dict(Dispute.objects.values_list("deposit__reference", "state")) == {"pi_0": "open", "pi_1": "won"}
    assert books.check_books() == []
