"""Co-authors' shares while something else is done: nobody waits for the other for good."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial

import pytest

from accounts.models import User
from flattr.period import Period
from payouts.models import Gift
from payouts.operations import coauthors, settlement
from payouts.queries import books
from tests import given
from tests.payouts.sharing import held, share


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [False, True])
def test_a_gift_to_a_co_author_in_the_middle_of_the_finish_waits_for_its_end(
    ada: User, bob: User, october: Period, after_october: datetime, *, is_known: bool
) -> None:
    """Whether or not the co-author ever had anything before: both get through."""
    button = given.button(ada)
    share(button, bob, 30)
    given.click(given.funded_fan(budget_cents=1000, period=october), button, now=october.start)
    fan = given.user("Grace")
    given.deposit(fan, amount_cents=1000, now=october.start)
    if is_known:
        given.gift(fan, bob, amount_cents=200, now=october.start)
    before = held(bob)
    opened = settlement.open_settlement(period=october, now=after_october)
    settlement.settle_range(settlement_id=opened.pk, number=0, now=after_october)
    gifts: list[Future[Gift | Exception]] = []
    with ThreadPoolExecutor() as pool, pytest.MonkeyPatch.context() as patch:
        post_shares = coauthors.post_shares

        def post_late(**about: object) -> None:
            give = partial(given.gift, fan, bob, amount_cents=300, now=after_october)
            gifts.append(pool.submit(given.outcome, give))
            given.wait_for_waiting(1)
            post_shares(**about)  # type: ignore[arg-type]

        patch.setattr(coauthors, "post_shares", post_late)
        assert settlement.finish_settlement(settlement_id=opened.pk, now=after_october)

    assert [type(each.result()) for each in gifts] == [Gift]
    assert held(bob) == before + 2_700_000 + 2_700_000
    assert books.check_books() == []
